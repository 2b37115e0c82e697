import JSON
import Statistics
import TestSupport
import Testing

@Suite struct `Length of blocks` {
    @Test func `equals arch's, of series that depend on their past and of some that do not`() throws {
        let cases = try #require(ReferenceValues.read("dependence")["lengths"]?.array)
        #expect(cases.count >= 20)
        for entry in cases {
            let series = (entry["series"]?.array ?? []).compactMap(\.double)
            let expected = try #require(entry["length"]?.double)
            let name = Comment(rawValue: entry["name"]?.string ?? "")
            #expect(isClose(BlockLength.circular(series), expected, relative: 1e-9), name)  // sums in another order
        }
    }

    @Test func `is 1 where there is nothing to go by`() {
        #expect(BlockLength.circular([]) == 1)
        #expect(BlockLength.circular([Double](repeating: 0.5, count: 9)) == 1)
        #expect(BlockLength.circular([Double](repeating: 3, count: 500)) == 1)
    }
}

@Suite struct `Smallest change that a test finds` {
    private static func entries(_ name: String) throws -> [JSONValue] {
        let entries = try #require(ReferenceValues.read("dependence")[name]?.array)
        #expect(!entries.isEmpty)
        return entries
    }

    private static func number(_ entry: JSONValue, _ name: String) -> Double {
        entry[name]?.double ?? entry[name]?.int.map(Double.init) ?? .nan
    }

    @Test func `rests on scipy's noncentral law and its quantiles`() throws {
        for entry in try Self.entries("noncentral") {
            let found = ChiSquared.survival(
                Self.number(entry, "x"),
                degreesOfFreedom: Self.number(entry, "df"),
                noncentrality: Self.number(entry, "nc")
            )
            // scipy's own sum of the far tail ends at 1e−14.
            #expect(isClose(found, Self.number(entry, "sf"), absolute: 1e-13, relative: 1e-9), "\(entry)")
        }
        for entry in try Self.entries("quantiles") {
            let found = ChiSquared.quantile(
                above: Self.number(entry, "level"),
                degreesOfFreedom: Self.number(entry, "df")
            )
            #expect(isClose(found, Self.number(entry, "x"), relative: 1e-10), "\(entry)")
        }
    }

    @Test func `is statsmodels' for shares of categories and for means, scipy's for counts`() throws {
        for entry in try Self.entries("shares") {
            let found = try #require(
                DetectableChange.totalVariation(
                    categories: Int(Self.number(entry, "categories")),
                    n: Int(Self.number(entry, "n")),
                    m: Int(Self.number(entry, "m")),
                    level: Self.number(entry, "level"),
                    power: 0.8
                )
            )
            // statsmodels seeks its root to about 1e−5.
            #expect(isClose(found, Self.number(entry, "total_variation"), relative: 2e-5), "\(found) \(entry)")
        }
        for entry in try Self.entries("means") {
            let found = DetectableChange.meanShift(
                n: Int(Self.number(entry, "n")),
                m: Int(Self.number(entry, "m")),
                level: Self.number(entry, "level"),
                power: 0.8
            )
            #expect(isClose(found, Self.number(entry, "shift"), relative: 2e-5), "\(found) \(entry)")
        }
        for entry in try Self.entries("binomials") {
            let found = try #require(
                DetectableChange.rate(
                    above: Self.number(entry, "baseline"),
                    trials: Int(Self.number(entry, "trials")),
                    level: Self.number(entry, "level"),
                    power: 0.8
                )
            )
            #expect(isClose(found, Self.number(entry, "rate"), relative: 1e-9), "\(found) \(entry)")
        }
    }

    @Test func `is found by Fisher's test as often as an enumeration of all tables says`() throws {
        for entry in try Self.entries("rates") {
            let (rate, other) = (Self.number(entry, "rate"), Self.number(entry, "other"))
            let found = try #require(
                DetectableChange.rateShift(
                    rate: rate,
                    n: Int(Self.number(entry, "n")),
                    m: Int(Self.number(entry, "m")),
                    level: Self.number(entry, "level") / 2,  // of a two-sided test, whose other side finds nothing
                    directions: other > rate ? .rise : .fall,
                    power: Self.number(entry, "power")
                )
            )
            // The formula is up to a twentieth too large, where a rate falls or is small, and hardly ever too small.
            let share = found / abs(other - rate)
            #expect(share > 0.985 && share < 1.05, "\(found) \(entry)")
        }
    }

    @Test func `grows with the power that is asked for and falls with the rows`() throws {
        func gap(_ n: Int, _ m: Int, _ power: Double) -> Double? {
            DetectableChange.gap(
                critical: 1.36 * (1 / Double(n) + 1 / Double(m)).squareRoot(),
                n: n,
                m: m,
                power: power
            )
        }
        let usual = try #require(gap(1_000, 200, 0.8))
        #expect(try #require(gap(1_000, 200, 0.9)) > usual && #require(gap(4_000, 800, 0.8)) < usual)
        // By hand: half of all windows show a gap whose place is on the critical one; the largest is found more often.
        #expect(isClose(try #require(gap(1_000, 200, 0.5)), 1.36 * (0.001 + 0.005).squareRoot(), relative: 1e-9))
        #expect(gap(20, 3, 0.999) == nil)
        #expect(DetectableChange.rateShift(rate: 0.5, n: 9, m: 3, level: 0.01, directions: .both, power: 0.8) == nil)
        #expect(DetectableChange.totalVariation(categories: 1, n: 9, m: 9, level: 0.05, power: 0.8) == nil)
    }

    @Test func `of a quadratic form solves its own equation`() throws {
        let (critical, spread) = (0.004, 0.0015)
        let u = try #require(DetectableChange.quadraticForm(critical: critical, spread: spread, power: 0.8))
        let deviation = (spread * spread + 2 * 2.0.squareRoot() * spread * u).squareRoot()
        #expect(isClose(Normal.cumulative((u - critical) / deviation), 0.8, absolute: 1e-12))
    }
}
