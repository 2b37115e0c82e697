import DriftDetection
import Methods
import Tensors
import TestSupport
import Testing

@Suite struct `Classifier two-sample test` {
    private static let models = ["boosted-trees", "logistic", "mlp"]

    @Test(arguments: models)
    func `sees a shift, follows from its seed, and says what it thinks of each judged row`(model: String) throws {
        let test = try Fixture.fittedTest("ClassifierDrift", Fixture.normal(300, 4, seed: 1), "model = \"\(model)\"")
        let window = Fixture.normal(160, 4, shift: 0.8, seed: 2)
        let result = try test.test(window, level: 0.05, using: 3)
        #expect(result.isDrift, "p is \(result.pValue)")
        #expect(try test.test(window, level: 0.05, using: 3) == result)
        #expect(result.rowDetails["probs_ref"]?.count == 75 && result.rowDetails["probs_test"]?.count == 40)
        let folds = try Fixture.fittedTest(
            "ClassifierDrift",
            Fixture.normal(300, 4, seed: 1),
            "model = \"\(model)\"\nn_folds = 3\nn_permutations = 39\nepochs = 5"
        ).test(window, level: 0.05, using: 3)
        #expect(folds.isDrift && folds.rowDetails["probs_test"]?.count == 160)
        #expect(folds.pValue == 1.0 / 41)  // the level needs 40
        let counted = try Fixture.fittedTest(
            "ClassifierDrift",
            Fixture.normal(300, 4, seed: 1),
            "model = \"\(model)\"\nbinarize_preds = true"
        ).test(window, level: 0.05, using: 3)
        #expect(counted.isDrift && counted.effect.name == "error_reduction")
        #expect(counted.rowDetails["probs_ref"]?.count == 40)  // as many reference rows as the window has
    }

    @Test func `trees see a change of shape that moves no mean`() throws {
        // In the window both columns have one sign, in the reference any.
        let reference = Fixture.normal(600, 2, seed: 1)
        let window = Fixture.normal(400, 2, seed: 2)
        let same = Tensor<Float>(
            vector: (0..<400).flatMap { row -> [Float] in
                let (x, y) = (window[2 * row], window[2 * row + 1])
                return [x, x > 0 ? abs(y) : -abs(y)]
            }
        ).withShape([400, 2])
        let test = try Fixture.fittedTest("ClassifierDrift", reference)
        #expect(try test.test(same, level: 0.05, using: 1).isDrift)
    }

    @Test(arguments: ["", "binarize_preds = true", "model = \"logistic\"\nepochs = 5"])
    func `clean windows are flagged at no more than the promised rate`(keys: String) throws {
        var flagged = 0
        for index in 0..<200 {
            let test = try Fixture.fittedTest(
                "ClassifierDrift",
                Fixture.normal(80, 3, seed: UInt64(1000 + index)),
                keys
            )
            let window = Fixture.normal(60, 3, seed: UInt64(5000 + index))
            if try test.test(window, level: 0.05, using: UInt64(index)).isDrift { flagged += 1 }
        }
        #expect(flagged <= 23, "\(flagged) of 200")  // 99.99 % quantile of Binomial(200, 0.05)
    }

    @Test(arguments: ["SpotTheDiffDrift", "ClassifierDrift"])
    func `every row judged once keeps the level, and stops early where nothing drifted`(method: String) throws {
        // By the law of independent answers about one clean window in eight was called drift.
        var flagged = 0
        var early = 0
        let runs = method == "ClassifierDrift" ? 30 : 200
        for index in 0..<runs {
            let keys = "n_folds = 4\nn_permutations = 59"
            let test = try Fixture.fittedTest(
                method,
                Fixture.normal(60, 3, seed: UInt64(1000 + index)),
                method == "ClassifierDrift" ? keys : keys + "\nepochs = 4"
            )
            let window = Fixture.normal(40, 3, seed: UInt64(5000 + index))
            let result = try test.test(window, level: 0.05, using: UInt64(index))
            if result.isDrift { flagged += 1 }
            // The tenth exceedance came with a permutation whose number is 10 / p.
            if result.pValue >= 10.0 / 59 {
                early += 1
                #expect(isClose(10 / result.pValue, (10 / result.pValue).rounded(), absolute: 1e-6))
            }
        }
        // 99.99 % quantiles of Binomial(200, 0.05) and (30, 0.05).
        #expect(flagged <= (runs == 200 ? 23 : 8), "\(flagged) of \(runs)")
        #expect(early > runs / 2)
    }

    @Test func `constant columns, repeats, missing values and small windows are no trouble`() throws {
        let constant = Tensor<Float>(shape: [60, 3], repeating: 2)
        for model in Self.models {
            let test = try Fixture.fittedTest("ClassifierDrift", constant, "model = \"\(model)\"")
            #expect(try !test.test(constant.rows(0..<20), level: 0.05, using: 1).isDrift)
        }
        let test = try Fixture.fittedTest("ClassifierDrift", Fixture.normal(60, 3, seed: 1))
        var gaps = Fixture.normal(20, 3, seed: 2)
        gaps[0] = .nan
        #expect(try test.test(gaps, level: 0.05, using: 1).excludedRows == 1)
        #expect(throws: MethodError.self) { try test.test(Fixture.normal(3, 3, seed: 2), level: 0.05, using: 1) }
        #expect(throws: MethodError.self) { try test.test(Fixture.normal(9, 2, seed: 2), level: 0.05, using: 1) }
    }
}
