import CloudEvents
import Dashboard
import EventStore
import Testing

@Suite struct `Traffic on pages` {
    static let now = Timestamp(seconds: 1_800_000_123.5)

    @Test(arguments: TimeRange.allCases)
    func `a range is divided into whole steps, of which the last has begun`(range: TimeRange) {
        let step = range.step.components.seconds
        #expect(Int(step) * range.steps == range.seconds && (15...73).contains(range.steps))
        let unit = TrafficUnit(of: range.step)
        let start = range.start(before: Self.now)
        #expect(start == Timestamp(seconds: Double(unit.start(of: start))))
        let end = start + .seconds(range.seconds)
        #expect(end > Self.now && end - .seconds(Int(unit.seconds)) <= Self.now)
        // What is asked of a store is the same time: nothing is moved.
        #expect(TrafficQuery(since: start, step: range.step, count: range.steps).since == start)
    }

    /// One version's traffic in one step.
    static func step(_ version: String, index: Int, count: Int, failures: Int, milliseconds: Double) -> TrafficStep {
        var sums = TrafficSums()
        sums.exchanges = count
        sums.failures = failures
        sums.timed = count
        sums.milliseconds = milliseconds * Double(count)
        sums.slowest = milliseconds
        sums.served.exchanges = Double(count)
        sums.served.failures = Double(failures)
        sums.served.timed = Double(count)
        sums.served.milliseconds = milliseconds * Double(count)
        sums.latencies.add(milliseconds, weight: Double(count))
        return TrafficStep(namespace: "default", model: "m", version: version, index: index, sums: sums)
    }

    static func page(_ steps: [TrafficStep]) throws -> String {
        try Dashboard().page(
            ModelView(
                namespace: "default",
                model: "m",
                summaries: [],
                steps: steps,
                windows: [],
                rows: [],
                latest: [],
                alerts: [],
                range: .hour,
                end: now
            )
        )
    }

    @Test func `versions stand side by side, each with its share, its intervals and its latencies`() throws {
        let page = try Self.page([
            Self.step("1", index: 3, count: 60, failures: 0, milliseconds: 10),
            Self.step("2", index: 3, count: 40, failures: 3, milliseconds: 250),
        ])
        #expect(page.contains(">60 %<") && page.contains(">40 %<"))
        // Wilson's intervals of 0 of 60 and 3 of 40, by the formula in Python: 0 to 6.0171 %, 2.5835 to 19.8641 %.
        #expect(page.contains("0 % (0–6.02)") && page.contains("7.5 % (2.58–19.9)"))
        for title in ["Requests", "Latency, 95 % within", "Errors", "Outliers"] {
            #expect(page.contains("<h3>\(title)</h3>"), "\(title)")
        }
        #expect(page.contains("kind-0\" points") && page.contains("</svg>2</span>"))
        // 60 × 10 ms and 40 × 250 ms: the median is 10 ms and 95 % are within 250 ms, each to 2 %.
        let median = try #require(page.firstMatch(of: /Median ([0-9.]+) ms, 95 % within ([0-9.]+) ms/))
        let (half, most) = (try #require(Double(median.1)), try #require(Double(median.2)))
        #expect(abs(half - 10) <= 0.21 && abs(most - 250) <= 5.1)
    }

    @Test func `one version alone is compared with none`() throws {
        let page = try Self.page([Self.step("1", index: 3, count: 60, failures: 60, milliseconds: 10)])
        #expect(!page.contains("<h3>Errors</h3>"))
        #expect(page.contains("100 % (94–100)"))
    }
}
