import CloudEvents
package import EventStore

/// The page of one alert: what happened, its window, its features, its requests.
package struct AlertView: Sendable {
    struct Line: Sendable {
        let timeISO: String
        let time: String
        let tone: String
        let status: String
        let rows: String
        let statistic: String
        let p: String
        let id: String
    }

    let title: String
    let isAlerts = true
    let id: String
    let pills: [Pill]
    let summary: String
    let canAct: Bool
    let canAcknowledge: Bool
    let actionBase: String
    let facts: [Fact]
    let runbook: String?
    let hasCharts: Bool
    let course: Drawing?
    let features: Drawing?
    let hasTiles: Bool
    let tiles: [Tile]
    let verdicts: [Line]

    /// - Parameters:
    ///   - verdicts: The verdicts that made it, oldest first.
    ///   - exchanges: What it is about.
    package init(_ alert: Alert, verdicts: [StoredEvent], exchanges: [ExchangeRow]) {
        title = alert.heading
        id = alert.id
        pills = alert.pills
        summary = alert.summary
        canAct = alert.state != .closed
        canAcknowledge = alert.acknowledgedAt == nil
        actionBase = Links.alertActions(alert.id)
        facts = Self.facts(of: alert)
        // Only an address of the web: another scheme could be a script.
        runbook = alert.runbookURL.flatMap { $0.hasPrefix("https://") || $0.hasPrefix("http://") ? $0 : nil }
        course = Self.course(of: alert, verdicts: verdicts)
        features = Self.features(of: alert)
        hasCharts = course != nil || features != nil
        tiles = exchanges.map(\.tile)
        hasTiles = !tiles.isEmpty
        self.verdicts = verdicts.reversed().map { event in
            let reading = event.record.verdict
            return Line(
                timeISO: event.record.time.rfc3339,
                time: event.record.time.shown,
                tone: reading?.status?.tone ?? "",
                status: reading?.status?.rawValue ?? "–",
                rows: reading?.window.count.map(\.grouped) ?? "–",
                statistic: reading?.statistic.map(AlertSentence.short) ?? "–",
                p: reading?.pValue.map(AlertSentence.short) ?? "–",
                id: event.event.id
            )
        }
    }

    private static func facts(of alert: Alert) -> [Fact] {
        var facts = [
            Fact(name: "Model", value: alert.key.model, note: alert.version.map { "version \($0)" }),
            Fact(name: "Monitor", value: alert.key.monitor, note: alert.method),
            Fact(name: "Opened", value: alert.openedAt.shown),
            Fact(name: "Latest news", value: alert.updatedAt.shown),
        ]
        if let closed = alert.closedAt { facts.append(Fact(name: "Closed", value: closed.shown)) }
        if let start = alert.window.start, let end = alert.window.end {
            facts.append(Fact(name: "Rows from", value: start.shown, note: "to \(end.shown)"))
        }
        if let count = alert.window.count {
            facts.append(Fact(name: "Rows in the latest window", value: count.grouped))
        }
        if let effect = alert.effect {
            let interval = effect.low.flatMap { low in
                effect.high.map { "\(AlertSentence.short(low)) to \(AlertSentence.short($0))" }
            }
            let name = effect.name.split(separator: "_").joined(separator: " ")
            facts.append(Fact(name: "Effect: \(name)", value: AlertSentence.short(effect.value), note: interval))
        }
        if let statistic = alert.statistic {
            facts.append(Fact(name: "Statistic", value: AlertSentence.short(statistic)))
        }
        if let p = alert.pValue { facts.append(Fact(name: "p-value", value: AlertSentence.short(p))) }
        if let threshold = alert.threshold {
            facts.append(Fact(name: "Threshold", value: AlertSentence.short(threshold)))
        }
        facts.append(Fact(name: "Alarms in a row", value: "\(alert.alarms)"))
        if let owner = alert.owner { facts.append(Fact(name: "Owner", value: owner)) }
        if alert.key.namespace != "default" { facts.append(Fact(name: "Namespace", value: alert.key.namespace)) }
        if alert.key.endpoint != "default" { facts.append(Fact(name: "Endpoint", value: alert.key.endpoint)) }
        return facts
    }

    private static func course(of alert: Alert, verdicts: [StoredEvent]) -> Drawing? {
        let readings = verdicts.compactMap { event in event.record.verdict.map { (event, $0) } }
        // Where every verdict has a p-value that is what the threshold is for; else it is the statistic.
        let byP = !readings.isEmpty && readings.allSatisfy { $0.1.pValue != nil } && (alert.threshold ?? 0) < 1
        let points = readings.compactMap { event, reading -> CourseChart.Point? in
            let figure = byP ? reading.pValue : reading.statistic
            guard let figure else { return nil }
            return CourseChart.Point(
                value: byP ? CourseChart.improbability(figure) : figure,
                isAlarm: reading.status == .alarm,
                text: "\(event.record.time.shown): \(byP ? "p " : "")\(AlertSentence.short(figure))"
            )
        }
        let threshold = alert.threshold.map { byP ? CourseChart.improbability($0) : $0 }
        guard points.count > 1, let svg = CourseChart(points: points, threshold: threshold, title: "by window").svg
        else {
            return nil
        }
        return Drawing(
            title: "Window by window",
            svg: svg,
            note: byP
                ? "How improbable each window was, −log₁₀ p. Red windows alarmed."
                : "The statistic. Red windows alarmed."
        )
    }

    private static func features(of alert: Alert) -> Drawing? {
        let measured = alert.features.prefix(10).compactMap { feature -> (Alert.Feature, Double)? in
            (feature.effect ?? feature.statistic).map { (feature, $0.magnitude) }
        }
        guard !measured.isEmpty else { return nil }
        let bars = measured.enumerated().map { index, entry in
            let p = entry.0.pValue.map { ", p \(AlertSentence.short($0))" } ?? ""
            return BarChart.Bar(
                label: entry.0.name,
                value: entry.1,
                text: AlertSentence.short(entry.1) + p,
                isStrong: index == 0
            )
        }
        let chart = BarChart(bars: bars, full: measured.map(\.1).max() ?? 1, title: "Features by strength")
        return Drawing(
            title: "Which features",
            svg: chart.svg,
            note: alert.features.count > 10 ? "The 10 strongest of \(alert.features.count)." : "The strongest first."
        )
    }
}

extension Dashboard {
    package func page(_ view: AlertView) -> String { render(view, with: "alert") }
}
