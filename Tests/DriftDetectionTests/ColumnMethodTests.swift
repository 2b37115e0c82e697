import DriftDetection
import Methods
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `Tests of each column` {
    static let names = [
        "KSDrift", "CVMDrift", "AndersonDarlingDrift", "MannWhitneyDrift", "EppsSingletonDrift", "TabularDrift",
        "ChiSquareDrift", "GTestDrift", "FETDrift", "PSIDrift", "JensenShannonDrift", "HellingerDrift",
        "TotalVariationDrift", "WassersteinDrift", "EnergyDrift",
    ]
    static let counting = ["ChiSquareDrift", "GTestDrift", "FETDrift"]

    /// Rows that the method is for: zeros and ones, of which `shift` moves the rate, or normal numbers.
    static func rows(_ method: String, _ count: Int, shift: Float = 0, seed: UInt64, columns: Int = 3) -> Tensor<Float>
    {
        let numbers = Fixture.normal(count, columns, shift: shift, seed: seed)
        guard counting.contains(method) else { return numbers }
        var flags = numbers
        for index in 0..<flags.count { flags[index] = numbers[index] > 0 ? 1 : 0 }
        return flags
    }

    @Test func `all are in the catalogue`() {
        for name in Self.names { #expect(Fixture.catalog.names.contains(name)) }
        #expect(Fixture.catalog.names.count >= Self.names.count + 1)
    }

    @Test(arguments: names)
    func `find what has moved and leave alone what has not`(name: String) throws {
        let test = try Fixture.columns(name, Self.rows(name, 300, seed: 1))
        let moved = try test.test(Self.rows(name, 120, shift: 1, seed: 2), level: 0.05, using: 3)
        #expect(moved.isDrift && moved.pValues.count == 3 && moved.distances.count == 3)
        #expect(moved.pValue <= 0.05 && moved.effect.value > 0.2 && moved.effect.high <= 1)
        #expect(moved.effect.low <= moved.effect.value && moved.effect.value <= moved.effect.high)
        #expect(moved.features.map(\.pValue) == moved.pValues)
        let same = try test.test(Self.rows(name, 120, seed: 5), level: 0.05, using: 3)
        #expect(!same.isDrift && same.pValue > 0.05, "\(same.pValue)")
    }

    @Test(arguments: names)
    func `do not mind the order of rows, and answer the same when asked again`(name: String) throws {
        let test = try Fixture.columns(name, Self.rows(name, 100, seed: 1))
        let window = Self.rows(name, 40, shift: 0.3, seed: 2)
        var generator = SeededGenerator(seed: 3)
        let shuffled = window.selectingRows(generator.permutation(40))
        #expect(try test.test(window, level: 0.05, using: 1) == test.test(shuffled, level: 0.05, using: 1))
    }

    @Test(arguments: names)
    func `know the edges`(name: String) throws {
        let reference = Self.rows(name, 60, seed: 1)
        let test = try Fixture.columns(name, reference)
        #expect(throws: MethodError.self) { try test.test(reference.rows(0..<0), level: 0.05, using: 0) }
        #expect(throws: MethodError.self) { try test.test(Tensor(shape: [5, 4], repeating: 0), level: 0.05, using: 0) }
        let one = try test.test(reference.rows(0..<1), level: 0.05, using: 0)
        #expect(!one.isDrift && one.pValues.allSatisfy { $0 > 0 && $0 <= 1 })
        // A constant column beside a constant window.
        let constant = try Fixture.columns(name, Tensor(shape: [50, 1], repeating: 1))
        let still = try constant.test(Tensor(shape: [20, 1], repeating: 1), level: 0.05, using: 0)
        #expect(still.pValue == 1 && !still.isDrift, "\(still)")
        let other = try constant.test(Tensor(shape: [20, 1], repeating: 0), level: 0.05, using: 0)
        #expect(other.isDrift, "\(other)")
        // Nothing but NaN: the missing rate speaks.
        let gone = try test.test(Tensor(shape: [30, 3], repeating: .nan), level: 0.05, using: 0)
        #expect(gone.isDrift && gone.pValues == [1, 1, 1] && gone.missing.count == 3)
        #expect(throws: MethodError.self) { try Fixture.columns(name, Tensor(shape: [5, 1], repeating: .nan)) }
        // Infinities are values, categories, or missing; never nothing.
        let infinite = try test.test(Tensor(shape: [30, 3], repeating: .infinity), level: 0.05, using: 0)
        #expect(infinite.isDrift && infinite.pValue > 0)
        for rows in [1, 5, 100] {
            let smallest = test.smallestPValue(rows: rows)
            #expect(smallest > 0 && smallest <= 1)
            #expect(infinite.pValue < 0.05 && (rows < 30 || smallest <= infinite.pValue || !infinite.missing.isEmpty))
        }
    }

    @Test func `an unseen category is a cell of its own`() throws {
        let reference = Tensor<Float>(vector: [0, 0, 1, 1, 1, 2]).withShape([6, 1])
        let window = Tensor<Float>(vector: [0, 7, 1, 7]).withShape([4, 1])
        let found = try Fixture.columns("ChiSquareDrift", reference).test(window, level: 0.05, using: 0)
        let table = try TwoRowTable(reference: [2, 3, 1, 0], test: [1, 1, 0, 2])
        #expect(found.distances == [table.chiSquared().statistic] && found.pValues == [table.chiSquared().pValue])
    }

    @Test func `a category code that the reference may not have is refused, and so is a column that is not there`()
        throws
    {
        let reference = Tensor<Float>(vector: [0, 1, 2, 3]).withShape([4, 1])
        for keys in ["0 = 3", "0 = [0, 1, 2]", "1 = 4", "0 = 0", "x = 3", "0 = [1.5]"] {
            #expect(throws: MethodError.self, "\(keys)") {
                try Fixture.columns("ChiSquareDrift", reference, "[categories_per_feature]\n\(keys)")
            }
        }
        for keys in ["0 = 4", "0 = [0, 1, 2, 3]", "0 = \"None\""] {
            _ = try Fixture.columns("ChiSquareDrift", reference, "[categories_per_feature]\n\(keys)")
        }
        let error = try #require(throws: MethodError.self) { try Fixture.columns("FETDrift", reference) }
        #expect(error.message.contains("holds 2.0 in row 2") && !error.remedy.isEmpty)
    }

    @Test func `a table's columns are tested by their kind`() throws {
        var reference = Fixture.normal(80, 2, seed: 1)
        var window = Fixture.normal(50, 2, seed: 2)
        for row in 0..<80 { reference[row * 2 + 1] = Float(row % 4) }
        for row in 0..<50 { window[row * 2 + 1] = Float(row % 3) }
        for (key, numeric) in [
            ("ks", "KSDrift"), ("cvm", "CVMDrift"), ("anderson-darling", "AndersonDarlingDrift"),
            ("mann-whitney", "MannWhitneyDrift"), ("epps-singleton", "EppsSingletonDrift"),
        ] {
            for (test, categorical) in [("chi2", "ChiSquareDrift"), ("g", "GTestDrift")] {
                let keys = "numeric_test = \"\(key)\"\ncategory_test = \"\(test)\"\n[categories_per_feature]\n1 = 4"
                let found = try Fixture.columns("TabularDrift", reference, keys).test(window, level: 0.05, using: 0)
                let first = try Fixture.columns(numeric, reference).test(window, level: 0.05, using: 0)
                let second = try Fixture.columns(categorical, reference).test(window, level: 0.05, using: 0)
                #expect(found.pValues == [first.pValues[0], second.pValues[1]])
                #expect(found.distances == [first.distances[0], second.distances[1]])
            }
        }
    }

    @Test func `rates may be asked in one direction, and anything but 0 and 1 is missing`() throws {
        let reference = Tensor<Float>(vector: (0..<100).map { $0 < 30 ? 1 : 0 }).withShape([100, 1])
        let lower = Tensor<Float>(vector: (0..<100).map { $0 < 10 ? 1 : 0 }).withShape([100, 1])
        for (alternative, drifts) in [("two-sided", true), ("less", true), ("greater", false)] {
            let test = try Fixture.columns("FETDrift", reference, "alternative = \"\(alternative)\"")
            let found = try test.test(lower, level: 0.05, using: 0)
            #expect(found.isDrift == drifts, "\(alternative)")
            #expect(isClose(found.distances[0], 10.0 * 70 / (90 * 30), relative: 1e-12))
        }
        let strange = Tensor<Float>(vector: (0..<100).map { $0 < 30 ? 1 : $0 < 60 ? 2 : 0 }).withShape([100, 1])
        let found = try Fixture.columns("FETDrift", reference).test(strange, level: 0.05, using: 0)
        #expect(found.missing.map(\.statistic) == [0.3] && found.isDrift)
    }

    @Test func `more permutations are drawn where the columns' share of the level needs them`() throws {
        // 60 columns and 100 permutations: 60/101 would never be an alarm.
        let reference = Fixture.normal(80, 60, seed: 1)
        var window = Fixture.normal(60, 60, seed: 2)
        for row in 0..<60 { window[row * 60 + 7] += 3 }
        for name in ["PSIDrift", "WassersteinDrift"] {
            let found = try Fixture.columns(name, reference).test(window, level: 0.05, using: 0)
            #expect(found.isDrift, "\(name) \(found.pValue)")
            #expect(found.pValues[7] == found.pValues.min())
        }
    }

    @Test(arguments: ["bonferroni", "holm", "fdr", "fdr_by"])
    func `the answer is drift exactly when some column passes the threshold`(correction: String) throws {
        let test = try Fixture.columns("CVMDrift", Fixture.normal(200, 4, seed: 1), "correction = \"\(correction)\"")
        var seen: Set<Bool> = []
        for shift in stride(from: Float(0), through: 0.8, by: 0.05) {
            let result = try test.test(Fixture.normal(100, 4, shift: shift, seed: 4), level: 0.05, using: 0)
            #expect(result.isDrift == (result.pValue <= 0.05))
            #expect(result.isDrift == result.pValues.contains { $0 <= result.threshold })
            seen.insert(result.isDrift)
        }
        #expect(seen.count == 2)
    }
}
