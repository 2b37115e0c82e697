import CKernels
public import Tensors

/// Kernels between all rows of one matrix and all rows of another.
public enum KernelMatrix {
    /// Rows that are computed at a time, so that a block is still in the cache when its exponentials are taken.
    private static let blockRows = 32

    /// The Gaussian kernel `exp(−γ ‖x − y‖²)` of each row of `a` with each row of `b`.
    ///
    /// The squared distances come from one matrix product as in `PairwiseDistances`, and are never stored: each block
    /// of rows is turned into kernels while it is in the cache. Blocks are spread over the cores.
    ///
    /// - Parameters:
    ///   - a: Shape `[n, d]`, or `[n, ...]`, which counts as flat rows.
    ///   - b: Shape `[m, d]`.
    ///   - gamma: `1 / 2σ²`, positive, in one over squared units of the rows.
    /// - Returns: Shape `[n, m]`, in 0...1. A row with NaN has NaN kernels.
    /// - Throws: `.shapeMismatch` when the rows differ in size.
    /// - Complexity: O(*n* · *m* · *d*) time, O((*n* + *m*) · *d* + *n* · *m*) memory.
    public static func gaussian(
        _ a: Tensor<Float>,
        _ b: Tensor<Float>,
        gamma: Float
    ) throws(LinearAlgebraError) -> Tensor<Float> {
        guard a.shape.count >= 2, b.shape.count >= 2, a.elementsPerRow == b.elementsPerRow else {
            throw LinearAlgebraError(
                .shapeMismatch,
                "kernel matrix: \(a.shape) by \(b.shape), rows differ in size",
                remedy: "Give two matrices with the same number of columns"
            )
        }
        let origin = PairwiseDistances.columnMeans(b)
        let left = PairwiseDistances.centred(a, origin)
        let right = PairwiseDistances.centred(b, origin)
        let leftNorms = PairwiseDistances.squaredNorms(left)
        let rightNorms = PairwiseDistances.squaredNorms(right)
        let (n, m, d) = (a.rows, b.rows, a.elementsPerRow)
        return left.withUnsafeBufferPointer { x in
            right.withUnsafeBufferPointer { y in
                Tensor(shape: [n, m]) { target in
                    guard let c = target.baseAddress, let xBase = x.baseAddress, let yBase = y.baseAddress else {
                        return
                    }
                    Parallel.rows(n, grain: blockRows) { range in
                        for start in stride(from: range.lowerBound, to: range.upperBound, by: blockRows) {
                            let rows = min(blockRows, range.upperBound - start)
                            let block = c + start * m
                            Float.gemm(
                                .plain,
                                .transposed,
                                m: rows,
                                n: m,
                                k: d,
                                alpha: 1,
                                a: xBase + start * d,
                                strideA: d,
                                b: yBase,
                                strideB: d,
                                beta: 0,
                                c: block,
                                strideC: m
                            )
                            leftNorms.withUnsafeBufferPointer { norms in
                                guard let first = norms.baseAddress else { return }
                                vedette_gaussian_rows(block, rows, m, first + start, rightNorms, gamma)
                            }
                        }
                    }
                }
            }
        }
    }
}
