import Methods
import Monitoring
import Statistics
import Testing

@Suite struct `Share of flagged rows` {
    // Binomial: scipy 1.17.1, binom.sf(flagged - 1, count, rate). Beta-binomial: mpmath with 40 digits, the sum over j from
    // flagged to count of binomial(count, j) beta(j + r, count - j + n + 1 - r) / beta(r, n + 1 - r), r = rate (n + 1);
    // scipy's own betabinom.sf is 1 less the distribution function and off by 1e-13.
    static let references: [(flagged: Int, count: Int, rate: Double, calibration: Int?, expected: Double)] = [
        (5, 200, 0.01, nil, 0.05174626363078591),
        (12, 200, 0.01, nil, 1.0788252295397795e-06),
        (200, 200, 0.5, nil, 6.223015277861142e-61),
        (1, 100, 0.05, nil, 0.994079470779666),
        (5, 200, 0.01, 199, 0.108777188003967129),
        (12, 200, 0.01, 199, 0.00152275469439419337),
        (40, 200, 0.05, 299, 8.80458894130688117e-8),
        (60, 200, 0.05, 99, 1.93623096561722796e-8),
    ]

    @Test(arguments: references)
    func `has the tail probability of its law`(
        flagged: Int,
        count: Int,
        rate: Double,
        calibration: Int?,
        expected: Double
    ) {
        let pValue = FlaggedShare(rate: rate, calibrationCount: calibration).pValue(flagged: flagged, of: count)
        // Each term loses about 1e-12 to the difference of two log gammas of size up to 1,000.
        #expect(abs(pValue - expected) <= 1e-10 * expected)
    }

    @Test func `is certain of nothing flagged and of no rows`() {
        let share = FlaggedShare(rate: 0.05, calibrationCount: 100)
        #expect(share.pValue(flagged: 0, of: 200) == 1)
        #expect(share.pValue(flagged: 0, of: 0) == 1)
        #expect(share.test([]).isDrift == false)
    }

    @Test func `says how much more is flagged than was promised, with an interval around it`() {
        let result = FlaggedShare(rate: 0.01, calibrationCount: nil).test((0..<200).map { $0 % 10 == 0 ? 1 : 0 })
        #expect(result.isDrift)
        #expect(abs(result.effect.value - 0.09) < 1e-12)
        #expect(
            result.effect.low > 0 && result.effect.low < result.effect.value && result.effect.high > result.effect.value
        )
        // scipy 1.17.1: binomtest(20, 200).proportion_ci(method="wilson")
        #expect(abs(result.effect.low - (0.06567044866909588 - 0.01)) < 1e-12)
        #expect(abs(result.effect.high - (0.1494058124327174 - 0.01)) < 1e-12)
    }

    @Test func `keeps its level whatever the calibration rows happened to be`() {
        // 20,000 calibrations of 99 rows and windows of 100 fresh ones, scores uniform: at level 0.01 the alarms are at
        // most 200 and four standard deviations (56). The binomial law, which takes the rate as exact, cries far more.
        var generator = SeededGenerator(seed: 5)
        let honest = FlaggedShare(rate: 0.05, calibrationCount: 99)
        let naive = FlaggedShare(rate: 0.05, calibrationCount: nil)
        var honestAlarms = 0, naiveAlarms = 0
        for _ in 0..<20_000 {
            let calibration = (0..<99).map { _ in generator.uniform() }.sorted(by: >)
            let threshold = calibration[4]  // r = 5: conformal p ≤ 0.05 says fewer than 5 calibration scores reach it
            let flagged = (0..<100).reduce(into: 0) { count, _ in if generator.uniform() > threshold { count += 1 } }
            if honest.pValue(flagged: flagged, of: 100) <= 0.01 { honestAlarms += 1 }
            if naive.pValue(flagged: flagged, of: 100) <= 0.01 { naiveAlarms += 1 }
        }
        #expect(honestAlarms <= 256)
        #expect(honestAlarms > 20, "a test that never fires keeps every level")
        #expect(naiveAlarms > 2 * 256)
    }
}
