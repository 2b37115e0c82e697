import DriftDetection
import Foundation
import Methods
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `Smallest effect that a window would have shown` {
    /// Windows whose change has a size in the method's unit, and how many of them are found.
    private static func found(
        _ method: String,
        _ keys: String = "",
        runs: Int,
        row: (_ size: Double, _ generator: inout SeededGenerator) -> Double
    ) throws -> Double {
        var found = 0
        for run in 0..<runs {
            var generator = SeededGenerator(seed: UInt64(run))
            func rows(_ size: Double, _ count: Int) -> Tensor<Float> {
                Tensor(vector: (0..<count).map { _ in Float(row(size, &generator)) }).withShape([count, 1])
            }
            let test = try Fixture.fittedTest(method, rows(0, 400), keys)
            let clean = try test.test(rows(0, 100), level: 0.05, using: UInt64(run))
            let effect = try #require(clean.detectable)
            #expect(effect.power == 0.8 && effect.level == 0.05)
            if try test.test(rows(effect.value, 100), level: 0.05, using: UInt64(run)).isDrift { found += 1 }
        }
        return Double(found) / Double(runs)
    }

    @Test func `is found with about the chance that is said, where the change is the hardest to find`() throws {
        // Four standard errors of 300 runs are 0.09.
        let shares = try Self.found("ChiSquareDrift", runs: 300) { size, generator in
            let shares = [0.25 + size / 2, 0.5, 0.75 + size / 2]
            let chance = generator.uniform()
            return Double(shares.count { chance > $0 })
        }
        #expect(abs(shares - 0.8) < 0.1, "\(shares)")
        let rates = try Self.found("FETDrift", runs: 300) { size, generator in
            generator.uniform() < 0.3 + size ? 1 : 0
        }
        #expect(abs(rates - 0.8) < 0.1, "\(rates)")
        let gaps = try Self.found("KSDrift", runs: 300) { size, generator in
            generator.uniform() < 0.35 + size ? 0 : 1
        }
        #expect(abs(gaps - 0.8) < 0.12, "\(gaps)")
        let ranks = try Self.found("MannWhitneyDrift", runs: 300) { size, generator in
            generator.normal() + 2.0.squareRoot() * Normal.quantile((1 + size) / 2)
        }
        #expect(abs(ranks - 0.8) < 0.1, "\(ranks)")
        let joint = try Self.found("MMDDrift", "sigma = [1.5]", runs: 60) { size, generator in
            // MMD² = 2 √(σ² / (σ² + 2)) (1 − exp(−δ² / 2(σ² + 2))) of normal numbers that move by δ.
            let most = 2 * (2.25 / 4.25).squareRoot()
            return generator.normal() + (-8.5 * log(1 - size * size / most)).squareRoot()
        }
        #expect(joint > 0.6, "\(joint)")
    }

    @Test func `falls with the rows and rises as the level is shared or smaller`() throws {
        let reference = Fixture.normal(1_000, 4, seed: 1)
        let test = try Fixture.columns("KSDrift", reference)
        func size(_ rows: Int, _ level: Double = 0.05) throws -> DetectableEffect {
            try #require(test.test(Fixture.normal(rows, 4, seed: 2), level: level, using: 1).detectable)
        }
        #expect(try size(400).value < size(100).value)
        #expect(try size(100, 0.001).value > size(100).value)
        #expect(try size(100).level == 0.05 / 4 && size(100).name == "ks_distance")
        #expect(try test.test(Fixture.normal(3, 4, seed: 2), level: 1e-9, using: 1).detectable == nil)
        let folds = try Fixture.fittedTest(
            "SpotTheDiffDrift",
            reference,
            "n_folds = 2\nepochs = 1\nn_permutations = 19"
        )
        #expect(try folds.test(Fixture.normal(40, 4, seed: 2), level: 0.05, using: 1).detectable == nil)
        let split = try Fixture.fittedTest("ClassifierDrift", reference, "binarize_preds = true")
        let effect = try split.test(Fixture.normal(200, 4, seed: 2), level: 0.05, using: 1).detectable
        #expect(effect?.name == "error_reduction" && effect.map { $0.value > 0 && $0.value < 1 } == true)
    }
}
