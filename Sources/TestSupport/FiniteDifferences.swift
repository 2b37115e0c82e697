package import Tensors

/// Gradients by small steps, to check those that code derives.
package enum FiniteDifferences {
    /// The gradient of a function of a tensor by central differences, `(f(x + h) − f(x − h)) / 2h`.
    ///
    /// - Parameters:
    ///   - x: Where.
    ///   - step: `h`. For a function computed in `Float`, 1e−2 to 1e−3 balances rounding against curvature.
    ///   - function: The function; its result is in `Double`, or the differences drown in rounding.
    /// - Returns: The derivative by each element, in the shape of `x`.
    /// - Complexity: Two calls per element.
    package static func gradient(
        at x: Tensor<Float>,
        step: Float = 1e-3,
        of function: (Tensor<Float>) throws -> Double
    ) rethrows -> Tensor<Float> {
        var moved = x
        var gradient = Tensor<Float>(shape: x.shape, repeating: 0)
        for index in 0..<x.count {
            let value = x[index]
            moved[index] = value + step
            let (above, high) = (moved[index], try function(moved))
            moved[index] = value - step
            let (below, low) = (moved[index], try function(moved))
            moved[index] = value
            // The step that was really taken, after rounding.
            gradient[index] = Float((high - low) / (Double(above) - Double(below)))
        }
        return gradient
    }

    /// The largest difference between two gradients, as a share of the larger one's largest element.
    package static func largestRelativeDifference(_ a: Tensor<Float>, _ b: Tensor<Float>) -> Double {
        let (left, right) = (a.elements, b.elements)
        let scale = (left + right).reduce(Float(0)) { max($0, abs($1)) }
        guard scale > 0 else { return 0 }
        return Double(zip(left, right).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) } / scale)
    }
}
