/// Which exchange is meant: the unit of record is one attempt at one request to one endpoint of one model's component.
package struct ExchangeKey: Sendable, Hashable {
    package var namespace: String
    package var model: String
    package var component: String
    package var endpoint: String
    package var requestID: String

    package init(namespace: String, model: String, component: String, endpoint: String, requestID: String) {
        self.namespace = namespace
        self.model = model
        self.component = component
        self.endpoint = endpoint
        self.requestID = requestID
    }

    /// Whether a request of one and a response of the other are halves of one exchange: all parts agree, or only one of
    /// them knows its model, as a V2 request without a path does not.
    package func agrees(with other: ExchangeKey) -> Bool {
        var completed = self
        if model.isEmpty || other.model.isEmpty { completed.model = other.model }
        return completed == other
    }
}

/// One row of one request: `<requestid>` for all of it, `<requestid>#<row>` for a row of its batch.
package struct RowReference: Sendable, Hashable, CustomStringConvertible {
    /// The request id, which may itself hold `#` when no digits follow.
    package var requestID: String
    /// The row of the batch from 0, or nil for the whole request.
    package var row: Int?

    package init(requestID: String, row: Int? = nil) {
        self.requestID = requestID
        self.row = row
    }

    /// Reads `<requestid>` or `<requestid>#<row>`, already percent-decoded; the last `#` counts, and only before digits.
    package init(_ text: String) {
        if let mark = text.utf8.lastIndex(of: UInt8(ascii: "#")),
            let row = Int(text[text.utf8.index(after: mark)...]), row >= 0,
            text[text.utf8.index(after: mark)...].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            mark != text.startIndex
        {
            self.init(requestID: String(text[..<mark]), row: row)
        } else {
            self.init(requestID: text)
        }
    }

    package var description: String { row.map { "\(requestID)#\($0)" } ?? requestID }
}
