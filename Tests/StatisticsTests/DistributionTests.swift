import JSON
import Statistics
import TestSupport
import Testing

@Suite struct `Distributions beside scipy` {
    /// The rows of one table of references.
    static func rows(_ name: String) throws -> [[Double]] {
        let table = try #require(ReferenceValues.read("distributions")[name]?.array)
        return table.compactMap { $0.array?.compactMap(\.double) }
    }

    @Test func `normal`() throws {
        // In the tail e^(−z²/2) multiplies the rounding of z by z².
        for row in try Self.rows("normal") {
            #expect(isClose(Normal.cumulative(row[0]), row[1], relative: 1e-12), "cdf at \(row[0])")
            #expect(isClose(Normal.survival(row[0]), row[2], relative: 1e-12), "sf at \(row[0])")
        }
        for row in try Self.rows("normalQuantile") {
            #expect(isClose(Normal.quantile(row[0]), row[1], absolute: 1e-15, relative: 1e-14), "ppf of \(row[0])")
        }
        #expect(Normal.quantile(0) == -.infinity)
        #expect(Normal.quantile(1) == .infinity)
        #expect(Normal.quantile(1.5).isNaN)
    }

    @Test func `chi-squared`() throws {
        for row in try Self.rows("chiSquared") {
            let (cumulative, survival) = (
                ChiSquared.cumulative(row[0], degreesOfFreedom: row[1]),
                ChiSquared.survival(row[0], degreesOfFreedom: row[1])
            )
            #expect(isClose(cumulative, row[2], absolute: 1e-300, relative: 2e-12), "cdf \(row): \(cumulative)")
            #expect(isClose(survival, row[3], absolute: 1e-300, relative: 2e-12), "sf \(row): \(survival)")
        }
    }

    @Test func `beta`() throws {
        for row in try Self.rows("beta") {
            let (cumulative, survival) = (
                Beta.cumulative(row[0], row[1], row[2]), Beta.survival(row[0], row[1], row[2])
            )
            #expect(isClose(cumulative, row[3], absolute: 1e-300, relative: 5e-12), "cdf \(row): \(cumulative)")
            #expect(isClose(survival, row[4], absolute: 1e-300, relative: 5e-12), "sf \(row): \(survival)")
        }
        for row in try Self.rows("betaQuantile") {
            let quantile = Beta.quantile(row[0], row[1], row[2])
            #expect(isClose(quantile, row[3], relative: 1e-11), "ppf \(row): \(quantile)")
        }
    }

    @Test func `binomial`() throws {
        for row in try Self.rows("binomial") {
            let (k, n, p) = (Int(row[0]), Int(row[1]), row[2])
            #expect(
                isClose(Binomial.mass(k, trials: n, probability: p), row[3], absolute: 1e-300, relative: 5e-12),
                "\(row)"
            )
            #expect(
                isClose(Binomial.cumulative(k, trials: n, probability: p), row[4], absolute: 1e-300, relative: 5e-12)
            )
            #expect(isClose(Binomial.survival(k, trials: n, probability: p), row[5], absolute: 1e-300, relative: 5e-12))
        }
        for row in try Self.rows("binomialQuantile") {
            #expect(try Binomial.quantile(row[0], trials: Int(row[1]), probability: row[2]) == Int(row[3]), "\(row)")
        }
        #expect(try Binomial.quantile(0.5, trials: 0, probability: 0.5) == 0)
        #expect(throws: StatisticsError.self) { try Binomial.quantile(.nan, trials: 3, probability: 0.5) }
    }
}
