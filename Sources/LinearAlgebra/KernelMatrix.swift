import CKernels
public import Tensors

/// Kernels between all rows of one matrix and all rows of another.
public enum KernelMatrix {
    /// Rows that are computed at a time, so that a block is still in the cache when its exponentials are taken.
    private static let blockRows = 32

    /// The Gaussian kernel `exp(−γ ‖x − y‖²)` of each row of `a` with each row of `b`.
    ///
    /// The inner products of a block of rows with all of `b`, packed once, are turned into kernels while they are in the
    /// cache; distances, as in `PairwiseDistances`, are never stored. Blocks are spread over the cores.
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
        let packed = PackedMatrix(transposing: right)
        return left.withUnsafeBufferPointer { x in
            Tensor(shape: [n, m]) { target in
                guard let c = target.baseAddress, let rows = x.baseAddress else { return }
                Parallel.rows(n, grain: blockRows) { range in
                    for start in stride(from: range.lowerBound, to: range.upperBound, by: blockRows) {
                        let count = min(blockRows, range.upperBound - start)
                        packed.multiply(rows + start * d, rows: count, into: c + start * m)
                        leftNorms.withUnsafeBufferPointer { norms in
                            guard let first = norms.baseAddress else { return }
                            vedette_gaussian_rows(c + start * m, count, m, first + start, rightNorms, gamma)
                        }
                    }
                }
            }
        }
    }
}

/// A matrix in the order in which the kernels of `CKernels` read a right factor, for products with many left factors.
struct PackedMatrix: ~Copyable {
    private let base: UnsafeMutablePointer<Float>
    private let inner: Int
    private let columns: Int

    /// Packs `matrixᵀ`, for a matrix of shape `[columns, inner]`.
    init(transposing matrix: Tensor<Float>) {
        columns = matrix.rows
        inner = matrix.elementsPerRow
        base = .allocate(capacity: max(vedette_packed_count(inner, columns), 1))
        matrix.withUnsafeBufferPointer { values in
            guard let source = values.baseAddress else { return }
            vedette_pack(source, inner, columns, 1, inner, base, 0, inner)
        }
    }

    deinit { base.deallocate() }

    /// `target = a · matrix`, with `a` of shape `[rows, inner]` and at most 64 rows.
    func multiply(_ a: UnsafePointer<Float>, rows: Int, into target: UnsafeMutablePointer<Float>) {
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 2 * rows + 1) { offsets in
            guard let from = offsets.baseAddress else { return }
            for row in 0..<rows {
                offsets.initializeElement(at: row, to: row * inner)
                offsets.initializeElement(at: rows + row, to: row * columns)
            }
            offsets.initializeElement(at: 2 * rows, to: 0)
            var walk = vedette_walk(
                from: from,
                to: from + rows,
                rows: rows,
                segments: from + 2 * rows,
                segment_count: 1,
                length: inner
            )
            var epilogue = vedette_epilogue(bias: nil, accumulate: 0, rectify: 0)
            vedette_walk_product(a, base, columns, target, &walk, &epilogue)
        }
    }
}
