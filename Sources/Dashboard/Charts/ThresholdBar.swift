/// A score and the threshold that it is held against, on one line, as inline SVG.
struct ThresholdBar: Sendable {
    let score: Double
    let threshold: Double

    /// Nil when the two cannot be drawn on one line.
    var svg: String? {
        guard score.isFinite, threshold.isFinite, threshold > 0, score >= 0 else { return nil }
        let full = max(score, threshold) * 1.15
        let width = BarChart.tenths(300 * score / full)
        let mark = BarChart.tenths(300 * threshold / full)
        return """
            <svg class="chart" viewBox="0 0 520 30" role="img" aria-label="score against threshold">\
            <rect class="track" x="0" y="10" width="300" height="12" rx="4"/>\
            <rect class="bar\(score > threshold ? " top-one" : "")" x="0" y="10" width="\(width)" height="12" rx="4"/>\
            <line class="tick" x1="\(mark)" x2="\(mark)" y1="5" y2="27"/>\
            <text x="312" y="21">the mark is the threshold</text></svg>
            """
    }
}
