import CloudEvents
package import EventStore
package import OpenInference

/// The list of exchanges.
package struct ExchangesView: Sendable {
    struct Option: Sendable {
        let value: String
        let name: String
        let isCurrent: Bool
    }

    struct Line: Sendable {
        let picture: String?
        let href: String
        let id: String
        let attempt: Int?
        let model: String
        let version: String
        let guess: String
        let flags: [String]
        let status: String
        let latency: String
        let timeISO: String
        let time: String
    }

    let title = "Exchanges"
    let isExchanges = true
    let models: [Option]
    let verdicts: [Option]
    let ranges: [Option]
    let hasRows: Bool
    let rows: [Line]
    let emptyTitle: String
    let emptyText: String
    let emptyExample: String?
    let next: More?

    /// - Parameters:
    ///   - models: The names to choose from.
    ///   - model: The chosen one.
    ///   - verdict: The chosen verdict: a kind, `flagged`, or nil for all.
    ///   - paths: Where the tensors are in bodies that follow no dialect.
    package init(
        page: Page<Exchange>,
        models: [String],
        model: String?,
        verdict: String?,
        range: TimeRange?,
        paths: PayloadMappings = .none
    ) {
        self.models = models.map { Option(value: $0, name: $0, isCurrent: $0 == model) }
        let kinds = [("", "all"), ("flagged", "flagged")] + VerdictKind.allCases.map { ($0.rawValue, $0.rawValue) }
        verdicts = kinds.map { Option(value: $0, name: $1, isCurrent: $0 == verdict ?? "") }
        ranges =
            [Option(value: "", name: "any", isCurrent: range == nil)]
            + TimeRange.allCases.map { Option(value: $0.rawValue, name: "last \($0.words)", isCurrent: $0 == range) }
        rows = page.items.map { exchange in
            let reading = ExchangeReading(exchange, paths)
            let guess = reading.prediction(ofRow: 0)?.words ?? ""
            return Line(
                picture: reading.picture(ofRow: 0)?.image.address,
                href: Links.request(RowReference(requestID: exchange.key.requestID)),
                id: exchange.key.requestID,
                attempt: exchange.attempt > 1 ? exchange.attempt : nil,
                model: exchange.key.model.isEmpty ? "unknown" : exchange.key.model,
                version: exchange.version ?? "",
                guess: reading.rowCount > 1 ? "\(guess), \(reading.rowCount) rows" : guess,
                flags: exchange.flags,
                status: exchange.statusCode.map(String.init) ?? (exchange.response == nil ? "no answer" : ""),
                latency: exchange.latencyMilliseconds.map { "\(AlertSentence.short($0)) ms" } ?? "",
                timeISO: exchange.time.rfc3339,
                time: exchange.time.shown
            )
        }
        hasRows = !rows.isEmpty
        let isFiltered = model != nil || verdict != nil || range != nil
        emptyTitle = isFiltered ? "Nothing like that on record" : "Nothing on record yet"
        emptyText =
            isFiltered
            ? "No exchange matches. Choose another model, verdict or time."
            : "Point a payload-tap at this logger, or send a CloudEvent yourself:"
        emptyExample =
            isFiltered
            ? nil
            : """
            curl -X POST localhost:8090/ -H 'ce-specversion: 1.0' -H 'ce-id: 1' -H 'ce-source: /me' \\
              -H 'ce-type: io.vedette.inference.request' -H 'ce-model: digits' -H 'ce-requestid: r-1' \\
              -H 'content-type: application/json' -d '{"inputs": []}'
            """
        next = page.next.map { More(href: Links.exchanges(model: model, verdict: verdict, range: range, cursor: $0)) }
    }
}

extension Dashboard {
    package func page(_ view: ExchangesView) -> String { render(view, with: "exchanges") }
}
