// How what is said about a request comes into the documents of its exchanges.

extension Exchange {
    /// Puts those verdicts, explanations and labels in that are about this exchange and no other.
    ///
    /// - Parameter outlines: All exchanges with this request id.
    package mutating func addOwn(_ remarks: [StoredEvent], among outlines: [ExchangeOutline]) {
        for remark in remarks where remark.record.exchange(among: outlines)?.sequence == sequence { add(remark) }
    }

    /// Documents of what has been said about a request that is not in the record, or not yet.
    ///
    /// - Parameters:
    ///   - remarks: All that has been said about the request id.
    ///   - outlines: The exchanges with it that are there.
    package static func early(
        _ remarks: [StoredEvent],
        requestID: String,
        besides outlines: [ExchangeOutline]
    ) -> [Exchange] {
        var documents: [Exchange] = []
        for orphan in remarks where orphan.record.exchange(among: outlines) == nil {
            let key = orphan.record.exchangeKey ?? orphan.record.presumedKey(requestID: requestID)
            if let index = documents.firstIndex(where: { $0.key == key }) {
                documents[index].add(orphan)
            } else {
                var exchange = Exchange(key: key, attempt: 1, sequence: 0, time: orphan.record.time)
                exchange.add(orphan)
                documents.append(exchange)
            }
        }
        return documents
    }

    private mutating func add(_ remark: StoredEvent) {
        switch remark.record.kind {
        case .verdict: verdicts.append(remark)
        case .explanation: explanations.append(remark)
        case .label, .outcome: labels.append(remark)
        case .request, .response, .alert, .other: break
        }
    }
}
