import Methods
package import Prediction
package import Tensors

/// Attributes one output of a model to its inputs by integrating the output's gradient along the straight path from a
/// baseline to the instance.
///
/// The attribution of value *i* is `(xᵢ − bᵢ) · ∫₀¹ ∂f(b + α(x − b)) / ∂xᵢ dα`. By the fundamental theorem the
/// attributions add up to `f(x) − f(b)`; what the quadrature misses of that is reported as `delta`.
///
/// - Complexity: `steps` gradients of the model for each instance.
///
/// Source: M. Sundararajan, A. Taly and Q. Yan (2017), "Axiomatic attribution for deep networks", arXiv:1703.01365.
package struct IntegratedGradients: Sendable {
    /// The model that is explained.
    package let model: any DifferentiablePredictor
    /// The input from which attributions are counted.
    package let baseline: Baseline
    /// Background rows for a mean baseline.
    package let background: Tensor<Float>?
    /// Rows that go through the model at once.
    package let batchSize: Int
    private let rule: GaussLegendre

    /// Creates an explainer.
    ///
    /// - Parameters:
    ///   - steps: Nodes of the Gauss–Legendre rule, at least 1.
    ///   - background: Rows that stand for normal, for a mean baseline.
    package init(
        model: any DifferentiablePredictor,
        steps: Int = 50,
        baseline: Baseline = .zeros,
        background: Tensor<Float>? = nil,
        batchSize: Int = 100
    ) {
        self.model = model
        self.baseline = baseline
        self.background = background
        self.batchSize = max(1, batchSize)
        rule = GaussLegendre(count: steps)
    }

    /// Explains each instance of a batch.
    ///
    /// - Parameters:
    ///   - batch: Inputs, shape `[n, …]`.
    ///   - target: The output to explain; nil explains each instance's largest output.
    /// - Returns: One explanation an instance, in order.
    /// - Throws: `.nonFiniteValue` when an instance holds NaN; `.invalidConfiguration` when the model has no such
    ///   output; or the model's own error.
    package func explanations(of batch: Tensor<Float>, target: Int? = nil) throws -> [Explanation] {
        try batch.requireFinite("IntegratedGradients")
        let start = try baseline.row(shape: batch.rowShape, background: background)
        let startOutputs = try model.predict(start)
        let outputs = try model.predict(batch)
        if let target, !(0..<outputs.elementsPerRow).contains(target) {
            throw MethodError(
                .invalidConfiguration,
                "target is \(target), and the model has \(outputs.elementsPerRow) outputs",
                remedy: "Choose 0 to \(outputs.elementsPerRow - 1), or \"predicted\""
            )
        }
        return try (0..<batch.rows).map { row in
            let answers = outputs[row: row].elements
            let target = target ?? answers.indices.max { answers[$0] < answers[$1] } ?? 0
            let attributions = try attributions(
                of: batch[row: row].elements,
                from: start.elements,
                target,
                batch.rowShape
            )
            let total = attributions.reduce(0, +)
            return Explanation(
                attributions: Tensor(vector: attributions.map { Float($0) }).withShape(batch.rowShape),
                target: target,
                predictions: answers,
                baseline: start.withShape(batch.rowShape),
                delta: total - (Double(answers[target]) - Double(startOutputs[target]))
            )
        }
    }

    private func attributions(
        of instance: [Float],
        from start: [Float],
        _ target: Int,
        _ shape: [Int]
    ) throws -> [Double] {
        var integral = [Double](repeating: 0, count: instance.count)
        for first in stride(from: 0, to: rule.nodes.count, by: batchSize) {
            let nodes = first..<min(first + batchSize, rule.nodes.count)
            let path = Tensor<Float>(shape: [nodes.count] + shape) { target in
                var position = 0
                for node in nodes {
                    let share = Float(rule.nodes[node])
                    for index in instance.indices {
                        target.initializeElement(
                            at: position,
                            to: start[index] + share * (instance[index] - start[index])
                        )
                        position += 1
                    }
                }
            }
            let gradients = try model.gradient(ofOutput: Array(repeating: target, count: nodes.count), at: path)
            gradients.withUnsafeBufferPointer { values in
                for (offset, node) in nodes.enumerated() {
                    for index in instance.indices {
                        integral[index] += rule.weights[node] * Double(values[offset * instance.count + index])
                    }
                }
            }
            try Task.checkCancellation()
        }
        return instance.indices.map { Double(instance[$0] - start[$0]) * integral[$0] }
    }
}
