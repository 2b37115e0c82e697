package import Tensors

/// The Gaussian kernel `k(x, y) = exp(−‖x − y‖² / 2σ²)`, or the mean of several with different σ.
package struct GaussianKernel: Sendable, Equatable {
    /// The widths σ, each positive, in the unit of the features.
    package let sigmas: [Float]

    /// Creates a kernel; `sigmas` holds at least one positive width.
    package init(sigmas: [Float]) {
        precondition(!sigmas.isEmpty && sigmas.allSatisfy { $0 > 0 && $0.isFinite }, "a width is positive")
        self.sigmas = sigmas
    }

    /// The width at which `2σ²` is the median squared distance between two different rows, as ``MedianDistance`` has it;
    /// 1 where all rows coincide.
    ///
    /// - Parameters:
    ///   - rows: Shape `[n, d]`, finite, `n ≥ 2`.
    ///   - seed: What a sample is drawn from when there are more than 2,000 rows.
    package init(medianOf rows: Tensor<Float>, seed: UInt64) {
        let scale = MedianDistance.of(rows, seed: seed) { $0 * $0 }
        self.init(sigmas: [scale > 0 ? (scale / 2).squareRoot() : 1])
    }
}
