import EventStore
import TestSupport
import Testing

@Suite struct `Sketch of latencies` {
    /// Values as they come from services: near one another, over many magnitudes, in two clusters, one alone.
    static let streams: [(name: String, values: [Double])] = {
        var random = SplitMix(seed: 11)
        func uniform() -> Double { Double.random(in: 0..<1, using: &random) }
        return [
            ("uniform", (0..<5000).map { _ in 1 + 99 * uniform() }),
            ("over ten magnitudes", (0..<5000).map { _ in 1e-3 * pow10(10 * uniform()) }),
            ("two clusters", (0..<5000).map { $0 % 50 == 0 ? 900 + 200 * uniform() : 2 + uniform() }),
            ("one value", Array(repeating: 12.5, count: 100)),
            ("one alone", [0.25]),
        ]
    }()

    private static func pow10(_ exponent: Double) -> Double {
        var value = 1.0
        for _ in 0..<Int(exponent) { value *= 10 }
        let rest = exponent - exponent.rounded(.down)
        return value * (1 + 9 * rest)  // any spread will do
    }

    static func sketch(_ values: [Double]) -> LatencySketch {
        var sketch = LatencySketch()
        for value in values { sketch.add(value, weight: 1) }
        return sketch
    }

    @Test(arguments: streams)
    func `tells every quantile to 2 %`(name: String, values: [Double]) throws {
        let sketch = Self.sketch(values)
        let sorted = values.sorted()
        for part in [0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1] {
            // The smallest value that at least this part are no greater than.
            let truth = sorted[max(0, Int((part * Double(sorted.count)).rounded(.up)) - 1)]
            let told = try #require(sketch.quantile(part))
            // A value at the very bound of a bucket may fall to either side by rounding.
            #expect(abs(told - truth) <= 0.02 * truth * (1 + 1e-9), "\(name), \(part): \(told) for \(truth)")
        }
    }

    @Test func `sketches of parts add up to that of the whole, and what was added can be taken out`() throws {
        let values = Self.streams[1].values
        var sum = Self.sketch(Array(values.prefix(1234)))
        sum += Self.sketch(Array(values.dropFirst(1234)))
        #expect(sum == Self.sketch(values))
        for value in values.dropFirst(1234) { sum.add(value, weight: -1) }
        #expect(sum == Self.sketch(Array(values.prefix(1234))))
        for value in values.prefix(1234) { sum.add(value, weight: -1) }
        #expect(sum.isEmpty && sum.quantile(0.5) == nil)
    }

    @Test func `a value counts as often as it weighs, also by parts`() {
        var sketch = LatencySketch()
        sketch.add(1, weight: 2.5)
        sketch.add(100, weight: 1.5)
        #expect(sketch.quantile(0.6).map { $0 < 2 } == true)
        #expect(sketch.quantile(0.63).map { $0 > 90 } == true)
    }

    @Test func `is bounded, whatever comes`() {
        var sketch = LatencySketch()
        var value = 1e-300
        while value < 1e300 {
            sketch.add(value, weight: 1)
            value *= 1.01
        }
        for odd in [0, -5, Double.infinity, -Double.infinity, Double.leastNonzeroMagnitude] {
            sketch.add(odd, weight: 1)
        }
        #expect(sketch.bytes.count < 634 * 4)
        #expect(sketch.quantile(1).map { abs($0 - 1e8) <= 0.02 * 1e8 } == true)
        #expect(sketch.quantile(0).map { $0 <= 1e-3 } == true)
    }

    @Test(arguments: streams)
    func `comes back from its bytes`(name: String, values: [Double]) throws {
        let sketch = Self.sketch(values)
        #expect(try LatencySketch(bytes: sketch.bytes) == sketch, "\(name)")
    }

    @Test(
        arguments: [[], [2], [1, 0x80], [1, 5], [1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 1]]
            as [[UInt8]]
    )
    func `refuses bytes that are none`(bytes: [UInt8]) {
        let error = #expect(throws: EventStoreError.self) { try LatencySketch(bytes: bytes) }
        #expect(error?.code == .corrupt)
    }
}
