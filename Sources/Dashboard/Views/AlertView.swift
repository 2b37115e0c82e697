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

    struct Sibling: Sendable {
        let href: String
        let title: String
        let pills: [Pill]
        let summary: String
    }

    let title: String
    let isAlerts = true
    let refreshes = true
    let modelHref: String
    let id: String
    let pills: [Pill]
    let summary: String
    let canAct: Bool
    let canAcknowledge: Bool
    let actionBase: String
    let facts: [Fact]
    let runbook: String?
    /// Other alerts that seem to have the same cause.
    let hasSiblings: Bool
    let siblings: [Sibling]
    let incident: String
    let incidentActions: String
    let canActOnIncident: Bool
    let hasCharts: Bool
    let course: Drawing?
    let features: Drawing?
    let hasTiles: Bool
    let tiles: [Tile]
    let verdicts: [Line]

    /// - Parameters:
    ///   - verdicts: The verdicts that made it, oldest first.
    ///   - exchanges: What it is about.
    ///   - incident: What it is part of, with its other alerts.
    package init(_ alert: Alert, verdicts: [StoredEvent], exchanges: [ExchangeRow], incident: Incident?) {
        title = alert.heading
        id = alert.id
        modelHref = Links.model(
            ModelCondition.Name(namespace: alert.key.namespace, model: alert.key.model),
            range: .day
        )
        pills = alert.pills
        summary = alert.summary
        canAct = alert.state != .closed
        canAcknowledge = alert.acknowledgedAt == nil
        actionBase = Links.alertActions(alert.id)
        facts = Self.facts(of: alert)
        // Only an address of the web: another scheme could be a script.
        runbook = alert.runbookURL.flatMap { $0.hasPrefix("https://") || $0.hasPrefix("http://") ? $0 : nil }
        let others = (incident?.alerts ?? []).filter { $0.id != alert.id }
        siblings = others.map {
            Sibling(
                href: Links.alert($0.id),
                title: "\($0.heading) · \($0.key.monitor)",
                pills: $0.pills,
                summary: $0.summary
            )
        }
        hasSiblings = !others.isEmpty
        self.incident = alert.incident
        incidentActions = Links.incidentActions(alert.incident)
        canActOnIncident = !others.isEmpty && (incident?.state ?? .closed) != .closed
        course = MonitorCourse.drawing(verdicts, level: alert.threshold, title: "Window by window")
        features = MonitorCourse.features(alert.features, title: "Which features")
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
            Fact(name: "Opened", value: alert.openedAt.shown, timeISO: alert.openedAt.rfc3339),
            Fact(name: "Latest news", value: alert.updatedAt.shown, timeISO: alert.updatedAt.rfc3339),
        ]
        if let closed = alert.closedAt {
            facts.append(Fact(name: "Closed", value: closed.shown, timeISO: closed.rfc3339))
        }
        if let start = alert.window.start, let end = alert.window.end {
            facts.append(
                Fact(name: "Rows from", value: start.shown, note: "to \(end.shown) UTC", timeISO: start.rfc3339)
            )
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
        if !alert.told.isEmpty {
            facts.append(Fact(name: "Told", value: alert.told.keys.sorted().joined(separator: ", ")))
        }
        if let person = alert.acknowledgedBy { facts.append(Fact(name: "Acknowledged by", value: person)) }
        if let person = alert.silencedBy {
            facts.append(Fact(name: "Silenced by", value: person, note: alert.silenceReason))
        }
        if let person = alert.closedBy { facts.append(Fact(name: "Closed by", value: person)) }
        if let owner = alert.owner { facts.append(Fact(name: "Owner", value: owner)) }
        if alert.key.namespace != "default" { facts.append(Fact(name: "Namespace", value: alert.key.namespace)) }
        if alert.key.endpoint != "default" { facts.append(Fact(name: "Endpoint", value: alert.key.endpoint)) }
        return facts
    }
}

extension Dashboard {
    package func page(_ view: AlertView) -> String { render(view, with: "alert") }
}
