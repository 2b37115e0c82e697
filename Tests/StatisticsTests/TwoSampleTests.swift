import JSON
import Statistics
import TestSupport
import Testing

@Suite struct `Two-sample tests` {
    static func cases() throws -> [JSONValue] {
        let cases = try #require(ReferenceValues.read("two-samples")["cases"]?.array)
        #expect(cases.count >= 30)
        return cases
    }

    static func numbers(_ json: JSONValue?) -> [Double] {
        (json?.array ?? []).compactMap { $0.double ?? $0.int.map(Double.init) }
    }

    @Test func `Cramér–von Mises equals scipy, exact and asymptotic`() throws {
        for entry in try Self.cases() {
            let (a, b) = (Self.numbers(entry["reference"]), Self.numbers(entry["test"]))
            let name = Comment(rawValue: entry["name"]?.string ?? "")
            for method in [CramerVonMises.Method.auto, .asymptotic, .exact] {
                let key = method == .asymptotic ? "asymptotic" : method.rawValue
                guard let expected = entry["cvm \(key)"] else { continue }
                let values = Self.numbers(expected)
                let found = try CramerVonMises.test(reference: a, test: b, method: method)
                // The criterion is a difference of two numbers of the size of n + m.
                #expect(isClose(found.statistic, values[0], absolute: 1e-12, relative: 1e-12), name)
                if found.method == .exact {
                    #expect(isClose(found.pValue, values[1], relative: 1e-12), name)  // whole counts, one division
                } else {
                    // scipy's are one minus a sum of Bessel functions, cut off at 1e−7 of it.
                    #expect(isClose(found.pValue, values[1], absolute: 1e-8), "\(name) \(found.pValue) \(values[1])")
                }
            }
        }
    }

