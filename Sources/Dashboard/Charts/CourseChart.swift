import EventStore
import Foundation

/// How a monitor's figure went from window to window, and where it alarms, as inline SVG.
struct CourseChart: Sendable {
    struct Point: Sendable {
        let value: Double
        let isAlarm: Bool
        let text: String
    }

    /// Oldest first; values that are not finite are left out.
    let points: [Point]
    let threshold: Double?
    let title: String
    /// Whether the points are joined, as those of a figure that goes on are.
    var isLine = true

    /// Nil when there is nothing to draw.
    var svg: String? {
        let points = points.filter(\.value.isFinite)
        guard let least = points.map(\.value).min(), let most = points.map(\.value).max() else { return nil }
        let limit = threshold.flatMap { $0.isFinite ? $0 : nil }
        let low = min(0, least, limit ?? least)
        let high = max(most, limit ?? most) * 1.12
        let span = high > low ? high - low : 1
        let (width, height, left, right) = (520.0, 190.0, 8.0, 74.0)
        func x(_ index: Int) -> Double {
            points.count == 1
                ? (width - right + left) / 2
                : left + 6 + (width - left - right - 12) * Double(index) / Double(points.count - 1)
        }
        func y(_ value: Double) -> Double { 12 + (height - 30) * (1 - (value - low) / span) }
        func place(_ value: Double) -> String { BarChart.tenths(value) }

        var svg = """
            <svg class="chart" viewBox="0 0 520 190" role="img" aria-label="\(HTMLText.escaped(title))">\
            <line class="axis" x1="\(left)" x2="\(width - right)" y1="\(place(y(low)))" y2="\(place(y(low)))"/>
            """
        if let limit {
            svg += """
                <line class="limit" x1="\(left)" x2="\(width - right)" y1="\(place(y(limit)))" y2="\(place(y(limit)))"/>\
                <text x="\(width - right + 8)" y="\(place(y(limit) + 4))">at \(AlertSentence.short(limit))</text>
                """
        }
        let line = points.enumerated().map { "\(place(x($0.offset))),\(place(y($0.element.value)))" }
        if isLine { svg += "<polyline class=\"line\" points=\"\(line.joined(separator: " "))\"/>" }
        let radius = points.count > 60 ? 2.5 : 4.5
        for (index, point) in points.enumerated() {
            // An alarm has a shape of its own: nobody needs to tell the colours apart.
            let (middle, level) = (x(index), y(point.value))
            let shape =
                point.isAlarm
                ? """
                <rect class="point alarm" x="\(place(middle - radius))" y="\(place(level - radius))" \
                width="\(place(2 * radius))" height="\(place(2 * radius))">
                """ : "<circle class=\"point\" cx=\"\(place(middle))\" cy=\"\(place(level))\" r=\"\(radius)\">"
            svg += shape + "<title>\(HTMLText.escaped(point.text))</title></\(point.isAlarm ? "rect" : "circle")>"
        }
        return svg + "</svg>"
    }

    /// How improbable: `−log10 p`, with the p-values that are written as 0 at the least that a `Double` tells apart.
    static func improbability(_ p: Double) -> Double { -log10(max(p, 1e-300)) }
}
