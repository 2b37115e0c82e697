import CloudEvents
import EventStore

/// How one model stands over a time: its traffic by step, its monitors, its alerts, and what that comes to.
struct ModelCondition: Sendable {
    /// A name in a namespace.
    struct Name: Sendable, Hashable {
        let namespace: String
        let model: String
    }

    /// The latest window verdicts of one monitor.
    struct Monitor: Sendable {
        let name: String
        let kind: String
        /// Oldest first, at least one.
        var windows: [StoredEvent]

        var latest: VerdictReading? { windows.last?.record.verdict }
        var status: VerdictStatus? { latest?.status }
    }

    let name: Name
    let steps: [TrafficStep]
    let monitors: [Monitor]
    /// Those that are not closed.
    let alerts: [Alert]

    var exchanges: Int { steps.reduce(0) { $0 + $1.exchanges } }
    var failures: Int { steps.reduce(0) { $0 + $1.failures } }
    var flagged: Int { steps.reduce(0) { $0 + $1.flagged } }

    /// "1,200 recorded exchanges", and for how many they stand where a tap samples.
    var recorded: String {
        let sum: Double = steps.reduce(0) { $0 + $1.served.exchanges }
        let served = Int(sum.rounded())
        return "\(exchanges.grouped) recorded exchanges" + (served > exchanges ? " of about \(served.grouped)" : "")
    }

    /// A figure of each step, nil where the step has no exchange.
    func course(_ range: TimeRange, _ figure: ([TrafficStep]) -> Double?) -> [Double?] {
        steps.course(range, figure)
    }

    /// How strong the drift monitor was that now stands worst, window by window; 1 where it alarms.
    var drift: [Double] {
        let courses = monitors.filter { $0.kind == "drift" }
            .map { $0.windows.compactMap { $0.record.verdict.flatMap(MonitorCourse.strength) } }
        return courses.max { ($0.last ?? -1) < ($1.last ?? -1) } ?? []
    }

    /// In a word, and how it is coloured.
    var pill: Pill {
        switch rank {
        case 0: Pill(text: "critical", tone: "critical")
        case 1: Pill(text: "warning", tone: "warning")
        case 2: Pill(text: "cannot judge", tone: "warning")
        case 3: Pill(text: "failing requests", tone: "warning")
        case 4: Pill(text: "not judged", tone: "")
        case 5: Pill(text: "learning", tone: "calm")
        default: Pill(text: "well", tone: "good")
        }
    }

    /// 0 is worst.
    var rank: Int {
        if alerts.contains(where: { $0.severity == .critical }) { return 0 }
        if !alerts.isEmpty || monitors.contains(where: { $0.status == .alarm }) { return 1 }
        if monitors.contains(where: { $0.status == .error || $0.status == .insufficient }) { return 2 }
        if failures > 0 { return 3 }
        if monitors.isEmpty { return 4 }
        return monitors.contains { $0.status == .learning } ? 5 : 6
    }

    /// One or two plain sentences.
    var sentence: String {
        var parts: [String] = []
        if !alerts.isEmpty {
            let kinds = Set(alerts.map(\.kind)).sorted().joined(separator: ", ")
            parts.append("\(alerts.count) open \(alerts.count == 1 ? "alert" : "alerts"): \(kinds).")
        }
        let unable = monitors.filter { $0.status == .error || $0.status == .insufficient }
        if !unable.isEmpty { parts.append("Cannot judge: \(unable.map(\.name).joined(separator: ", ")).") }
        if failures > 0 { parts.append("\(Self.percent(steps, \.failures)) of its answers failed.") }
        if monitors.isEmpty {
            parts.append("No monitor has given a window verdict in this time.")
        } else if alerts.isEmpty && unable.isEmpty {
            parts.append(monitors.count == 1 ? "Its monitor is calm." : "Its \(monitors.count) monitors are calm.")
        }
        return parts.joined(separator: " ")
    }

    /// The part of the exchanges that were served, recorded or not.
    static func percent(_ steps: [TrafficStep], _ part: KeyPath<TrafficStep.Served, Double>) -> String {
        Figures.share(steps, part).map { "\(AlertSentence.short(100 * $0)) %" } ?? "–"
    }

    /// Every model that has traffic, verdicts, alerts or a past, the worst first.
    ///
    /// - Parameter verdicts: About windows, newest first.
    static func all(
        _ summaries: [ModelSummary],
        traffic: [TrafficStep],
        verdicts: [StoredEvent],
        alerts: [Alert]
    ) -> [ModelCondition] {
        let steps = Dictionary(grouping: traffic) { Name(namespace: $0.namespace, model: $0.model) }
        let open = Dictionary(grouping: alerts) { Name(namespace: $0.key.namespace, model: $0.key.model) }
        var monitors: [Name: [String: Monitor]] = [:]
        for event in verdicts.reversed() {
            guard let reading = event.record.verdict, let monitor = reading.monitor, reading.status != nil else {
                continue
            }
            let name = Name(
                namespace: event.record.namespace ?? "default",
                model: event.record.model ?? Alert.Key.unknownModel
            )
            monitors[name, default: [:]][
                monitor,
                default: Monitor(name: monitor, kind: reading.kind, windows: [])
            ].windows.append(event)
        }
        let past = summaries.map { Name(namespace: $0.namespace, model: $0.model) }
        return Set(past + steps.keys + open.keys + monitors.keys).map { name in
            ModelCondition(
                name: name,
                steps: steps[name] ?? [],
                monitors: (monitors[name] ?? [:]).values.sorted { $0.name < $1.name },
                alerts: open[name] ?? []
            )
        }.sorted {
            ($0.rank, -$0.exchanges, $0.name.model, $0.name.namespace)
                < ($1.rank, -$1.exchanges, $1.name.model, $1.name.namespace)
        }
    }
}

extension [TrafficStep] {
    /// A figure of each step, nil where the step has no exchange.
    func course(_ range: TimeRange, _ figure: ([TrafficStep]) -> Double?) -> [Double?] {
        let byIndex = Dictionary(grouping: self, by: \.index)
        return (0..<range.steps).map { index in byIndex[index].flatMap(figure) }
    }

    /// Requests per minute in each step.
    func rates(_ range: TimeRange, end: Timestamp) -> [Double?] {
        let counts = course(range) { steps in steps.reduce(0) { $0 + $1.served.exchanges } }
        return counts.enumerated().map { ($1 ?? 0) / range.minutes(ofStep: $0, end: end) }
    }
}