    @Test func `tails of the limits equal those by 30 digits`() throws {
        let limits = try #require(ReferenceValues.read("two-samples")["limits"])
        for row in try #require(limits["cramerVonMises"]?.array) {
            let (x, p) = (Self.numbers(row)[0], Self.numbers(row)[1])
            #expect(isClose(QuadraticFormTail.cramerVonMises(x), p, relative: 1e-11), "\(x)")
        }
        for row in try #require(limits["andersonDarling"]?.array) {
            let (x, p) = (Self.numbers(row)[0], Self.numbers(row)[1])
            #expect(isClose(QuadraticFormTail.andersonDarling(x), p, relative: 1e-11), "\(x)")
        }
        // Tables of Anderson and Darling (1952, 1954): 5 % points.
        #expect(isClose(QuadraticFormTail.cramerVonMises(0.46136), 0.05, absolute: 1e-6))
        #expect(isClose(QuadraticFormTail.andersonDarling(2.492), 0.05, absolute: 5e-5))
    }

    @Test func `Mann–Whitney equals scipy, exact and asymptotic, for each alternative`() throws {
        for entry in try Self.cases() {
            let (a, b) = (Self.numbers(entry["reference"]), Self.numbers(entry["test"]))
            for alternative in MannWhitney.Alternative.allCases {
                for method in [MannWhitney.Method.auto, .asymptotic, .exact] {
                    let key = method == .asymptotic ? "asymptotic" : method.rawValue
                    guard let expected = entry["mann-whitney \(alternative.rawValue) \(key)"] else { continue }
                    let values = Self.numbers(expected)
                    let found = try MannWhitney.test(reference: a, test: b, alternative: alternative, method: method)
                    let name = Comment(rawValue: "\(entry["name"]?.string ?? "") \(alternative) \(key)")
                    #expect(found.statistic == values[0], name)
                    // What cannot be counted in 127 bits is answered by the limit, and says so.
                    if method == .exact, found.method == .asymptotic { continue }
                    #expect(isClose(found.pValue, values[1], absolute: 1e-300, relative: 1e-9), name)
                }
            }
        }
    }

    @Test func `Anderson–Darling's statistic equals scipy's, and its p-value is never clipped`() throws {
        var smallest = 1.0
        var largest = 0.0
        for entry in try Self.cases() {
            let (a, b) = (Self.numbers(entry["reference"]), Self.numbers(entry["test"]))
            let found = try AndersonDarling.test(reference: a, test: b)
            let expected = try #require(entry["anderson"]?.double)
            #expect(
                isClose(found.statistic, expected, absolute: 1e-11, relative: 1e-10),
                "\(entry["name"]?.string ?? ""): \(found.statistic) and \(expected)"
            )
            smallest = min(smallest, found.pValue)
            largest = max(largest, found.pValue)
        }
        #expect(smallest < 1e-20 && smallest > 0 && largest > 0.5)
        let equal = try AndersonDarling.test(reference: [3, 3, 3], test: [3, 3])
        #expect(equal.statistic == 0 && equal.pValue == 1)
    }

    @Test func `Epps–Singleton equals scipy`() throws {
        var compared = 0
        for entry in try Self.cases() where entry["epps-singleton"] != nil {
            let expected = Self.numbers(entry["epps-singleton"])
            guard expected.count == 2, expected[0].isFinite else { continue }  // scipy's scale is 0 there
            let found = try EppsSingleton.test(
                reference: Self.numbers(entry["reference"]),
                test: Self.numbers(entry["test"])
            )
            guard !found.isScaledByDeviation else { continue }
            compared += 1
            // The inverse of a covariance whose condition is up to 1e5.
            #expect(
                isClose(found.statistic, expected[0], absolute: 1e-9, relative: 1e-8),
                "\(entry["name"]?.string ?? "")"
            )
            #expect(
                isClose(found.pValue, expected[1], absolute: 1e-300, relative: 1e-6),
                "\(entry["name"]?.string ?? "")"
            )
        }
        #expect(compared >= 25)
        let constant = try EppsSingleton.test(reference: [1, 1, 1, 1, 1], test: [1, 1, 1, 1, 1, 1])
        #expect(constant.pValue == 1)
        let mostly = try EppsSingleton.test(
            reference: [Double](repeating: 0, count: 40) + [1],
            test: [Double](repeating: 0, count: 30) + [1, 1, 1, 2, 5, 6]
        )
        #expect(mostly.isScaledByDeviation && mostly.pValue < 1)
        #expect(throws: StatisticsError.self) {
            try EppsSingleton.test(reference: [1, 2, 3, 4], test: [1, 2, 3, 4, 5])
        }
    }

    @Test func `distances of numbers equal scipy's`() throws {
        for entry in try Self.cases() {
            let (a, b) = (Self.numbers(entry["reference"]), Self.numbers(entry["test"]))
            for distance in OrderedDistance.allCases {
                let expected = try #require(entry[distance.rawValue]?.double)
                // The root of a sum in another order.
                #expect(isClose(try distance.between(a, b), expected, absolute: 1e-12, relative: 1e-9))
            }
        }
    }

    @Test func `the exact law of Mann and Whitney adds up and is symmetric, also where counts pass 64 bits`() throws {
        for (n, m) in [(1, 1), (2, 7), (8, 8), (60, 60), (8, 10_000)] {
            let product = n * m
            #expect(MannWhitneyCounts.survival(0, n, m) == 1)
            for u in [1, product / 3, product / 2, product] where u > 0 {
                let above = try #require(MannWhitneyCounts.survival(u, n, m))
                let below = try #require(MannWhitneyCounts.survival(product - u + 1, n, m))
                #expect(isClose(above + below, 1, absolute: 1e-12), "\(n) \(m) \(u)")
            }
        }
        #expect(MannWhitneyCounts.survival(1, 5_000, 5_000) == nil)
    }

    @Test func `samples without values, with NaN or infinities are refused`() {
        for bad in [[], [1, .nan], [.infinity]] as [[Double]] {
            #expect(throws: StatisticsError.self) { try CramerVonMises.test(reference: bad, test: [1]) }
            #expect(throws: StatisticsError.self) { try AndersonDarling.test(reference: [1], test: bad) }
            #expect(throws: StatisticsError.self) { try MannWhitney.test(reference: bad, test: [1]) }
            #expect(throws: StatisticsError.self) { try OrderedDistance.energy.between([1], bad) }
        }
    }

    @Test func `one value against one says nothing`() throws {
        #expect(try CramerVonMises.test(reference: [1], test: [2]).pValue == 1)
        #expect(try CramerVonMises.test(reference: [1], test: [2], method: .asymptotic).pValue == 1)
        #expect(try MannWhitney.test(reference: [1], test: [2]).pValue == 1)
        #expect(try AndersonDarling.test(reference: [1], test: [2]).pValue == 1)
    }
}

