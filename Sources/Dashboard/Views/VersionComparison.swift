import CloudEvents
import EventStore
import Foundation
import OpenInference

/// The versions of one model side by side, as for a canary beside what it is to replace.
enum VersionComparison {
    /// How many lines a reader tells apart.
    private static let lineLimit = 4

    /// A row for each version that has traffic or a past.
    static func rows(_ steps: [TrafficStep], summaries: [ModelSummary]) -> [ModelView.Version] {
        let total: Double = steps.reduce(0) { $0 + $1.served.exchanges }
        let byVersion = Dictionary(grouping: steps, by: \.version)
        return Set(summaries.map(\.version) + byVersion.keys).sorted().map { version in
            let ours = byVersion[version] ?? []
            let served: Double = ours.reduce(0) { $0 + $1.served.exchanges }
            let ever = summaries.first { $0.version == version }?.exchanges ?? 0
            func latency(_ part: Double) -> String { milliseconds(Figures.latency(ours, part)) }
            return ModelView.Version(
                version: name(version),
                exchanges: ours.reduce(0) { $0 + $1.exchanges }.grouped,
                share: total > 0 ? "\(AlertSentence.short(100 * served / total)) %" : "–",
                failures: share(ours, \.failures),
                median: latency(0.5),
                most: latency(0.95),
                nearlyAll: latency(0.99),
                slowest: milliseconds(ours.compactMap(\.slowest).max()),
                flagged: share(ours, \.flagged),
                ever: ever.grouped
            )
        }
    }

    /// Traffic, latency, errors and answers of each, a line or a bar for each version; nothing where there is one alone.
    ///
    /// - Parameter latest: The latest exchanges, newest first.
    static func drawings(
        _ steps: [TrafficStep],
        latest: [Exchange],
        range: TimeRange,
        end: Timestamp,
        _ paths: PayloadMappings
    ) -> [Drawing] {
        let byVersion = Dictionary(grouping: steps, by: \.version)
        // Of many those with the most traffic, in the order of their names, as in the table.
        let most = byVersion.sorted { left, right in
            let counts = [left, right].map { $0.value.reduce(0) { $0 + $1.exchanges } }
            return (counts[1], left.key) < (counts[0], right.key)
        }
        let versions = most.prefix(lineLimit).map(\.key).sorted()
        guard versions.count > 1 else { return [] }
        let left = most.count - versions.count
        let note = left > 0 ? "The \(versions.count) versions with the most traffic; \(left) more are not drawn." : ""
        func drawing(
            _ title: String,
            _ words: String,
            _ text: @escaping @Sendable (Double) -> String,
            _ course: ([TrafficStep]) -> [Double?]
        ) -> Drawing {
            let courses = versions.map { (name: name($0), values: course(byVersion[$0] ?? [])) }
            let chart = TimeChart(
                values: courses[0].values,
                others: Array(courses.dropFirst()),
                name: courses[0].name,
                title: words,
                text: text
            )
            return Drawing(title: title, svg: chart.large, note: note, legend: chart.legend)
        }
        let percent: @Sendable (Double) -> String = { "\(AlertSentence.short(100 * $0)) %" }
        return [
            drawing("Requests", "Requests per minute of each version", { "\(AlertSentence.short($0)) / min" }) {
                $0.rates(range, end: end)
            },
            drawing("Latency, 95 % within", "Latency of each version in milliseconds", { milliseconds($0) }) {
                $0.course(range) { Figures.latency($0, 0.95) }
            },
            drawing("Errors", "Share of failed answers of each version", percent) {
                $0.course(range) { Figures.share($0, \.failures) }
            },
            drawing("Outliers", "Share of flagged exchanges of each version", percent) {
                $0.course(range) { Figures.share($0, \.flagged) }
            },
        ] + answers(latest, versions: versions, paths)
    }

    /// How often each version answered with each class, of the latest requests.
    private static func answers(_ latest: [Exchange], versions: [String], _ paths: PayloadMappings) -> [Drawing] {
        versions.compactMap { version in
            let classes = latest.filter { ($0.version ?? "") == version }.compactMap {
                ExchangeReading($0, paths).prediction(ofRow: 0)?.best
            }
            guard !classes.isEmpty else { return nil }
            let counts = Dictionary(grouping: classes) { $0 }.mapValues(\.count)
            let bars = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(10).map { best, count in
                let share = Double(count) / Double(classes.count)
                return BarChart.Bar(
                    label: "class \(best)",
                    value: share,
                    text: "\(AlertSentence.short(100 * share)) %",
                    isStrong: count == counts.values.max()
                )
            }
            let title = "Answers of \(name(version))"
            return Drawing(
                title: title,
                svg: BarChart(bars: Array(bars), full: 1, title: title).svg,
                note: "Of its latest \(classes.count) recorded requests."
            )
        }
    }

    /// A share of what was served, with its 95 % interval as that of as many recorded exchanges.
    ///
    /// Source: E. B. Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22,
    /// pp. 209–212.
    static func share(_ steps: [TrafficStep], _ part: KeyPath<TrafficStep.Served, Double>) -> String {
        let count = Double(steps.reduce(0) { $0 + $1.exchanges })
        guard count > 0, let share = Figures.share(steps, part) else { return "–" }
        let z = 1.959963984540054
        let middle = (share + z * z / (2 * count)) / (1 + z * z / count)
        let half = z / (1 + z * z / count) * (share * (1 - share) / count + z * z / (4 * count * count)).squareRoot()
        // Of none and of all the interval ends there; a rounding would show beside it.
        let (low, high) = (share <= 0 ? 0 : middle - half, share >= 1 ? 1 : middle + half)
        func text(_ value: Double) -> String { AlertSentence.short(100 * value) }
        return "\(text(share)) % (\(text(low))–\(text(high)))"
    }

    private static func milliseconds(_ value: Double?) -> String {
        value.map { "\(AlertSentence.short($0)) ms" } ?? "–"
    }

    private static func name(_ version: String) -> String { version.isEmpty ? "not stated" : version }
}
