/// One figure over equal steps of time as inline SVG: small beside its name, or large with its greatest value.
///
/// A step without a value leaves a gap; nothing is drawn between what was not measured.
struct TimeChart: Sendable {
    /// Oldest first.
    let values: [Double?]
    /// Further lines on the same scale, each with a name; drawn in broken lines of its own kind.
    var others: [(name: String, values: [Double?])] = []
    /// The name of the first, where there are others.
    var name: String?
    /// Drawn as a broken line, such as a threshold.
    var limit: Double?
    /// What the chart shows, for those who hear it.
    let title: String
    /// With the unit, for the greatest value.
    var text: @Sendable (Double) -> String = { _ in "" }

    /// 120 by 28, without words inside.
    var small: String { drawn(width: 120, height: 28, right: 2, top: 3, isLarge: false) }

    /// 520 by 150, with the greatest value and zero at its right.
    var large: String { drawn(width: 520, height: 150, right: 92, top: 12, isLarge: true) }

    private func drawn(width: Double, height: Double, right: Double, top: Double, isLarge: Bool) -> String {
        let finite = ([values] + others.map(\.values)).joined().compactMap { $0 }.filter(\.isFinite)
        let most = max(finite.max() ?? 0, limit ?? 0)
        let full = most > 0 ? most : 1
        let bottom = height - 4
        func x(_ index: Int) -> Double {
            2 + (width - right - 4) * (values.count > 1 ? Double(index) / Double(values.count - 1) : 0.5)
        }
        func y(_ value: Double) -> Double { bottom - (bottom - top) * max(0, value) / full }
        func place(_ value: Double) -> String { BarChart.tenths(value) }
        var svg = """
            <svg class="\(isLarge ? "chart" : "spark")" viewBox="0 0 \(Int(width)) \(Int(height))" role="img" \
            aria-label="\(HTMLText.escaped(title))">\
            <line class="axis" x1="2" x2="\(place(width - right))" y1="\(place(bottom))" y2="\(place(bottom))"/>
            """
        if let limit {
            svg += """
                <line class="limit" x1="2" x2="\(place(width - right))" y1="\(place(y(limit)))" y2="\(place(y(limit)))"/>
                """
        }
        for (number, values) in ([values] + others.map(\.values)).enumerated() {
            for run in Self.runs(values) {
                if run.count == 1, let index = run.first, let value = values[index] {
                    svg += "<circle class=\"point\" cx=\"\(place(x(index)))\" cy=\"\(place(y(value)))\" r=\"2.5\"/>"
                } else {
                    let points = run.compactMap { index in values[index].map { "\(place(x(index))),\(place(y($0)))" } }
                    svg += "<polyline class=\"line kind-\(number)\" points=\"\(points.joined(separator: " "))\"/>"
                }
            }
        }
        if isLarge, !finite.isEmpty {
            let edge = place(width - right + 8)
            svg += """
                <text x="\(edge)" y="\(place(y(most) + 4))">\(HTMLText.escaped(text(most)))</text>\
                <text x="\(edge)" y="\(place(bottom + 3))">0</text>
                """
        }
        return svg + "</svg>"
    }

    /// What each line is, with a piece of it; nothing where there is one alone.
    var legend: [Legend] {
        guard let name, !others.isEmpty else { return [] }
        return ([name] + others.map(\.name)).enumerated().map { number, name in
            Legend(
                name: name,
                svg: """
                    <svg class="key" viewBox="0 0 28 8" aria-hidden="true">\
                    <polyline class="line kind-\(number)" points="0,4 28,4"/></svg>
                    """
            )
        }
    }

    /// Stretches of steps that have values.
    private static func runs(_ values: [Double?]) -> [[Int]] {
        var runs: [[Int]] = []
        for index in values.indices where values[index]?.isFinite == true {
            if let last = runs.last?.last, last == index - 1 {
                runs[runs.count - 1].append(index)
            } else {
                runs.append([index])
            }
        }
        return runs
    }
}

/// What one of several lines is.
struct Legend: Sendable {
    let name: String
    let svg: String
}
