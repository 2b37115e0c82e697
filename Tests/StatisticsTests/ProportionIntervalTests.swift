import JSON
import Statistics
import TestSupport
import Testing

@Suite struct `Intervals of a proportion` {
    @Test func `equal scipy's`() throws {
        let cases = try #require(ReferenceValues.read("intervals")["cases"]?.array)
        for row in cases.compactMap({ $0.array?.compactMap(\.double) }) {
            let (k, n) = (Int(row[0]), Int(row[1]))
            let wilson = try ProportionInterval.wilson(successes: k, trials: n, confidence: row[2])
            let exact = try ProportionInterval.clopperPearson(successes: k, trials: n, confidence: row[2])
            let bounds = [wilson.lowerBound, wilson.upperBound, exact.lowerBound, exact.upperBound]
            // scipy finds the exact bounds by root finding to about 1e−12.
            #expect(areClose(bounds, Array(row[3...]), absolute: 1e-12, relative: 1e-9), "\(row): \(bounds)")
        }
    }

    @Test func `holds the true share as often as promised`() throws {
        var generator = SeededGenerator(seed: 5)
        var held = (wilson: 0, exact: 0)
        for _ in 0..<2_000 {
            let successes = (0..<40).count { _ in generator.uniform() < 0.13 }
            if try ProportionInterval.wilson(successes: successes, trials: 40).contains(0.13) { held.wilson += 1 }
            if try ProportionInterval.clopperPearson(successes: successes, trials: 40).contains(0.13) {
                held.exact += 1
            }
        }
        #expect(held.exact >= 1_900)
        #expect(held.wilson >= 1_850)
        #expect(held.wilson <= held.exact)
    }

    @Test func `refuses what is no proportion`() {
        #expect(throws: StatisticsError.self) { try ProportionInterval.wilson(successes: 0, trials: 0) }
        #expect(throws: StatisticsError.self) { try ProportionInterval.wilson(successes: 5, trials: 4) }
        #expect(throws: StatisticsError.self) {
            try ProportionInterval.clopperPearson(successes: 1, trials: 4, confidence: .nan)
        }
    }
}
