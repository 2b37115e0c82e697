import DriftDetection
import JSON
import Methods
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `Rows that depend on those before them` {
    /// `x(t) = φ x(t − 1) + √(1 − φ²) e(t)`, each column by itself.
    private static func stream(_ rows: Int, _ columns: Int, _ strength: Double, seed: Int, shift: Float = 0)
        -> Tensor<Float>
    {
        var generator = SeededGenerator(seed: UInt64(seed))
        var state = (0..<columns).map { _ in generator.normal() }
        var values: [Float] = []
        for _ in 0..<rows {
            for column in 0..<columns {
                state[column] = strength * state[column] + (1 - strength * strength).squareRoot() * generator.normal()
                values.append(Float(state[column]) + shift)
            }
        }
        return Tensor(vector: values).withShape([rows, columns])
    }

    @Test func `have the p-value of all permutations of blocks, and of all shifts, within chance`() throws {
        let cases = try #require(ReferenceValues.read("block-permutations")["cases"]?.array)
        #expect(cases.count >= 12)
        for entry in cases {
            let method = try #require(entry["method"]?.string)
            let columns = try #require(entry["columns"]?.int)
            let (reference, window) = (
                Fixture.matrix(entry["reference"], columns: columns), Fixture.matrix(entry["window"], columns: columns)
            )
            for (scheme, keys) in [("blocks", "block_length = 4\n"), ("circular-shift", "")] {
                let draws = 4_000
                var text = "permutation = \"\(scheme)\"\n\(keys)n_permutations = \(draws)\nmax_permutations = \(draws)"
                if method == "MMDDrift" { text += "\nsigma = [1.0]" }
                let found = try Fixture.fittedTest(method, reference, text).test(window, level: 0.05, using: 3)
                let p = try #require(entry[scheme]?.double)
                // What is drawn holds the window as it came only by chance: one more is counted, of one more.
                let error = 4.5 * (p * (1 - p) / Double(draws)).squareRoot() + 1 / Double(draws)
                let name = Comment(rawValue: "\(method) \(scheme): \(found.pValue) and \(p), ± \(error)")
                #expect(isClose(found.pValue, p, absolute: error), name)
                // What changes places changes no statistic.
                let rows = method == "MMDDrift" ? "sigma = [1.0]" : ""
                let plain = try Fixture.fittedTest(method, reference, rows).test(window, level: 0.05, using: 3)
                // Kernels are summed in single precision, as many at once as there are permutations.
                #expect(areClose(found.distances, plain.distances, absolute: method == "MMDDrift" ? 1e-6 : 0), name)
                #expect(found.details["block_length"] == (scheme == "blocks" ? [4] : nil))
            }
        }
    }

    @Test(arguments: ["permutation = \"blocks\"\nblock_length = 30", "permutation = \"circular-shift\""])
    func `keep the level in blocks and as a whole, which they do not row by row`(keys: String) throws {
        var flagged = (permuted: 0, byRow: 0)
        let runs = 250
        for run in 0..<runs {
            let rows = Self.stream(750, 1, 0.5, seed: run)
            let (reference, window) = (rows.rows(0..<500), rows.rows(600..<750))
            if try Fixture.columns("KSDrift", reference, keys).test(window, level: 0.05, using: 1).isDrift {
                flagged.permuted += 1
            }
            if try Fixture.columns("KSDrift", reference).test(window, level: 0.05, using: 1).isDrift {
                flagged.byRow += 1
            }
        }
        #expect(Double(flagged.permuted) / Double(runs) <= 0.05 + 4 * (0.0475 / Double(runs)).squareRoot())
        #expect(flagged.permuted > runs / 100 && flagged.byRow > runs / 7, "\(flagged)")
    }

    @Test(arguments: [
        "KSDrift", "CVMDrift", "AndersonDarlingDrift", "MannWhitneyDrift", "EppsSingletonDrift", "PSIDrift",
        "WassersteinDrift", "TabularDrift", "MMDDrift", "LSDDDrift", "PCADrift",
    ])
    func `show a change still, by every method`(method: String) throws {
        let reference = Self.stream(600, 2, 0.5, seed: 1)
        let clean = Self.stream(150, 2, 0.5, seed: 2)
        var moved = clean
        for index in 0..<moved.count { moved[index] = 2 * moved[index] + 1.5 }
        for keys in ["permutation = \"blocks\"", "permutation = \"circular-shift\""] {
            let test = try Fixture.fittedTest(method, reference, keys)
            let found = try test.test(moved, level: 0.05, using: 1)
            #expect(found.isDrift, "\(method) \(keys) \(found.pValue)")
            #expect(try test.test(clean, level: 0.05, using: 1).pValue > found.pValue)
            #expect(try test.test(moved, level: 0.05, using: 1) == found)
        }
    }

    @Test func `of categories and flags keep their blocks too, and missing values stay with their rows`() throws {
        let numbers = Self.stream(800, 1, 0.8, seed: 4)
        let flags = Tensor(vector: numbers.elements.map { $0 > 0.5 ? Float(1) : 0 }).withShape([800, 1])
        for method in ["FETDrift", "ChiSquareDrift", "GTestDrift"] {
            let keys = "permutation = \"blocks\"\nblock_length = 40\nn_permutations = 500"
            let byBlock = try Fixture.columns(method, flags.rows(0..<600), keys)
                .test(flags.rows(600..<800), level: 0.05, using: 1)
            let byRow = try Fixture.columns(method, flags.rows(0..<600))
                .test(flags.rows(600..<800), level: 0.05, using: 1)
            #expect(byBlock.distances == byRow.distances)
            #expect(byBlock.pValue != byRow.pValue)
        }
        // A stretch of missing values in the window: a rate that rises as a block of rows does is less striking.
        var gaps = numbers
        for row in 700..<740 { gaps[row] = .nan }
        let keys = "permutation = \"blocks\"\nblock_length = 50\nn_permutations = 500"
        let found = try Fixture.columns("KSDrift", gaps.rows(0..<600), keys)
            .test(gaps.rows(600..<800), level: 0.05, using: 1)
        let independent = try Fixture.columns("KSDrift", gaps.rows(0..<600))
            .test(gaps.rows(600..<800), level: 0.05, using: 1)
        #expect(try #require(found.missing.first).pValue > 10 * #require(independent.missing.first).pValue)
    }

    @Test func `say how small a p-value can be, and refuse keys that do not go together`() throws {
        let reference = Self.stream(200, 1, 0, seed: 1)
        let blocks = try Fixture.columns("KSDrift", reference, "permutation = \"blocks\"\nblock_length = 25")
        #expect(isClose(blocks.smallestPValue(rows: 100), 1.0 / 495, relative: 1e-12))  // 4 of 12 blocks
        let shift = try Fixture.columns("KSDrift", reference, "permutation = \"circular-shift\"")
        #expect(shift.smallestPValue(rows: 100) == 1.0 / 300)
        // A window that is one block can be told from two others only.
        #expect(throws: MethodError.self) {
            try Fixture.fittedTest("KSDrift", reference, "permutation = \"blocks\"\nblock_length = 500")
        }
        #expect(throws: MethodError.self) { try Fixture.columns("KSDrift", reference, "block_length = 25") }
        // Nothing is told of the power of tests whose rows depend on each other by laws of independent ones.
        #expect(try shift.test(reference.rows(0..<100), level: 0.05, using: 1).detectable == nil)
    }

    @Test func `leave the parts of a reference in stretches`() throws {
        let indices = try ReferenceSplit.indices(
            of: 100,
            needed: [.features, .calibration],
            by: .standard,
            seed: 3,
            inStretches: true
        )
        #expect(indices[.features] == Array(0..<60) && indices[.calibration] == Array(60..<100))
    }
}
