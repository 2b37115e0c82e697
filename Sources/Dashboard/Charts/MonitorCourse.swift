import CloudEvents
import EventStore

/// A monitor's figure from window to window, against what it alarms at.
enum MonitorCourse {
    /// - Parameters:
    ///   - verdicts: About windows, oldest first.
    ///   - level: What the figures were held against; the latest verdict's own where nil.
    /// - Returns: Nil for fewer than two windows with a figure.
    static func drawing(_ verdicts: [StoredEvent], level: Double?, title: String) -> Drawing? {
        let readings = verdicts.compactMap { event in event.record.verdict.map { (event, $0) } }
        let limit = level ?? readings.last.flatMap { Self.level(of: $0.1) }
        // Where every verdict has a p-value that is what the threshold is for; else it is the statistic.
        let byP = !readings.isEmpty && readings.allSatisfy { $0.1.pValue != nil } && (limit ?? 0) < 1
        let points = readings.compactMap { event, reading -> CourseChart.Point? in
            guard let figure = byP ? reading.pValue : reading.statistic else { return nil }
            return CourseChart.Point(
                value: byP ? CourseChart.improbability(figure) : figure,
                isAlarm: reading.status == .alarm,
                text: "\(event.record.time.shown) UTC: \(byP ? "p " : "")\(AlertSentence.short(figure))"
            )
        }
        let threshold = limit.map { byP ? CourseChart.improbability($0) : $0 }
        guard points.count > 1, let svg = CourseChart(points: points, threshold: threshold, title: title).svg else {
            return nil
        }
        return Drawing(
            title: title,
            svg: svg,
            note: byP
                ? "How improbable each window was, −log₁₀ p. Squares alarmed." : "The statistic. Squares alarmed."
        )
    }

    /// How strong a window verdict is: 1 where it alarms; nil where it has nothing to be held against.
    static func strength(_ reading: VerdictReading) -> Double? {
        guard let level = level(of: reading), level > 0 else { return nil }
        if let p = reading.pValue, level < 1 {
            return CourseChart.improbability(p) / CourseChart.improbability(level)
        }
        return reading.statistic.map { $0 / level }
    }

    private static func level(of reading: VerdictReading) -> Double? {
        reading.pValue == nil ? reading.threshold : reading.alarmLevel ?? reading.threshold
    }

    /// The features of one verdict, the strongest first.
    static func features(_ features: [Alert.Feature], title: String) -> Drawing? {
        let measured = features.prefix(10).compactMap { feature -> (Alert.Feature, Double)? in
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
            title: title,
            svg: chart.svg,
            note: features.count > 10 ? "The 10 strongest of \(features.count)." : "The strongest first."
        )
    }
}
