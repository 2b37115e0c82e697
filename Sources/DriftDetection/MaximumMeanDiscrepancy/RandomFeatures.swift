import LinearAlgebra
import Methods
import Statistics
package import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Random Fourier features: `φ(x) = (cos ω₁x, …, cos ω_F x, sin ω₁x, …, sin ω_F x) / √F`, whose inner products are the
/// kernel up to an error of `1/√F`, and 1 for equal rows.
///
/// The frequencies ω are drawn once, when a test is fitted, from the kernel's spectral distribution: normal for the
/// Gaussian kernel, Cauchy in each column for the Laplacian one, normal with a gamma-distributed precision for the rational
/// quadratic one. Of several widths each has its turn.
///
/// Source: A. Rahimi and B. Recht (2007), "Random features for large-scale kernel machines", NIPS 20.
package struct RandomFeatures: FeatureMap {
    /// Shape `[d, F]`.
    package let frequencies: Tensor<Float>
    /// Subtracted from every row, which changes no inner product and keeps the arguments small.
    package let origin: [Float]

    package var width: Int { 2 * frequencies.elementsPerRow }

    /// Restores features.
    package init(frequencies: Tensor<Float>, origin: [Float]) {
        self.frequencies = frequencies
        self.origin = origin
    }

    /// Draws `width / 2` frequencies for rows of `size` values.
    package init(_ kernel: SimilarityKernel, size: Int, width: Int, origin: [Float], seed: UInt64) {
        var generator = SeededGenerator(seed: seed).split(stream: 11)
        let count = max(1, width / 2)
        var values = [Float](repeating: 0, count: size * count)
        for frequency in 0..<count {
            let sigma = Double(kernel.sigmas[frequency % kernel.sigmas.count])
            let scale: Double
            switch kernel.form {
            case .gaussian, .laplacian: scale = 1 / sigma
            case .rationalQuadratic(let alpha):
                scale = (generator.gamma(shape: Double(alpha)) / Double(alpha)).squareRoot() / sigma
            }
            for row in 0..<size {
                let draw = kernel.form == .laplacian ? tan(.pi * (generator.uniform() - 0.5)) : generator.normal()
                // A Cauchy draw may be any size; beyond this a column only adds noise, and arguments lose their digits.
                values[row * count + frequency] = Float(min(max(draw, -1e4), 1e4) * scale)
            }
        }
        frequencies = Tensor(vector: values).withShape([size, count])
        self.origin = origin
    }

    package func fill(_ rows: Tensor<Float>, into target: UnsafeMutablePointer<Float>) throws {
        let (size, count) = (frequencies.rows, frequencies.elementsPerRow)
        let factor = 1 / Float(count).squareRoot()
        let centred = rows.withUnsafeBufferPointer { source in
            Tensor<Float>(shape: [rows.rows, size]) { centred in
                for index in source.indices {
                    centred.initializeElement(at: index, to: source[index] - origin[index % size])
                }
            }
        }
        let arguments = try BLAS.matmul(centred, frequencies)
        arguments.withUnsafeBufferPointer { arguments in
            guard let base = arguments.baseAddress else { return }
            for row in 0..<rows.rows {
                let place = target + row * width
                Elementwise.cosineAndSine(
                    base + row * count,
                    factor: factor,
                    cosine: place,
                    sine: place + count,
                    count: count
                )
            }
        }
    }
}

extension RandomNumberGenerator {
    /// A number from the gamma distribution of unit scale.
    ///
    /// Source: G. Marsaglia and W. W. Tsang (2000), "A simple method for generating gamma variables", ACM Transactions on
    /// Mathematical Software 26(3).
    mutating func gamma(shape: Double) -> Double {
        guard shape >= 1 else { return gamma(shape: shape + 1) * pow(1 - uniform(), 1 / shape) }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let root = 1 + c * x
            guard root > 0 else { continue }
            let v = root * root * root
            if log(1 - uniform()) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
        }
    }
}
