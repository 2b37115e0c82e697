import JSON
import Statistics
import TestSupport
import Testing

@Suite struct `Statistics of a sample` {
    static func reference(_ name: String) throws -> [Double] {
        try #require(ReferenceValues.read("samples")[name]?.array).compactMap(\.double)
    }

    @Test func `quantiles equal numpy's`() throws {
        let sample = try Self.reference("sample")
        let probabilities = try Self.reference("probabilities")
        for method in Quantiles.Method.allCases {
            let expected = try Self.reference(method.rawValue)
            let quantiles = try Quantiles.quantiles(sample, probabilities, method: method)
            #expect(areClose(quantiles, expected, relative: 1e-15), "\(method): \(quantiles), \(expected)")
        }
    }

    @Test func `quantiles of one value and of ties are those values`() throws {
        #expect(try Quantiles.quantile([3], 0.4) == 3)
        #expect(try Quantiles.quantile([2, 2, 2], 0.99, method: .higher) == 2)
        #expect(try Quantiles.median([1, 2, 3, 10]) == 2.5)
        #expect(throws: StatisticsError.self) { try Quantiles.median([]) }
        #expect(throws: StatisticsError.self) { try Quantiles.median([1, .nan]) }
        #expect(throws: StatisticsError.self) { try Quantiles.quantile([1], 1.01) }
    }

    @Test func `moments equal numpy's`() throws {
        let values = try ReferenceValues.read("samples")
        let sample = try Self.reference("sample")
        let moments = Moments(sample)
        #expect(isClose(moments.mean, try #require(values["mean"]?.double), relative: 1e-14))
        #expect(isClose(moments.variance, try #require(values["variance"]?.double), relative: 1e-13))
        #expect(
            isClose(moments.populationVariance, try #require(values["populationVariance"]?.double), relative: 1e-13)
        )
        #expect(moments.minimum == sample.min())
        #expect(moments.maximum == sample.max())
    }

    @Test func `moments of parts merge to those of the whole, far from zero too`() {
        var generator = SeededGenerator(seed: 3)
        let values = (0..<1_000).map { _ in 1e9 + generator.normal() }
        var merged = Moments(values[..<137])
        merged.merge(Moments())
        merged.merge(Moments(values[137...]))
        let whole = Moments(values)
        #expect(merged.count == 1_000)
        #expect(isClose(merged.mean, whole.mean, relative: 1e-15))
        #expect(isClose(merged.variance, whole.variance, relative: 1e-6))  // 1e9² leaves 1e−7 of the digits
        #expect(abs(whole.variance - 1) < 0.2)
    }

    @Test func `moments of nothing, one value and a constant are defined`() {
        #expect(Moments().count == 0)
        #expect(Moments().minimum == nil)
        #expect(Moments().populationVariance.isNaN)
        #expect(Moments([4]).populationVariance == 0)
        #expect(Moments([4]).variance.isNaN)
        #expect(Moments([4, 4, 4]).variance == 0)
        #expect(Moments([4, .nan]).mean.isNaN)
    }

    @Test func `corrections equal scipy's and the definition`() throws {
        let pValues = try Self.reference("pValues")
        let adjusted = MultipleTesting.benjaminiHochberg(pValues)
        #expect(areClose(adjusted, try Self.reference("benjaminiHochberg"), relative: 1e-14))
        for level in [0.01, 0.05, 0.2] {
            let threshold = MultipleTesting.benjaminiHochbergThreshold(pValues, level: level)
            let rejected = pValues.filter { p in threshold.map { p <= $0 } ?? false }
            #expect(rejected.count == adjusted.count { $0 <= level }, "at \(level)")
        }
        #expect(MultipleTesting.benjaminiHochberg([]) == [])
        #expect(MultipleTesting.bonferroni([0.01, 0.4, 0.9]) == [0.03, 1, 1])
        #expect(MultipleTesting.bonferroniLevel(0.05, count: 5) == 0.01)
    }

    @Test func `bootstrap intervals hold the true mean about as often as promised`() throws {
        var generator = SeededGenerator(seed: 4)
        var held = 0
        for _ in 0..<200 {
            let sample = (0..<60).map { _ in generator.normal() }
            let intervals = try Bootstrap.percentileIntervals(rows: 60, resamples: 300, using: &generator) { rows in
                [rows.reduce(0) { $0 + sample[$1] } / 60, .nan]
            }
            if try #require(intervals[0]).contains(0) { held += 1 }
            #expect(intervals[1] == nil)
        }
        #expect(held >= 175)  // 95 % promised; the percentile bootstrap of 60 rows gives about 93.5 %
        #expect(throws: StatisticsError.self) {
            try Bootstrap.percentileIntervals(rows: 0, using: &generator) { _ in [] }
        }
    }
}
