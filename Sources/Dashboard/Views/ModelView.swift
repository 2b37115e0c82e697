package import CloudEvents
package import EventStore
package import OpenInference

/// The page of one model: traffic, answers, monitors, outlier scores, versions side by side.
package struct ModelView: Sendable {
    struct MonitorPart: Sendable {
        let name: String
        let kind: String
        let pill: Pill
        let detail: String
        let drawings: [Drawing]
    }

    struct Version: Sendable {
        let version: String
        let exchanges: String
        let share: String
        let failures: String
        let median: String
        let most: String
        let nearlyAll: String
        let slowest: String
        let flagged: String
        let ever: String
    }

    let title: String
    let isOverview = true
    let refreshes = true
    let name: String
    let namespace: String
    let pill: Pill
    let sentence: String
    let tabs: [Tab]
    let startISO: String
    let start: String
    let endISO: String
    let end: String
    let traffic: [Drawing]
    let answers: [Drawing]
    let monitors: [MonitorPart]
    let versions: [Version]
    let hasComparison: Bool
    let comparison: [Drawing]
    let alerts: [More]
    let exchangesHref: String
    let rangeWords: String

    /// - Parameters:
    ///   - summaries: Those of the model's versions.
    ///   - windows: Its window verdicts within the time, newest first.
    ///   - rows: Its latest verdicts about rows, newest first.
    ///   - latest: Its latest exchanges, newest first.
    ///   - alerts: Its alerts that are not closed.
    ///   - end: Where the time ends.
    ///   - paths: Where the tensors are in bodies that follow no dialect.
    package init(
        namespace: String,
        model: String,
        summaries: [ModelSummary],
        steps: [TrafficStep],
        windows: [StoredEvent],
        rows: [StoredEvent],
        latest: [Exchange],
        alerts: [Alert],
        range: TimeRange,
        end: Timestamp,
        paths: PayloadMappings = .none
    ) {
        let key = ModelCondition.Name(namespace: namespace, model: model)
        let condition =
            ModelCondition.all([], traffic: steps, verdicts: windows, alerts: alerts).first { $0.name == key }
            ?? ModelCondition(name: key, steps: [], monitors: [], alerts: [])
        title = model.isEmpty ? "unknown" : model
        name = title
        self.namespace = namespace
        pill = condition.pill
        sentence = condition.sentence
        tabs = range.tabs { Links.model(key, range: $0) }
        startISO = range.start(before: end).rfc3339
        start = range.start(before: end).shown
        endISO = end.rfc3339
        self.end = end.shown
        rangeWords = range.words
        traffic = Self.traffic(condition, range: range, end: end)
        answers = [Self.answers(latest, paths), Self.scores(rows)].compactMap { $0 }
        monitors = condition.monitors.map(Self.part)
        versions = VersionComparison.rows(steps, summaries: summaries)
        comparison = VersionComparison.drawings(steps, latest: latest, range: range, end: end, paths)
        hasComparison = !comparison.isEmpty
        self.alerts = alerts.map {
            More(href: Links.alert($0.id), text: "\($0.kind): \($0.key.monitor), \($0.state.rawValue)")
        }
        exchangesHref = Links.exchanges(model: model, range: range)
    }

    private static func traffic(_ condition: ModelCondition, range: TimeRange, end: Timestamp) -> [Drawing] {
        let rate = TimeChart(
            values: condition.steps.rates(range, end: end),
            title: "Requests per minute",
            text: { "\(AlertSentence.short($0)) / min" }
        )
        let latency = TimeChart(
            values: condition.course(range) { Figures.latency($0, 0.5) },
            others: [
                ("95 % within", condition.course(range) { Figures.latency($0, 0.95) }),
                ("99 % within", condition.course(range) { Figures.latency($0, 0.99) }),
            ],
            name: "median",
            title: "Latency in milliseconds: the median, and what 95 and 99 of a hundred did not exceed",
            text: { "\(AlertSentence.short($0)) ms" }
        )
        let errors = TimeChart(
            values: condition.course(range) { Figures.share($0, \.failures) },
            title: "Share of answers that failed",
            text: { "\(AlertSentence.short(100 * $0)) %" }
        )
        let flagged = TimeChart(
            values: condition.course(range) { Figures.share($0, \.flagged) },
            title: "Share of exchanges flagged as outlier or adversarial",
            text: { "\(AlertSentence.short(100 * $0)) %" }
        )
        let slowest = condition.steps.compactMap(\.slowest).max()
        return [
            Drawing(title: "Requests", svg: rate.large, note: "\(condition.recorded)."),
            Drawing(
                title: "Latency",
                svg: latency.large,
                note: latencyNote(condition.steps, slowest: slowest),
                legend: latency.legend
            ),
            Drawing(
                title: "Errors",
                svg: errors.large,
                note: "\(condition.failures.grouped) answers with a status of 400 or more."
            ),
            Drawing(
                title: "Outliers",
                svg: flagged.large,
                note: "\(condition.flagged.grouped) exchanges flagged as outlier or adversarial."
            ),
        ]
    }

    private static func latencyNote(_ steps: [TrafficStep], slowest: Double?) -> String {
        let parts = [(0.5, "Median"), (0.95, "95 % within"), (0.99, "99 % within")].compactMap { part, name in
            Figures.latency(steps, part).map { "\(name) \(AlertSentence.short($0)) ms" }
        }
        guard !parts.isEmpty, let slowest, let mean = Figures.latency(steps) else { return "No latency on record." }
        return parts.joined(separator: ", ")
            + ", each to 2 %. Mean \(AlertSentence.short(mean)) ms, slowest \(AlertSentence.short(slowest)) ms."
    }

    /// The answers to the latest rows, in the order of time.
    private static func answers(_ latest: [Exchange], _ paths: PayloadMappings) -> Drawing? {
        var isClass = false
        let points = latest.reversed().compactMap { exchange -> CourseChart.Point? in
            let reading = ExchangeReading(exchange, paths)
            guard let prediction = reading.prediction(ofRow: 0) else { return nil }
            if prediction.best != nil { isClass = true }
            let value = prediction.best.map(Double.init) ?? prediction.values.first.map(Double.init)
            return value.map {
                CourseChart.Point(value: $0, isAlarm: false, text: "\(exchange.time.shown) UTC: \(prediction.words)")
            }
        }
        guard points.count > 1 else { return nil }
        let chart = CourseChart(points: points, threshold: nil, title: "Answers over time", isLine: !isClass)
        return chart.svg.map {
            Drawing(
                title: "Answers over time",
                svg: $0,
                note:
                    "\(isClass ? "The class" : "The value") that answered each of the latest \(points.count) requests, "
                    + "the oldest at the left."
            )
        }
    }

    private static func scores(_ rows: [StoredEvent]) -> Drawing? {
        // One monitor's scores only: those of two methods do not compare.
        let readings = rows.reversed().compactMap { event in
            event.record.verdict.flatMap { $0.scores.isEmpty || $0.kind != "outlier" ? nil : (event, $0) }
        }
        guard let monitor = readings.last?.1.monitor else { return nil }
        let ours = readings.filter { $0.1.monitor == monitor }
        let points = ours.flatMap { event, reading in
            reading.scores.enumerated().map { index, score in
                let row = reading.rows.indices.contains(index) ? reading.rows[index] : index
                return CourseChart.Point(
                    value: score,
                    isAlarm: reading.flaggedRows.contains(row) || (reading.rows.isEmpty && reading.isFlagged),
                    text: "\(event.record.time.shown) UTC: score \(AlertSentence.short(score))"
                )
            }
        }
        guard points.count > 1 else { return nil }
        let threshold = ours.last?.1.threshold
        return CourseChart(
            points: Array(points.suffix(200)),
            threshold: threshold,
            title: "Outlier scores",
            isLine: false
        )
        .svg.map {
            Drawing(
                title: "Outlier scores",
                svg: $0,
                note: "The latest scores that \(monitor) reported. Squares were flagged. Detectors report calm rows "
                    + "only now and then."
            )
        }
    }

    /// How many rows the latest verdict is about; those of a quality verdict are rows that were left out, for its reason.
    private static func rows(_ verdict: VerdictReading) -> String? {
        guard let count = verdict.window.count else { return nil }
        guard let reason = verdict.reason else { return "\(count.grouped) rows in the latest window" }
        return "\(count.grouped) rows left out: \(reason.replacing("_", with: " "))"
    }

    private static func part(_ monitor: ModelCondition.Monitor) -> MonitorPart {
        let latest = monitor.latest
        let details = [
            latest?.method, latest.flatMap(Self.rows),
            latest?.statistic.map { "statistic \(AlertSentence.short($0))" },
            latest?.pValue.map { "p \(AlertSentence.short($0))" },
            latest?.threshold.map { "threshold \(AlertSentence.short($0))" },
        ]
        return MonitorPart(
            name: monitor.name,
            kind: monitor.kind,
            pill: Pill(text: monitor.status?.rawValue ?? "–", tone: monitor.status?.tone ?? ""),
            detail: details.compactMap { $0 }.joined(separator: " · "),
            drawings: [
                MonitorCourse.drawing(Array(monitor.windows.suffix(100)), level: nil, title: "Window by window"),
                MonitorCourse.features(latest?.features ?? [], title: "Features by drift"),
            ].compactMap { $0 }
        )
    }
}

extension Dashboard {
    package func page(_ view: ModelView) -> String { render(view, with: "model") }
}
