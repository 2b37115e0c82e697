import CloudEvents
package import EventStore
import JSON
package import OpenInference

/// The page of one request: each of its exchanges, the chosen row drawn, the answer, verdicts, explanation and labels.
package struct RequestView: Sendable {
    struct Figure: Sendable {
        let source: String
        let alt: String
        let caption: String
    }

    struct Cell: Sendable {
        let name: String
        let value: String
        /// Set where the value is far from what is usual.
        let remark: String?
    }

    struct Table: Sendable {
        let cells: [Cell]
        let about: String
    }

    /// One event of the request's way.
    struct Station: Sendable {
        let offset: String
        let what: String
        let source: String
        let eventID: String
    }

    struct Instance: Sendable {
        let title: String
        let figures: [Figure]
        let hasExplanation: Bool
        var series: String?
        var passages: [String] = []
        let values: Table?
    }

    struct Verdict: Sendable {
        let title: String
        let tone: String
        let status: String
        let detail: String
        let svg: String?
    }

    struct Label: Sendable {
        let row: String
        let label: String
        let timeISO: String
        let time: String
        let source: String
    }

    struct Raw: Sendable {
        let title: String
        let note: String
        let text: String
    }

    /// How many rows of a batch have a tile.
    static let tileLimit = 48
    /// How many values of a table row are listed.
    static let columnLimit = 40
    /// How much of a payload is shown; all of it is at `/v1/requests`.
    static let textLimit = 6000

    struct Item: Sendable {
        let heading: String
        let id: String
        let pills: [Pill]
        let facts: [Fact]
        let hasTiles: Bool
        let tiles: [Tile]
        let hasLooks: Bool
        let instance: Instance?
        let prediction: Drawing?
        let verdicts: [Verdict]
        let attributions: Drawing?
        let hasLabels: Bool
        let labels: [Label]
        let raw: [Raw]
        let lineage: [Station]
        /// Where an explanation is asked for; nil where there is one, or nobody to ask.
        let explainHref: String?
    }

    let title: String
    let isExchanges = true
    let refreshes = true
    let id: String
    let exchanges: [Item]

    /// - Parameters:
    ///   - reference: What was asked for.
    ///   - exchanges: Every exchange with its request id.
    ///   - latest: The latest exchanges of the same model: what is usual.
    ///   - canExplain: Whether an explainer can be asked.
    ///   - paths: Where the tensors are in bodies that follow no dialect.
    package init(
        _ reference: RowReference,
        exchanges: [Exchange],
        beside latest: [Exchange] = [],
        canExplain: Bool = false,
        paths: PayloadMappings = .none
    ) {
        title = reference.description
        id = reference.description
        self.exchanges = exchanges.map { exchange in
            Self.item(exchange, row: reference.row, beside: latest, canExplain: canExplain, paths)
        }
    }

    private static func item(
        _ whole: Exchange,
        row: Int?,
        beside latest: [Exchange],
        canExplain: Bool,
        _ paths: PayloadMappings
    ) -> Item {
        let reading = ExchangeReading(whole, paths)
        let shown = row ?? whole.verdicts.lazy.flatMap(\.record.flaggedRows).first ?? 0
        let exchange = row == nil && reading.rowCount <= 1 ? whole : whole.narrowed(toRow: shown)
        let explanation = exchange.explanations.last { reading.attributions(ofRow: shown, in: $0) != nil }
        let attributions = explanation.flatMap { reading.attributions(ofRow: shown, in: $0) }
        let instance = instance(reading, row: shown, attributions: attributions, beside: latest, paths)
        let prediction = prediction(reading.prediction(ofRow: shown))
        let isBatch = reading.rowCount > 1
        return Item(
            heading: (reading.prediction(ofRow: shown)?.best).map { "\(whole.key.model) answered \($0)" }
                ?? "A request to \(whole.key.model.isEmpty ? "an unknown model" : whole.key.model)",
            id: isBatch ? RowReference(requestID: whole.key.requestID, row: shown).description : whole.key.requestID,
            pills: whole.flags.map { Pill(text: "flagged: \($0)", tone: "warning") }
                + (whole.attempt > 1 ? [Pill(text: "attempt \(whole.attempt)", tone: "")] : []),
            facts: facts(of: whole, rows: reading.rowCount),
            hasTiles: isBatch,
            tiles: isBatch
                ? (0..<min(reading.rowCount, tileLimit)).map {
                    Tile(reading, of: whole, row: $0, name: "#\($0)", isCurrent: $0 == shown)
                } : [],
            hasLooks: instance != nil || prediction != nil,
            instance: instance,
            prediction: prediction,
            verdicts: exchange.verdicts.map { verdict($0, row: shown) },
            attributions: reading.picture(ofRow: shown) == nil ? bars(attributions, reading, row: shown) : nil,
            hasLabels: !exchange.labels.isEmpty,
            labels: exchange.labels.map(label),
            raw: raw(of: whole),
            lineage: lineage(of: whole),
            explainHref: canExplain && explanation == nil && whole.request?.event.data != nil && whole.response != nil
                ? Links.explain(RowReference(requestID: whole.key.requestID, row: isBatch ? shown : nil)) : nil
        )
    }

    private static func facts(of exchange: Exchange, rows: Int) -> [Fact] {
        var facts = [
            Fact(
                name: "Model",
                value: exchange.key.model.isEmpty ? "unknown" : exchange.key.model,
                note: exchange.version.map { "version \($0)" }
            ),
            Fact(name: "When", value: exchange.time.shown, timeISO: exchange.time.rfc3339),
            Fact(
                name: "Status",
                value: exchange.statusCode.map(String.init) ?? (exchange.response == nil ? "no answer on record" : "–")
            ),
        ]
        if let latency = exchange.latencyMilliseconds {
            facts.append(Fact(name: "Latency", value: "\(AlertSentence.short(latency)) ms"))
        }
        if rows > 0 { facts.append(Fact(name: "Rows", value: rows.grouped)) }
        facts.append(Fact(name: "Namespace", value: exchange.key.namespace))
        facts.append(Fact(name: "Component", value: exchange.key.component, note: "endpoint \(exchange.key.endpoint)"))
        if let trace = trace(of: exchange) { facts.append(Fact(name: "Trace", value: trace)) }
        return facts
    }

    /// The trace id of the `traceparent` that either half carries.
    ///
    /// Source: W3C Trace Context, section 3.2.
    private static func trace(of exchange: Exchange) -> String? {
        for half in [exchange.request, exchange.response] {
            let parts = half?.event[extension: "traceparent"]?.split(separator: "-") ?? []
            if parts.count >= 4, parts[1].utf8.count == 32 { return String(parts[1]) }
        }
        return nil
    }

    /// Every event about it, in the order of time.
    private static func lineage(of exchange: Exchange) -> [Station] {
        var events = [exchange.request, exchange.response].compactMap { $0 }
        events += exchange.verdicts + exchange.explanations + exchange.labels
        return events.sorted {
            ($0.record.time, $0.record.kind.rawValue, $0.sequence) < (
                $1.record.time, $1.record.kind.rawValue, $1.sequence
            )
        }.map { event in
            let (seconds, attoseconds) = (event.record.time - exchange.time).components
            let milliseconds = Double(seconds) * 1000 + Double(attoseconds) / 1e15
            return Station(
                offset: milliseconds.magnitude < 10_000
                    ? "\(milliseconds < 0 ? "−" : "+")\(AlertSentence.short(milliseconds.magnitude)) ms"
                    : "\(milliseconds < 0 ? "−" : "+")\(AlertSentence.short(milliseconds.magnitude / 1000)) s",
                what: event.record.kind.name + (event.record.monitor.map { " of \($0)" } ?? ""),
                source: event.event.source,
                eventID: event.event.id
            )
        }
    }

    private static func instance(
        _ reading: ExchangeReading,
        row: Int,
        attributions: [Float]?,
        beside latest: [Exchange],
        _ paths: PayloadMappings
    ) -> Instance? {
        if let picture = reading.picture(ofRow: row) {
            let size = "\(picture.layout.width) × \(picture.layout.height)"
            var figures = [
                Figure(source: picture.image.address, alt: "the instance", caption: "What the model saw, \(size)")
            ]
            if let attributions {
                figures.append(
                    Figure(
                        source: picture.image(explainedBy: attributions).address,
                        alt: "the explanation over the instance",
                        caption: "What the answer rests on"
                    )
                )
            }
            return Instance(title: "The instance", figures: figures, hasExplanation: attributions != nil, values: nil)
        }
        let passages = reading.passages(ofRow: row)
        let columns = reading.columns(ofRow: row)
        guard !columns.isEmpty || !passages.isEmpty else { return nil }
        let series =
            reading.isSeries
            ? TimeChart(values: columns.map { Double($0.value) }, title: "The instance as a series").large : nil
        let usual = UsualValues(latest.map { ExchangeReading($0, paths) })
        let cells = columns.prefix(columnLimit).map {
            Cell(
                name: $0.name,
                value: AlertSentence.short(Double($0.value)),
                remark: usual.remark(on: $0.value, of: $0.name)
            )
        }
        let about =
            (columns.count > columnLimit ? "The first \(columnLimit) of \(columns.count) values. " : "")
            + (usual.count >= UsualValues.least
                ? "Marked where it is far from the latest \(usual.count) recorded rows of this model." : "")
        return Instance(
            title: "The instance",
            figures: [],
            hasExplanation: false,
            series: series,
            passages: passages,
            values: columns.isEmpty ? nil : Table(cells: Array(cells), about: about)
        )
    }

    private static func prediction(_ prediction: ExchangeReading.Prediction?) -> Drawing? {
        guard let prediction, !prediction.values.isEmpty else { return nil }
        let values = prediction.values.map(Double.init)
        // Few classes stay in their order; of many only the strongest are shown.
        let order =
            values.count <= 12
            ? Array(values.indices)
            : Array(values.indices.sorted { values[$0] > values[$1] }.prefix(10))
        let bars = order.map { index in
            BarChart.Bar(
                label: values.count == 1 ? "output" : "class \(index)",
                value: values[index].magnitude,
                text: prediction.isDistribution
                    ? "\(AlertSentence.short((values[index] * 1000).rounded() / 10)) %"
                    : AlertSentence.short(values[index]),
                isStrong: index == prediction.best || values.count == 1
            )
        }
        let full = prediction.isDistribution ? 1 : values.map(\.magnitude).filter(\.isFinite).max() ?? 1
        return Drawing(
            title: "The answer",
            svg: BarChart(bars: bars, full: full, title: "The model's outputs").svg,
            note: prediction.isDistribution ? "Probabilities." : "The model's outputs as they came."
        )
    }

    private static func verdict(_ event: StoredEvent, row: Int) -> Verdict {
        let record = event.record
        guard let reading = record.verdict else {
            return Verdict(title: event.event.type, tone: "", status: "", detail: "", svg: nil)
        }
        let place = reading.rows.firstIndex(of: row) ?? (reading.rows.isEmpty ? row : 0)
        let score = reading.scores.indices.contains(place) ? reading.scores[place] : reading.scores.first
        let p = reading.pValues.indices.contains(place) ? reading.pValues[place] : reading.pValues.first
        let isFlagged = reading.flaggedRows.isEmpty ? reading.isFlagged : reading.flaggedRows.contains(row)
        let details = [
            reading.monitor, reading.method, score.map { "score \(AlertSentence.short($0))" },
            reading.threshold.map { "threshold \(AlertSentence.short($0))" }, p.map { "p \(AlertSentence.short($0))" },
        ]
        return Verdict(
            title: reading.kind.prefix(1).uppercased() + reading.kind.dropFirst(),
            tone: isFlagged ? "warning" : "good",
            status: isFlagged ? "flagged" : "fine",
            detail: details.compactMap { $0 }.joined(separator: " · "),
            svg: score.flatMap { score in
                reading.threshold.flatMap { ThresholdBar(score: score, threshold: $0).svg }
            }
        )
    }

    private static func bars(_ attributions: [Float]?, _ reading: ExchangeReading, row: Int) -> Drawing? {
        guard let attributions else { return nil }
        let names = reading.columns(ofRow: row).map(\.name)
        let strongest = attributions.indices.sorted { attributions[$0].magnitude > attributions[$1].magnitude }.prefix(
            10
        )
        let bars = strongest.enumerated().map { place, index in
            BarChart.Bar(
                label: names.indices.contains(index) ? names[index] : "\(index)",
                value: Double(attributions[index].magnitude),
                text: AlertSentence.short(Double(attributions[index])),
                isStrong: place == 0
            )
        }
        let full = attributions.map { Double($0.magnitude) }.filter(\.isFinite).max() ?? 1
        return Drawing(
            title: "What the answer rests on",
            svg: BarChart(bars: bars, full: full, title: "Attributions").svg,
            note: "Above zero speaks for the answer, below zero against it."
        )
    }

    private static func label(_ event: StoredEvent) -> Label {
        let content = event.event.jsonData
        let value = content?["label"] ?? content?["labels"] ?? content?["truth"]
        return Label(
            row: event.record.rows.first.map(String.init) ?? "all",
            label: value.map { $0.string ?? $0.text } ?? "–",
            timeISO: event.record.time.rfc3339,
            time: event.record.time.shown,
            source: event.event.source
        )
    }

    private static func raw(of exchange: Exchange) -> [Raw] {
        var parts: [(String, StoredEvent)] = []
        if let request = exchange.request { parts.append(("Request", request)) }
        if let response = exchange.response { parts.append(("Response", response)) }
        parts += exchange.verdicts.map { ("Verdict", $0) }
        parts += exchange.explanations.map { ("Explanation", $0) }
        return parts.map { title, event in
            let data = event.event.data ?? []
            let head = data.prefix(textLimit)
            let isText = !head.contains { $0 < 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
            let text = isText ? String(decoding: head, as: UTF8.self) : "\(data.count) bytes that are no text"
            return Raw(
                title: title,
                note:
                    "\(event.event.type), \(data.count.grouped) bytes\(data.count > textLimit ? ", the beginning" : "")",
                text: text
            )
        }
    }
}

extension Dashboard {
    /// Where the page of a request is, or of a row of one.
    package static func address(ofRequest text: String) -> String { Links.request(RowReference(text)) }

    package func page(_ view: RequestView) -> String { render(view, with: "request") }
}
