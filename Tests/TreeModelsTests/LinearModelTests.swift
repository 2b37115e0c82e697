import Prediction
import Tensors
import TestSupport
import Testing
import TreeModels

@Suite struct `Linear model` {
    private func model(_ name: String) throws -> (LinearModel, Tensor<Float>) {
        let reference = try Reference.named(name)
        let model = try #require(try reference.predictor() as? LinearModel)
        // The last two rows are from far away, where everything is flat.
        let x = try reference.values().x
        return (model, x.rows(0..<x.rows - 2))
    }

    /// scikit-learn's models take columns of very different size, so that one step suits none: each is checked in the
    /// unit of its own coefficient.
    @Test(arguments: [
        "scikit-learn-logistic-regression", "scikit-learn-softmax-regression", "scikit-learn-sgd-classes",
        "scikit-learn-sgd-huber", "scikit-learn-poisson-regression", "scikit-learn-ridge-targets", "xgboost-3.2-linear",
    ])
    func `gradients are those of small steps`(name: String) throws {
        let (model, x) = try model(name)
        let outputs = try model.predict(x.rows(0..<1)).count
        for row in 0..<6 {
            let one = x.rows(row..<row + 1)
            for output in 0..<outputs {
                let gradient = try model.gradient(ofOutput: [output], at: one)
                for column in 0..<one.count where !one[column].isNaN {
                    let largest =
                        (0..<model.intercepts.count).map {
                            model.coefficients[column * model.intercepts.count + $0].magnitude
                        }.max() ?? 0
                    guard largest > 0 else { continue }
                    var (above, below) = (one, one)
                    above[column] += Float(0.03 / largest)
                    below[column] -= Float(0.03 / largest)
                    // A clamped output has corners, which a step must not turn.
                    if model.transform == .clamped,
                        try (model.margins(of: above)[0].magnitude < 1) != (model.margins(of: below)[0].magnitude < 1)
                    {
                        continue
                    }
                    let step = Double(above[column]) - Double(below[column])
                    let high = Double(try model.predict(above)[output])
                    let low = Double(try model.predict(below)[output])
                    let rise = (high - low) / step / largest
                    let claimed = Double(gradient[column]) / largest
                    #expect(
                        abs(claimed - rise) <= 2e-3 * max(1, abs(high)),
                        "row \(row), column \(column), output \(output)"
                    )
                }
            }
        }
    }

    @Test(arguments: ["scikit-learn-logistic-regression", "scikit-learn-softmax-regression"])
    func `the loss's gradient is the weighted sum of the outputs' gradients`(name: String) throws {
        let (model, x) = try model(name)
        let p = try model.predict(x)
        let labels = (0..<x.rows).map { $0 % p.elementsPerRow }
        let loss = try model.lossGradient(labels: labels, at: x)
        var weights = Tensor<Float>(shape: p.shape, repeating: 0)
        for row in 0..<x.rows {
            let place = row * p.elementsPerRow + labels[row]
            weights[place] = -1 / p[place]
        }
        let expected = try model.pullback(weights, at: x)
        // Probabilities near 1 are rounded, and so is what is left of them.
        for index in 0..<loss.count
        where weights[index / x.elementsPerRow * p.elementsPerRow + labels[index / x.elementsPerRow]] > -100 {
            #expect(isClose(loss[index], expected[index], absolute: 1e-4, relative: 1e-3))
        }
    }

    @Test func `refuses outputs that there are not, and losses of what is no classifier`() throws {
        let (classifier, wine) = try model("scikit-learn-softmax-regression")
        #expect(throws: PredictionError.self) { try classifier.gradient(ofOutput: [3], at: wine.rows(0..<1)) }
        #expect(throws: PredictionError.self) { try classifier.gradient(ofOutput: [0, 1], at: wine.rows(0..<1)) }
        let (regression, x) = try model("scikit-learn-lasso")
        let error = try #require(throws: PredictionError.self) {
            try regression.lossGradient(labels: [0], at: x.rows(0..<1))
        }
        #expect(error.code == .unknownOutput)
    }
}
