#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Nodes and weights that integrate polynomials of degree up to `2n − 1` over `0...1` exactly.
package struct GaussLegendre: Sendable, Equatable {
    /// Where the integrand is read, ascending in `0...1`.
    package let nodes: [Double]
    /// How much each reading counts; they add up to 1.
    package let weights: [Double]

    /// Computes the rule with `count` nodes by Newton's method on the Legendre polynomial.
    ///
    /// - Precondition: `count` is at least 1.
    /// - Complexity: O(*count*²).
    ///
    /// Source: W. Press et al. (2007), "Numerical recipes", third edition, section 4.6.1.
    package init(count: Int) {
        precondition(count >= 1, "a rule has at least one node")
        var nodes = [Double](repeating: 0.5, count: count)
        var weights = [Double](repeating: 1, count: count)
        for index in 0..<(count + 1) / 2 {
            var x = cos(.pi * (Double(index) + 0.75) / (Double(count) + 0.5))
            var slope = 0.0
            for _ in 0..<100 {
                var (current, previous) = (1.0, 0.0)
                for degree in 0..<count {
                    let k = Double(degree)
                    (current, previous) = (((2 * k + 1) * x * current - k * previous) / (k + 1), current)
                }
                slope = Double(count) * (x * current - previous) / (x * x - 1)
                let step = current / slope
                x -= step
                if abs(step) <= 1e-15 { break }
            }
            let weight = 1 / ((1 - x * x) * slope * slope)
            nodes[index] = (1 - x) / 2
            nodes[count - 1 - index] = (1 + x) / 2
            weights[index] = weight
            weights[count - 1 - index] = weight
        }
        self.nodes = nodes
        self.weights = weights
    }
}
