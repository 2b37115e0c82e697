package import Prediction
import Statistics
package import Tensors

/// Makes inputs that a model gets wrong, by small steps along the gradient of its loss; for drills and tests.
package struct Attack: Sendable {
    /// How far any single value may be moved, in the unit of the inputs.
    package var epsilon: Float
    /// Steps along the sign of the gradient.
    package var iterations: Int
    /// Length of one step, in the unit of the inputs.
    package var stepSize: Float
    /// Whether the first step starts somewhere within `epsilon` instead of at the input.
    package var startsAtRandom: Bool
    /// The smallest and largest value that an input may have.
    package var range: ClosedRange<Float>

    /// The fast gradient sign method: one step of full length.
    ///
    /// Source: I. Goodfellow, J. Shlens and C. Szegedy (2015), "Explaining and harnessing adversarial examples",
    /// arXiv:1412.6572.
    package static func fastGradientSign(epsilon: Float, range: ClosedRange<Float>) -> Attack {
        Attack(epsilon: epsilon, iterations: 1, stepSize: epsilon, startsAtRandom: false, range: range)
    }

    /// Projected gradient descent: many small steps from a random start, each brought back to within `epsilon`.
    ///
    /// Source: A. Madry et al. (2018), "Towards deep learning models resistant to adversarial attacks",
    /// arXiv:1706.06083.
    package static func projectedGradient(epsilon: Float, iterations: Int = 20, range: ClosedRange<Float>) -> Attack {
        Attack(
            epsilon: epsilon,
            iterations: iterations,
            stepSize: 2.5 * epsilon / Float(max(1, iterations)),
            startsAtRandom: true,
            range: range
        )
    }

    /// Returns the attacked batch.
    ///
    /// - Parameters:
    ///   - batch: Inputs, shape `[n, …]`.
    ///   - labels: The class of each row that the attack leads away from; the true one, or the model's own answer.
    ///   - model: The model under attack.
    ///   - generator: Chooses the starts; not used by a method without random start.
    /// - Returns: The shape of `batch`, each value within `epsilon` of the input's and within `range`.
    /// - Throws: The model's error, for instance where the shape is not its own.
    /// - Complexity: `iterations` gradients of the model.
    package func attacked(
        _ batch: Tensor<Float>,
        labels: [Int],
        model: some DifferentiablePredictor,
        using generator: inout some RandomNumberGenerator
    ) throws -> Tensor<Float> {
        var attacked = batch
        if startsAtRandom {
            attacked.withUnsafeMutableBufferPointer { values in
                for index in values.indices {
                    values[index] = clipped(values[index] + epsilon * Float(2 * generator.uniform() - 1))
                }
            }
        }
        for _ in 0..<iterations {
            let gradient = try model.lossGradient(labels: labels, at: attacked)
            attacked.withUnsafeMutableBufferPointer { values in
                gradient.withUnsafeBufferPointer { slopes in
                    batch.withUnsafeBufferPointer { origin in
                        for index in values.indices {
                            let step: Float = slopes[index] > 0 ? stepSize : slopes[index] < 0 ? -stepSize : 0
                            let moved = values[index] + step
                            let within = min(max(moved, origin[index] - epsilon), origin[index] + epsilon)
                            values[index] = clipped(within)
                        }
                    }
                }
            }
            try Task.checkCancellation()
        }
        return attacked
    }

    private func clipped(_ value: Float) -> Float { min(max(value, range.lowerBound), range.upperBound) }
}
