import Methods
import NeuralNetworks
package import Tensors

/// What a kernel is trained to make large: the estimate of MMD² divided by its standard deviation, to which the power of
/// the test grows with the rows.
///
/// For `n` rows x of one sample and y of the other, in pairs, with `h_ij = k(x_i, x_j) + k(y_i, y_j) − k(x_i, y_j) −
/// k(y_i, x_j)`:
///
///     Σ_{i≠j} h_ij / n(n−1)   divided by   √(4 Σ_i (Σ_j h_ij)² / n³ − 4 (Σ_ij h_ij)² / n⁴ + regularisation)
///
/// Recorded once and run for every batch; a batch is one row of the graph.
///
/// - Complexity: O(*n²* · (*d* + *k*)) a run for *d* values before φ and *k* after it, O(*n²*) memory.
///
/// Source: F. Liu et al. (2020), arXiv:2002.09116, equation 4.
package final class KernelPower {
    private let graph = Graph()
    private let x: Variable
    private let y: Variable
    private let distinct: Variable
    /// The variables of the parameters, in their order.
    private let parameters: [Variable]
    private let value: Variable
    private let rows: Int

    /// Records the objective for kernels of a form.
    ///
    /// - Parameters:
    ///   - rows: Rows of each sample in a batch, at least 2.
    ///   - sizes: How many values a row has before φ and after each of its layers.
    ///   - fixedShare: The share of the kernel of the rows themselves; nil where it is learned.
    package init(rows: Int, sizes: [Int], fixedShare: Double?, regularisation: Double) throws {
        let graph = graph
        self.rows = rows
        x = graph.input(shape: [rows, sizes[0]])
        y = graph.input(shape: [rows, sizes[0]])
        distinct = graph.input(shape: [rows, rows])
        var parameters: [Variable] = []
        var (fx, fy) = (x, y)
        for (index, size) in sizes.enumerated().dropFirst() {
            let weight = graph.input(shape: [sizes[index - 1], size], differentiable: true)
            let bias = graph.input(shape: [1, size], differentiable: true)
            parameters += [weight, bias]
            func layer(_ input: Variable) throws -> Variable {
                let output = try graph.add(graph.product(input, weight), bias)
                return index + 1 == sizes.count ? output : graph.activation(.relu, of: output)
            }
            (fx, fy) = (try layer(fx), try layer(fy))
        }
        let logarithms = (0..<3).map { _ in graph.input(shape: [1, 1], differentiable: true) }
        self.parameters = parameters + logarithms

        func gamma(_ logarithm: Variable) -> Variable {
            graph.affine(graph.exponential(of: graph.affine(logarithm, factor: -2)), factor: -0.5)
        }
        let (featureGamma, rowGamma) = (gamma(logarithms[0]), gamma(logarithms[1]))
        let share =
            fixedShare.map { graph.constant(Float($0), shape: [1, 1]) } ?? graph.activation(.sigmoid, of: logarithms[2])
        let rest = graph.affine(share, factor: -1, offset: 1)
        let (x, y) = (x, y)
        func kernel(_ a: Variable, _ b: Variable, _ gamma: Variable) throws -> Variable {
            let norms = try (graph.sum(of: graph.square(of: a), axis: 1), graph.sum(of: graph.square(of: b), axis: 1))
            let squares = try graph.add(
                graph.reshape(norms.0, to: [rows, 1]),
                graph.reshape(norms.1, to: [1, rows])
            )
            let distances = try graph.add(
                squares,
                graph.affine(graph.product(a, b, transposingSecond: true), factor: -2)
            )
            return try graph.exponential(of: graph.multiply(distances, gamma))
        }
        func kernels(_ a: (Variable, Variable), _ b: (Variable, Variable)) throws -> Variable {
            try graph.add(
                graph.multiply(kernel(a.0, b.0, featureGamma), rest),
                graph.multiply(kernel(a.1, b.1, rowGamma), share)
            )
        }
        let (samples, others) = ((fx, x), (fy, y))
        let cross = try kernels(samples, others)
        let h = try graph.subtract(
            graph.add(kernels(samples, samples), kernels(others, others)),
            graph.add(cross, graph.transpose(cross, axes: [1, 0]))
        )
        let n = Float(rows)
        let squared = graph.affine(try graph.sum(of: graph.multiply(h, distinct)), factor: 1 / (n * (n - 1)))
        let ofRows = try graph.sum(of: graph.square(of: graph.sum(of: h, axis: 1)))
        let ofAll = graph.square(of: try graph.sum(of: h))
        let variance = try graph.subtract(
            graph.affine(ofRows, factor: 4 / (n * n * n), offset: Float(regularisation)),
            graph.affine(ofAll, factor: 4 / (n * n * n * n))
        )
        value = try graph.divide(squared, by: graph.squareRoot(of: variance))
    }

    /// The objective of two batches, and its gradient in the order of the parameters.
    ///
    /// - Parameters:
    ///   - x: Shape `[rows, d]`.
    ///   - y: As many rows of the other sample.
    ///   - values: As ``DeepKernel/parameters``.
    package func evaluate(
        _ x: Tensor<Float>,
        _ y: Tensor<Float>,
        parameters values: [Double]
    ) throws -> (value: Double, gradient: [Double]) {
        graph.begin(rows: 1)
        try graph.write(x, to: self.x)
        try graph.write(y, to: self.y)
        var mask = [Float](repeating: 1, count: rows * rows)
        for row in 0..<rows { mask[row * rows + row] = 0 }
        try graph.write(Tensor(vector: mask), to: distinct)
        var offset = 0
        for variable in parameters {
            let count = variable.shape.reduce(1, *)
            try graph.write(Tensor(vector: values[offset..<offset + count].map { Float($0) }), to: variable)
            offset += count
        }
        try graph.run(training: true)
        try graph.backward(from: value, training: true)
        let gradient = parameters.flatMap { graph.gradient(of: $0).elements.map(Double.init) }
        return (Double(graph.value(of: value).elements[0]), gradient)
    }
}
