/// Adam in double precision, for the few parameters of a test that learns at every window.
///
/// Source: D. Kingma and J. Ba (2015), "Adam: a method for stochastic optimization", arXiv:1412.6980.
package struct Adam: Sendable {
    /// The step size.
    package let learningRate: Double
    private var first: [Double]
    private var second: [Double]
    /// `0.9^step` and `0.999^step`.
    private var decays = (first: 1.0, second: 1.0)

    /// Starts for so many parameters.
    package init(learningRate: Double, count: Int) {
        self.learningRate = learningRate
        first = [Double](repeating: 0, count: count)
        second = first
    }

    /// Moves parameters against a gradient.
    package mutating func step(_ parameters: inout [Double], gradient: [Double]) {
        decays.first *= 0.9
        decays.second *= 0.999
        for index in parameters.indices {
            first[index] += 0.1 * (gradient[index] - first[index])
            second[index] += 0.001 * (gradient[index] * gradient[index] - second[index])
            let deviation = (second[index] / (1 - decays.second)).squareRoot()
            parameters[index] -= learningRate * first[index] / (1 - decays.first) / (deviation + 1e-8)
        }
    }
}
