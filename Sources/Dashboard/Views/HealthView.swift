package import CloudEvents
package import EventStore

/// How well the watching itself does: what waits, what was lost or could not be read, and which monitors are starved.
package struct HealthView: Sendable {
    /// One series of this process's metrics.
    package struct Series: Sendable {
        package let name: String
        package let value: Double

        /// - Parameter name: As Prometheus writes it, with its labels.
        package init(name: String, value: Double) {
            self.name = name
            self.value = value
        }
    }

    struct Line: Sendable {
        let href: String
        let model: String
        let monitor: String
        let kind: String
        let pill: Pill
        let rows: String
        let timeISO: String
        let time: String
    }

    let title = "Health"
    let isHealth = true
    let refreshes = true
    let facts: [Fact]
    let starved: String
    let monitors: [Line]
    let series: [Fact]
    let cut: String?

    /// - Parameters:
    ///   - verdicts: About windows of the last day, newest first.
    ///   - isCut: Whether there were more of them than were read.
    ///   - waiting: Errands that are due, by what they are.
    ///   - newest: When the newest event arrived.
    ///   - series: Metrics of this process that tell of loss or lag.
    package init(
        verdicts: [StoredEvent],
        isCut: Bool,
        bytes: Int64,
        oldest: Timestamp?,
        newest: Timestamp?,
        waiting: [(name: String, count: Int)],
        series: [Series]
    ) {
        let conditions = ModelCondition.all([], traffic: [], verdicts: verdicts, alerts: [])
        let all = conditions.flatMap { condition in condition.monitors.map { (condition.name, $0) } }
        func order(_ status: VerdictStatus?) -> Int {
            switch status {
            case .error: 0
            case .insufficient: 1
            case .learning: 2
            case .alarm: 3
            default: 4
            }
        }
        monitors = all.sorted {
            (order($0.1.status), $0.0.model, $0.1.name) < (order($1.1.status), $1.0.model, $1.1.name)
        }.map { name, monitor in
            Line(
                href: Links.model(name, range: .day),
                model: name.model,
                monitor: monitor.name,
                kind: monitor.kind,
                pill: Pill(text: monitor.status?.rawValue ?? "–", tone: monitor.status?.tone ?? ""),
                rows: monitor.latest.flatMap(Self.rows) ?? "–",
                timeISO: monitor.windows.last?.record.time.rfc3339 ?? "",
                time: monitor.windows.last?.record.time.shown ?? "–"
            )
        }
        let unable = all.count { order($0.1.status) < 2 }
        starved =
            all.isEmpty
            ? "No monitor has given a window verdict in the last 24 hours."
            : unable == 0
                ? "Every monitor that spoke in the last 24 hours could judge."
                : "\(unable) of \(all.count) monitors had too few rows, or rows that they could not judge."
        var facts = [
            Fact(name: "Store", value: Self.size(bytes)),
            Fact(name: "Newest event", value: newest?.shown ?? "none", timeISO: newest?.rfc3339),
            Fact(name: "Oldest event", value: oldest?.shown ?? "none", timeISO: oldest?.rfc3339),
        ]
        facts += waiting.map { Fact(name: "Waiting: \($0.name)", value: $0.count.grouped) }
        self.facts = facts
        self.series = series.map { Fact(name: $0.name, value: AlertSentence.short($0.value)) }
        cut = isCut ? "Only the latest \(verdicts.count.grouped) window verdicts were read." : nil
    }

    private static func rows(_ verdict: VerdictReading) -> String? {
        guard let count = verdict.window.count else { return nil }
        return verdict.reason.map { "\(count.grouped) left out: \($0.replacing("_", with: " "))" } ?? count.grouped
    }

    private static func size(_ bytes: Int64) -> String {
        let units = ["B", "KB", "MB", "GB", "TB"]
        var (value, unit) = (Double(bytes), 0)
        while value >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
        return "\(AlertSentence.short(value)) \(units[unit])"
    }
}

extension Dashboard {
    package func page(_ view: HealthView) -> String { render(view, with: "health") }
}
