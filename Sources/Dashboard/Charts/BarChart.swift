/// Labelled bars from the left, the strongest in full colour, as inline SVG.
struct BarChart: Sendable {
    struct Bar: Sendable {
        let label: String
        /// 0 or more; NaN draws nothing.
        let value: Double
        let text: String
        let isStrong: Bool
    }

    let bars: [Bar]
    /// What a full bar stands for.
    let full: Double
    /// What the chart shows, for those who hear it.
    let title: String

    var svg: String {
        let (left, width, line) = (132, 230, 28)
        let height = max(1, bars.count) * line
        var svg = """
            <svg class="chart" viewBox="0 0 520 \(height)" role="img" aria-label="\(HTMLText.escaped(title))">
            """
        for (index, bar) in bars.enumerated() {
            let top = index * line
            let share = bar.value.isFinite && full > 0 ? min(1, max(0, bar.value / full)) : 0
            let strong = bar.isStrong ? " class=\"strong\"" : ""
            svg += """
                <g><title>\(HTMLText.escaped(bar.label)): \(HTMLText.escaped(bar.text))</title>\
                <text x="\(left - 12)" y="\(top + 18)" text-anchor="end"\(strong)>\(HTMLText.escaped(Self.clipped(bar.label)))</text>\
                <rect class="track" x="\(left)" y="\(top + 6)" width="\(width)" height="16" rx="4"/>\
                <rect class="bar\(bar.isStrong ? " top-one" : "")" x="\(left)" y="\(top + 6)" \
                width="\(Self.tenths(share * Double(width)))" height="16" rx="4"/>\
                <text x="\(left + width + 12)" y="\(top + 18)"\(strong)>\(HTMLText.escaped(bar.text))</text></g>
                """
        }
        return svg + "</svg>"
    }

    private static func clipped(_ label: String) -> String {
        label.count > 17 ? String(label.prefix(16)) + "…" : label
    }

    /// A coordinate with one decimal.
    static func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
