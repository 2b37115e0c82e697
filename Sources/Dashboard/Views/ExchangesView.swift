import CloudEvents
package import EventStore
package import OpenInference

/// The list of exchanges.
package struct ExchangesView: Sendable {
    /// A field by which exchanges are looked for.
    struct Field: Sendable {
        let name: String
        let label: String
        /// What to write there, by an example.
        let example: String
        let value: String
    }

    /// What a reader looks for, in the words of the query.
    package struct Search: Sendable {
        private let values: [String: String]

        /// - Parameter values: By the names of the query; other names are ignored.
        package init(_ values: [String: String] = [:]) { self.values = values }

        /// The names that it knows.
        package static let names = ["trace", "text", "class", "feature", "monitor", "min_score", "max_score"]

        private static let words = [
            "trace": ("Trace id", "32 digits"), "text": ("Text", "in a body"), "class": ("Answer", "3"),
            "feature": ("Features", "age>=40"), "monitor": ("Monitor", "its name"), "min_score": ("Least score", "2.5"),
            "max_score": ("Greatest score", "9"),
        ]

        var fields: [Field] {
            Self.names.map { name in
                let (label, example) = Self.words[name] ?? (name, "")
                return Field(name: name, label: label, example: example, value: values[name] ?? "")
            }
        }

        var isEmpty: Bool { fields.allSatisfy(\.value.isEmpty) }
    }

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
    let fields: [Field]
    let isSearch: Bool
    let note: String?
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
    ///   - looked: How many exchanges were read to find these; nil where an index led to them.
    ///   - paths: Where the tensors are in bodies that follow no dialect.
    package init(
        page: Page<Exchange>,
        models: [String],
        model: String?,
        verdict: String?,
        range: TimeRange?,
        search: Search = Search(),
        looked: Int? = nil,
        paths: PayloadMappings = .none
    ) {
        fields = search.fields
        isSearch = !search.isEmpty
        let isCut = page.next != nil
        note = looked.map { count in
            "Looked at \(count.grouped) exchanges"
                + (isCut ? "; older ones have not been looked at yet." : ", all there are.")
        }
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
        let isFiltered = model != nil || verdict != nil || range != nil || isSearch
        emptyTitle = isFiltered ? "Nothing like that on record" : "Nothing on record yet"
        emptyText =
            isFiltered
            ? isCut && isSearch
                ? "None of those that were looked at. Older ones may."
                : "No exchange matches. Choose another model, verdict or time."
            : "Point a payload-tap at this logger, or send a CloudEvent yourself:"
        emptyExample =
            isFiltered
            ? nil
            : """
            curl -X POST localhost:8090/ -H 'ce-specversion: 1.0' -H 'ce-id: 1' -H 'ce-source: /me' \\
              -H 'ce-type: io.vedette.inference.request' -H 'ce-model: digits' -H 'ce-requestid: r-1' \\
              -H 'content-type: application/json' -d '{"inputs": []}'
            """
        next = page.next.map {
            More(href: Links.exchanges(model: model, verdict: verdict, range: range, search: search, cursor: $0))
        }
    }
}

extension Dashboard {
    package func page(_ view: ExchangesView) -> String { render(view, with: "exchanges") }
}
