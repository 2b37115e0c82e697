import JSON
import Statistics
import TestSupport
import Testing

@Suite struct `Kolmogorov-Smirnov test` {
    static let byHand: [(reference: [Double], test: [Double], expected: Double, provenance: String)] = [
        ([1, 2, 3, 4], [3, 4, 5, 6], 0.5, "by hand: just after x = 2 the functions are 2/4 and 0/4"),
        ([1, 1, 2], [1, 2, 2], 1.0 / 3.0, "by hand, with ties: just after x = 1 they are 2/3 and 1/3"),
        ([5, 5, 5], [5], 0, "by hand: both jump to 1 at 5"),
        ([0], [1], 1, "by hand: nothing overlaps"),
    ]

    @Test(arguments: byHand)
    func `statistic equals the value by hand`(
        reference: [Double],
        test: [Double],
        expected: Double,
        provenance: String
    ) throws {
        let d = try KolmogorovSmirnov.statistic(reference: reference, test: test)
        #expect(abs(d - expected) <= 4 * expected.ulp, "\(provenance)")  // two divisions and one difference
    }

    @Test func `equals scipy for exact and asymptotic p-values`() throws {
        let cases = try #require(ReferenceValues.read("kolmogorov-smirnov")["cases"]?.array)
        #expect(cases.count >= 15)
        for entry in cases {
            let n = try #require(entry["n"]?.int)
            let m = try #require(entry["m"]?.int)
            let statistic = try #require(entry["statistic"]?.double)
            let reference = try #require(entry["reference"]?.array).compactMap(\.double)
            let test = try #require(entry["test"]?.array).compactMap(\.double)
            if !reference.isEmpty {
                let d = try KolmogorovSmirnov.statistic(reference: reference, test: test)
                #expect(d == statistic, "n \(n), m \(m)")  // the same divisions in the same precision
            }
            // scipy counts paths in double where it can and sums alternating terms: about 1e−11 of its own.
            for (method, key) in [(KolmogorovSmirnov.Method.exact, "exact"), (.asymptotic, "asymp")] {
                let expected = try #require(entry[key]?.double)
                let result = KolmogorovSmirnov.pValue(
                    statistic: statistic,
                    referenceCount: n,
                    testCount: m,
                    method: method
                )
                #expect(result.method == method)
                #expect(
                    isClose(result.pValue, expected, absolute: 1e-14, relative: 1e-9),
                    "\(key), n \(n), m \(m): \(result.pValue) and \(expected)"
                )
            }
        }
    }

    @Test func `one-sample law equals scipy's kstwo in every region`() throws {
        let law = try #require(ReferenceValues.read("kolmogorov-smirnov")["law"]?.array)
        #expect(law.count > 200)
        for row in law.compactMap({ $0.array?.compactMap(\.double) }) {
            let p = KolmogorovDistribution.survival(row[1], count: Int(row[0]))
            #expect(
                isClose(p, row[2], absolute: 1e-13, relative: 1e-9),
                "n \(row[0]), d \(row[1]): \(p) and \(row[2])"
            )
        }
    }

    @Test func `choice between exact and asymptotic is scipy's`() {
        #expect(KolmogorovSmirnov.pValue(statistic: 0.1, referenceCount: 10_000, testCount: 5).method == .exact)
        #expect(KolmogorovSmirnov.pValue(statistic: 0.1, referenceCount: 10_001, testCount: 5).method == .asymptotic)
        let uncountable = KolmogorovSmirnov.pValue(
            statistic: 0.1,
            referenceCount: 1_000_003,
            testCount: 999_983,
            method: .exact
        )
        #expect(uncountable.method == .asymptotic)
    }

    @Test func `does not depend on the order of rows or on which sample is which`() throws {
        var generator = SeededGenerator(seed: 1)
        let a = (0..<80).map { _ in generator.normal() }
        let b = (0..<33).map { _ in generator.normal() + 0.4 }
        let result = try KolmogorovSmirnov.test(reference: a, test: b)
        #expect(try KolmogorovSmirnov.test(reference: a.reversed(), test: b.sorted()) == result)
        let turned = try KolmogorovSmirnov.test(reference: b, test: a)
        #expect(turned.statistic == result.statistic)
        #expect(isClose(turned.pValue, result.pValue, relative: 1e-12))
        #expect(try KolmogorovSmirnov.test(reference: a, test: a).statistic == 0)
        #expect(try KolmogorovSmirnov.test(reference: a, test: a).pValue == 1)
    }

    @Test func `keeps its promise when nothing drifts and speaks when something does`() throws {
        var generator = SeededGenerator(seed: 2)
        let reference = (0..<500).map { _ in generator.normal() }
        var falseAlarms = 0
        for _ in 0..<1_000 {
            let own = (0..<500).map { _ in generator.normal() }
            let window = (0..<100).map { _ in generator.normal() }
            if try KolmogorovSmirnov.test(reference: own, test: window).pValue <= 0.05 { falseAlarms += 1 }
        }
        // At most 5 % by design (the statistic is discrete); 99.99 % quantile of Binomial(1000, 0.05).
        #expect(falseAlarms <= (try Binomial.quantile(0.9999, trials: 1_000, probability: 0.05)))
        #expect(falseAlarms > 20)
        let shifted = (0..<100).map { _ in generator.normal() + 0.8 }
        #expect(try KolmogorovSmirnov.test(reference: reference, test: shifted).pValue < 1e-6)
    }

    @Test func `refuses an empty sample and a missing value, and says what to do`() throws {
        let empty = try #require(throws: StatisticsError.self) {
            try KolmogorovSmirnov.statistic(reference: [], test: [1])
        }
        #expect(empty.code == .emptySample)
        #expect(!empty.remedy.isEmpty)
        let missing = try #require(throws: StatisticsError.self) {
            try KolmogorovSmirnov.statistic(reference: [1], test: [0, .nan])
        }
        #expect(missing.code == .nonFiniteValue)
        #expect(missing.message == "the test sample holds nan at index 1")
    }
}
