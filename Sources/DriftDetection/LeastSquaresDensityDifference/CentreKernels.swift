import LinearAlgebra
package import Methods
package import Tensors

/// The kernels of standardised rows with fixed centres: what LSDD sees of a row.
package struct CentreKernels: FeatureMap {
    /// Standardised centres, shape `[c, d]`.
    package let centres: Tensor<Float>
    /// The unit of each column.
    let scaling: Scaling
    /// The width of the kernel, in standard deviations.
    package let kernel: SimilarityKernel

    /// - Parameters:
    ///   - centres: Standardised rows, shape `[c, d]`.
    ///   - scaling: What standardises other rows.
    package init(centres: Tensor<Float>, scaling: Scaling, kernel: SimilarityKernel) {
        self.centres = centres
        self.scaling = scaling
        self.kernel = kernel
    }

    package var width: Int { centres.rows }

    package func fill(_ rows: Tensor<Float>, into target: UnsafeMutablePointer<Float>) throws {
        try KernelMatrix(scaling.scaled(rows), centres, gammas: kernel.gammas).fill(0..<rows.rows, into: target)
    }
}
