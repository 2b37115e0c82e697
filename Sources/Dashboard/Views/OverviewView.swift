package import CloudEvents
package import EventStore

/// The mesh at a glance: who sends, which models, which monitors, what alarms; then every model as a card, worst first.
package struct OverviewView: Sendable {
    /// What the reader asked for.
    package struct Choice: Sendable {
        package var range: TimeRange
        package var search: String
        /// `none` or `namespace` or `condition`.
        package var group: String
        package var page: Int

        package init(range: TimeRange, search: String, group: String, page: Int) {
            self.range = range
            self.search = search
            self.group = group
            self.page = page
        }
    }

    struct Stage: Sendable {
        let name: String
        let value: String
        let detail: String
        let tone: String
        let href: String?
    }

    struct Measure: Sendable {
        let name: String
        let value: String
        let svg: String
    }

    struct Card: Sendable {
        let href: String
        let name: String
        let namespace: String
        let pill: Pill
        let sentence: String
        let measures: [Measure]
        let edge: String
    }

    struct Group: Sendable {
        let name: String?
        let cards: [Card]
    }

    struct Option: Sendable {
        let value: String
        let name: String
        let isCurrent: Bool
    }

    /// How many cards a page has.
    static let pageSize = 60

    let title = "Overview"
    let isOverview = true
    let refreshes = true
    let heading: String
    let lead: String
    let stages: [Stage]
    let tabs: [Tab]
    let search: String
    let range: String
    let groupings: [Option]
    let groups: [Group]
    let emptyTitle: String?
    let emptyText: String
    let next: More?

    /// - Parameters:
    ///   - verdicts: About windows within the time, newest first.
    ///   - alerts: Those that are not closed.
    ///   - sinks: The names of where alerts go.
    ///   - end: Where the time ends.
    package init(
        _ summaries: [ModelSummary],
        traffic: [TrafficStep],
        verdicts: [StoredEvent],
        senders: [String],
        alerts: [Alert],
        sinks: [String],
        choice: Choice,
        end: Timestamp
    ) {
        let all = ModelCondition.all(summaries, traffic: traffic, verdicts: verdicts, alerts: alerts)
        let wanted = choice.search.lowercased()
        let found = all.filter {
            wanted.isEmpty || $0.name.model.lowercased().contains(wanted)
                || $0.name.namespace.lowercased().contains(wanted)
        }
        let bad = all.count { $0.rank < 4 }
        heading =
            all.isEmpty
            ? "No model yet"
            : bad == 0 ? "All quiet" : "\(bad) of \(all.count) \(all.count == 1 ? "model needs" : "models need") a look"
        lead = "What was recorded in the last \(choice.range.words), the worst first."
        stages = Self.stages(all, senders: senders, sinks: sinks, range: choice.range)
        tabs = choice.range.tabs { Links.overview(range: $0, search: choice.search, group: choice.group) }
        search = choice.search
        range = choice.range.rawValue
        groupings = [("none", "no groups"), ("namespace", "by namespace"), ("condition", "by condition")]
            .map { Option(value: $0, name: $1, isCurrent: $0 == choice.group) }
        let start = min(found.count, (choice.page - 1) * Self.pageSize)
        let shown = found.dropFirst(start).prefix(Self.pageSize)
        var groups: [(name: String?, cards: [Card])] = []
        for condition in shown {
            let name: String? =
                switch choice.group {
                case "namespace": condition.name.namespace
                case "condition": condition.pill.text
                default: nil
                }
            let card = Self.card(condition, range: choice.range, end: end)
            if let index = groups.firstIndex(where: { $0.name == name }) {
                groups[index].cards.append(card)
            } else {
                groups.append((name, [card]))
            }
        }
        self.groups = groups.map { Group(name: $0.name, cards: $0.cards) }
        emptyTitle = !found.isEmpty ? nil : all.isEmpty ? "No model yet" : "No model of that name"
        emptyText =
            all.isEmpty
            ? "A model appears here with its first recorded request. Point a payload-tap or a model-server at this logger."
            : "None of \(all.count.grouped) models has it in its name or namespace."
        let rest = found.count - start - shown.count
        next =
            rest > 0
            ? More(
                href: Links.overview(
                    range: choice.range,
                    search: choice.search,
                    group: choice.group,
                    page: choice.page + 1
                ),
                count: rest
            ) : nil
    }

    private static func stages(
        _ all: [ModelCondition],
        senders: [String],
        sinks: [String],
        range: TimeRange
    ) -> [Stage] {
        let monitors = all.flatMap(\.monitors)
        let alarming = monitors.count { $0.status == .alarm }
        let unable = monitors.count { $0.status == .error || $0.status == .insufficient }
        let calm = monitors.count - alarming - unable
        let alerts = all.reduce(0) { $0 + $1.alerts.count }
        let exchanges = all.reduce(0) { $0 + $1.exchanges }
        let failures = all.reduce(0) { $0 + $1.failures }
        return [
            Stage(
                name: "Sources heard",
                value: senders.count.grouped,
                detail: senders.isEmpty ? "none of late" : Self.names(of: senders),
                tone: "",
                href: "/health"
            ),
            Stage(
                name: "Models",
                value: all.count.grouped,
                detail: "\(exchanges.grouped) exchanges, \(failures.grouped) failed",
                tone: failures > 0 ? "warning" : "good",
                href: "/models"
            ),
            Stage(
                name: "Monitors",
                value: monitors.count.grouped,
                detail: "\(calm) calm, \(alarming) alarming, \(unable) cannot judge",
                tone: alarming > 0 ? "critical" : unable > 0 ? "warning" : "good",
                href: "/health"
            ),
            Stage(
                name: "Open alerts",
                value: alerts.grouped,
                detail: alerts == 0 ? "nothing alarms" : "to be looked at",
                tone: alerts > 0 ? "critical" : "good",
                href: "/alerts"
            ),
            Stage(
                name: "Alerts go to",
                value: sinks.count.grouped,
                detail: sinks.isEmpty ? "these pages only" : sinks.joined(separator: ", "),
                tone: "",
                href: "/health"
            ),
        ]
    }

    /// The last parts of the first sources, and how many more there are.
    private static func names(of sources: [String]) -> String {
        let shown = sources.prefix(4).map { $0.split(separator: "/").last.map(String.init) ?? $0 }
        return shown.joined(separator: ", ") + (sources.count > 4 ? " and \(sources.count - 4) more" : "")
    }

    private static func card(_ condition: ModelCondition, range: TimeRange, end: Timestamp) -> Card {
        let steps = condition.steps
        let total: Double = steps.reduce(0) { $0 + $1.served.exchanges }
        let perMinute = total / (Double(range.seconds) / 60)
        let latency = Figures.latency(steps, 0.95).map { "\(AlertSentence.short($0)) ms" }
        let drift = condition.drift
        func measure(_ name: String, _ value: String, _ values: [Double?], limit: Double? = nil) -> Measure {
            let chart = TimeChart(values: values, limit: limit, title: "\(name): \(value)")
            return Measure(name: name, value: value, svg: chart.small)
        }
        return Card(
            href: Links.model(condition.name, range: range),
            name: condition.name.model.isEmpty ? "unknown" : condition.name.model,
            namespace: condition.name.namespace,
            pill: condition.pill,
            sentence: condition.sentence,
            measures: [
                measure(
                    "Traffic",
                    total == 0 ? "none" : "\(AlertSentence.short(perMinute)) / min",
                    steps.rates(range, end: end)
                ),
                measure(
                    "Errors",
                    ModelCondition.percent(steps, \.failures),
                    condition.course(range) { Figures.share($0, \.failures) }
                ),
                measure("Latency, 95 % within", latency ?? "–", condition.course(range) { Figures.latency($0, 0.95) }),
                measure(
                    "Outliers",
                    ModelCondition.percent(steps, \.flagged),
                    condition.course(range) { Figures.share($0, \.flagged) }
                ),
                measure(
                    "Drift, of what alarms",
                    drift.last.map { "\(AlertSentence.short(100 * $0)) %" } ?? "–",
                    drift.map { min($0, 4) },
                    limit: drift.isEmpty ? nil : 1
                ),
            ],
            edge: condition.pill.tone
        )
    }
}

/// Figures of the steps of one moment, of all exchanges that were served: where a tap samples, a recorded one counts for
/// those that it stands for.
enum Figures {
    /// The part of the exchanges, 0 to 1.
    static func share(_ steps: [TrafficStep], _ part: KeyPath<TrafficStep.Served, Double>) -> Double? {
        let total: Double = steps.reduce(0) { $0 + $1.served.exchanges }
        return total > 0 ? steps.reduce(0) { $0 + $1.served[keyPath: part] } / total : nil
    }

    /// The latency that a part of them did not exceed, in milliseconds, to 2 %.
    static func latency(_ steps: [TrafficStep], _ part: Double) -> Double? {
        var all = LatencySketch()
        for step in steps { all += step.latencies }
        return all.quantile(part)
    }

    /// The mean latency in milliseconds.
    static func latency(_ steps: [TrafficStep]) -> Double? {
        let timed: Double = steps.reduce(0) { $0 + $1.served.timed }
        return timed > 0 ? steps.reduce(0) { $0 + $1.served.milliseconds } / timed : nil
    }
}

extension Dashboard {
    package func page(_ view: OverviewView) -> String { render(view, with: "overview") }
}
