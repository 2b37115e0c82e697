import DriftDetection
import Methods
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `Reconstruction from principal components` {
    /// Two columns that go together, or not, and a third that is their sum.
    private func rows(_ count: Int, together: Bool = true, seed: UInt64) -> Tensor<Float> {
        var generator = SeededGenerator(seed: seed)
        return Tensor(
            vector: (0..<count).flatMap { _ -> [Float] in
                let x = Float(generator.normal())
                let y = together ? x + 0.2 * Float(generator.normal()) : Float(generator.normal())
                return [x, y, x + y]
            }
        ).withShape([count, 3])
    }

    @Test func `columns that no longer go together are seen, and clean windows keep their rate`() throws {
        var flagged = 0
        for index in 0..<200 {
            let test = try Fixture.fittedTest("PCADrift", rows(200, seed: UInt64(1000 + index)))
            let clean = rows(60, seed: UInt64(5000 + index))
            if try test.test(clean, level: 0.05, using: UInt64(index)).isDrift { flagged += 1 }
            if index < 20 {
                #expect(try test.test(rows(60, together: false, seed: UInt64(index)), level: 0.05, using: 1).isDrift)
            }
        }
        #expect((1...23).contains(flagged), "\(flagged) of 200")  // 99.99 % quantile of Binomial(200, 0.05)
    }

    @Test func `the error is the distance from the plane that the components span`() throws {
        // Standardised columns (x, −x): the component is (1, −1)/√2, and (a, b) lies |a + b|/√2 away.
        var values: [Float] = []
        for row in 0..<200 { values += [Float(row % 5), -Float(row % 5)] }
        let line = Tensor<Float>(vector: values).withShape([200, 2])
        let test = try Fixture.fittedTest("PCADrift", line)
        let window = Tensor<Float>(vector: [2, 0, 2, 0]).withShape([2, 2])
        let result = try test.test(window, level: 0.05, using: 1)
        #expect(result.isDrift)
        // The mean of 0…4 is 2 and its deviation √2: (2, 0) is (0, 2/√2) in deviations, 1 away.
        #expect(isClose(result.distances[0], 1, absolute: 0.06))  // the features part is a draw of 60 rows
    }

    @Test func `edges are refused by name`() throws {
        #expect(throws: MethodError.self) { try Fixture.fittedTest("PCADrift", Fixture.normal(60, 1, seed: 1)) }
        #expect(throws: MethodError.self) {
            try Fixture.fittedTest("PCADrift", Fixture.normal(60, 3, seed: 1), "n_components = 3")
        }
        let test = try Fixture.fittedTest("PCADrift", Fixture.normal(60, 3, seed: 1))
        let empty = Tensor<Float>(shape: [0, 3], repeating: 0)
        #expect(throws: MethodError.self) { try test.test(empty, level: 0.05, using: 1) }
        #expect(try test.test(Fixture.normal(1, 3, seed: 2), level: 0.05, using: 1).pValue > 0)
    }
}

@Suite struct `Drift of uncertainty` {
    private func answers(_ count: Int, sure: Float, seed: UInt64) -> Tensor<Float> {
        var generator = SeededGenerator(seed: seed)
        return Tensor(
            vector: (0..<count).flatMap { _ -> [Float] in
                let p = min(0.99, max(0.01, sure + 0.1 * Float(generator.normal())))
                return generator.uniform() < 0.5 ? [p, 1 - p] : [1 - p, p]
            }
        ).withShape([count, 2])
    }

    @Test(arguments: ["entropy", "margin"])
    func `is seen where a model becomes less sure of either class`(kind: String) throws {
        let test = try Fixture.fittedTest(
            "ClassifierUncertaintyDrift",
            answers(300, sure: 0.9, seed: 1),
            "uncertainty_type = \"\(kind)\""
        )
        #expect(try !test.test(answers(100, sure: 0.9, seed: 2), level: 0.05, using: 0).isDrift)
        let unsure = try test.test(answers(100, sure: 0.7, seed: 3), level: 0.05, using: 0)
        #expect(unsure.isDrift && unsure.jointly && unsure.pValues.count == 1)
    }

    @Test func `answers that are no probabilities are refused, logits are taken`() throws {
        let logits = Fixture.normal(60, 3, seed: 1)
        #expect(throws: MethodError.self) { try Fixture.fittedTest("ClassifierUncertaintyDrift", logits) }
        let test = try Fixture.fittedTest("ClassifierUncertaintyDrift", logits, "preds_type = \"logits\"")
        #expect(try !test.test(Fixture.normal(40, 3, seed: 2), level: 0.05, using: 0).isDrift)
    }

    @Test func `of an ensemble is the standard deviation of its answers`() throws {
        let test = try Fixture.fittedTest("RegressorUncertaintyDrift", Fixture.normal(200, 5, seed: 1))
        let wide = Tensor<Float>(vector: Fixture.normal(80, 5, seed: 2).elements.map { 2 * $0 }).withShape([80, 5])
        #expect(try test.test(wide, level: 0.05, using: 0).isDrift)
        #expect(throws: MethodError.self) {
            try Fixture.fittedTest("RegressorUncertaintyDrift", Fixture.normal(60, 1, seed: 1))
        }
    }
}
