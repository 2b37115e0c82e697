import LinearAlgebra
import NeuralNetworks
import Statistics
package import Tensors

/// A kernel that can be learned: `(1 − ε) · k_a(φ(x), φ(y)) + ε · k_b(x, y)` with Gaussian kernels and a network φ.
///
/// Source: F. Liu et al. (2020), "Learning deep kernels for non-parametric two-sample tests", ICML, arXiv:2002.09116.
package struct DeepKernel: Sendable {
    /// How many values a row has before φ and after each of its layers.
    package let sizes: [Int]
    /// The share of the kernel of the rows themselves; nil where it is learned.
    package let fixedShare: Double?
    /// Weights and bias of each layer, row-major, then `ln σ_a`, `ln σ_b` and `ln (ε / (1 − ε))`.
    package var parameters: [Double]

    /// Creates a kernel from its parts.
    package init(sizes: [Int], fixedShare: Double?, parameters: [Double]) {
        precondition(parameters.count == Self.parameterCount(sizes), "\(parameters.count) parameters for \(sizes)")
        self.sizes = sizes
        self.fixedShare = fixedShare
        self.parameters = parameters
    }

    /// A kernel to start from: φ as networks start, widths by the median heuristic, ε a half.
    ///
    /// - Parameter rows: Shape `[n, d]`, finite, `n ≥ 2`.
    init(startingFrom rows: Tensor<Float>, hidden: [Int], fixedShare: Double?, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed).split(stream: 31)
        sizes = [rows.elementsPerRow] + hidden
        self.fixedShare = fixedShare
        let network = try Network(
            inputShape: [rows.elementsPerRow],
            layers: Self.layers(sizes),
            using: &generator
        )
        let weights = network.weights
        parameters = network.weightShapes.flatMap { (weights[$0.name]?.elements ?? []).map(Double.init) }
        for sample in [try network(rows), rows] {
            parameters.append(Double.logarithm(Double(GaussianKernel(medianOf: sample, seed: seed).sigmas[0])))
        }
        parameters.append(0)
    }

    /// The width of the kernel of φ.
    package var featureSigma: Double { Double.exponential(parameters[parameters.count - 3]) }
    /// The width of the kernel of the rows.
    package var rowSigma: Double { Double.exponential(parameters[parameters.count - 2]) }
    /// The share of the kernel of the rows.
    package var share: Double { fixedShare ?? 1 / (1 + Double.exponential(-parameters[parameters.count - 1])) }

    /// φ of each row.
    package func features(of rows: Tensor<Float>) throws -> Tensor<Float> {
        var weights: [String: Tensor<Float>] = [:]
        var offset = 0
        var generator = SeededGenerator(seed: 0)
        let layers = Self.layers(sizes)
        let shapes = try Network(inputShape: [sizes[0]], layers: layers, using: &generator).weightShapes
        for (name, shape) in shapes {
            let count = shape.reduce(1, *)
            weights[name] = try Tensor(shape: shape, elements: parameters[offset..<offset + count].map { Float($0) })
            offset += count
        }
        return try Network(inputShape: [sizes[0]], layers: layers, weights: weights)(rows)
    }

    /// Two samples, pooled under this kernel.
    package func pooled(reference: Tensor<Float>, window: Tensor<Float>) throws -> PooledSample {
        let rows = reference.followed(by: window)
        var terms: [(weight: Float, kernels: KernelMatrix)] = []
        func add(_ weight: Double, _ rows: Tensor<Float>, _ sigma: Double) throws {
            guard weight > 0 else { return }
            terms.append((Float(weight), try KernelMatrix(rows, rows, gammas: [Float(1 / (2 * sigma * sigma))])))
        }
        try add(1 - share, features(of: rows), featureSigma)
        try add(share, rows, rowSigma)
        return PooledSample(referenceRows: reference.rows, windowRows: window.rows, terms: terms)
    }

    private static func layers(_ sizes: [Int]) -> [Layer] {
        sizes.indices.dropFirst().flatMap { index -> [Layer] in
            index + 1 == sizes.count ? [.dense(units: sizes[index])] : [.dense(units: sizes[index]), .relu]
        }
    }

    /// How many parameters a kernel has whose rows have so many values before and after each layer.
    package static func parameterCount(_ sizes: [Int]) -> Int {
        3 + zip(sizes, sizes.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 }
    }
}