@Suite struct `Tables of two rows` {
    @Test func `chi-squared, G and distances equal scipy`() throws {
        let cases = try #require(ReferenceValues.read("two-samples")["tables"]?.array)
        #expect(cases.count >= 12)
        for entry in cases {
            let counts = ["reference", "test"].map { (entry[$0]?.array ?? []).compactMap(\.int) }
            let table = try TwoRowTable(reference: counts[0], test: counts[1])
            for yates in [true, false] {
                let suffix = yates ? "yates" : "plain"
                let chi = `Two-sample tests`.numbers(entry["chi2 \(suffix)"])
                let found = table.chiSquared(yates: yates)
                #expect(isClose(found.statistic, chi[0], absolute: 1e-12, relative: 1e-11), "\(counts)")
                #expect(isClose(found.pValue, chi[1], relative: 1e-9), "\(counts)")
                let g = `Two-sample tests`.numbers(entry["g \(suffix)"])
                let ratio = table.likelihoodRatio(yates: yates)
                #expect(isClose(ratio.statistic, g[0], absolute: 1e-10, relative: 1e-9), "\(counts)")
                #expect(isClose(ratio.pValue, g[1], absolute: 1e-12, relative: 1e-8), "\(counts)")
            }
            for distance in CategoryDistance.allCases {
                let expected = try #require(entry[distance.rawValue]?.double)
                let found = distance.between(counts[0].map(Double.init), counts[1].map(Double.init))
                #expect(isClose(found, expected, absolute: 1e-8, relative: 1e-9), "\(distance) \(counts)")
            }
        }
    }

    @Test func `Fisher's exact test equals scipy, for each alternative`() throws {
        let cases = try #require(ReferenceValues.read("two-samples")["fisher"]?.array)
        #expect(cases.count >= 10)
        for entry in cases {
            let table = (entry["table"]?.array ?? []).compactMap(\.int)
            for alternative in FisherExact.Alternative.allCases {
                let p = FisherExact.pValue(
                    successes: (table[0], table[2]),
                    failures: (table[1], table[3]),
                    alternative: alternative
                )
                #expect(isClose(p, try #require(entry[alternative.rawValue]?.double), relative: 1e-9), "\(table)")
            }
        }
    }

    @Test func `a drop counts as a rise does`() {  // Elsewhere: one-sided by default, a drop in rate was never seen
        let rise = FisherExact.pValue(successes: (40, 10), failures: (60, 90))
        let drop = FisherExact.pValue(successes: (10, 40), failures: (90, 60))
        #expect(isClose(rise, drop, relative: 1e-12))
        #expect(rise < 1e-5)
    }

    @Test func `tables that cannot be are refused`() {
        #expect(throws: StatisticsError.self) { try TwoRowTable(reference: [1, 2], test: [3]) }
        #expect(throws: StatisticsError.self) { try TwoRowTable(reference: [0, 0], test: [3, 1]) }
        #expect(throws: StatisticsError.self) { try TwoRowTable(reference: [3, -1], test: [3, 1]) }
    }

    @Test func `corrections equal statsmodels'`() throws {
        let values = try #require(ReferenceValues.read("two-samples")["corrections"])
        let p = `Two-sample tests`.numbers(values["pValues"])
        #expect(p.count == 18)
        for (name, found) in [
            ("bonferroni", MultipleTesting.bonferroni(p)), ("holm", MultipleTesting.holm(p)),
            ("bh", MultipleTesting.benjaminiHochberg(p)), ("by", MultipleTesting.benjaminiYekutieli(p)),
        ] {
            #expect(areClose(found, `Two-sample tests`.numbers(values[name]), relative: 1e-13), "\(name)")
        }
    }
}
