import CKernels
public import Tensors

/// What a kernel makes of two rows; γ says how narrow it is.
public enum KernelForm: Sendable, Hashable {
    /// `exp(−γ ‖x − y‖²)`, γ in one over squared units of the rows.
    case gaussian
    /// `(1 + γ ‖x − y‖² / α)^−α`: Gaussian kernels of all widths, mixed by a gamma distribution of shape α. Heavy tails
    /// for a small α, the Gaussian kernel in the limit.
    case rationalQuadratic(alpha: Float)
    /// `exp(−γ Σ |x − y|)`, γ in one over units of the rows.
    case laplacian
}

/// The kernel of each row of one matrix with each row of another, or the mean of several with different γ.
///
/// Preparing it packs the second matrix once; blocks of rows are then computed as often as they are wanted, and nothing
/// is allocated for them. The inner products of a few rows are turned into kernels while they are in the cache;
/// distances, as in `PairwiseDistances`, are never stored. A kernel does not depend on which rows are computed together.
public final class KernelMatrix {
    /// Rows of the first matrix.
    public let rows: Int
    /// Rows of the second matrix.
    public let columns: Int

    private let form: KernelForm
    private let gammas: [Float]
    private let left: Tensor<Float>
    private let leftNorms: [Float]
    private let right: PackedRows
    private let rightNorms: [Float]
    /// For sums of magnitudes, which are no product: the second matrix by columns.
    private let rightColumns: [Float]

    /// Prepares the kernels of two matrices.
    ///
    /// - Parameters:
    ///   - a: Shape `[n, d]`, or `[n, ...]`, which counts as flat rows.
    ///   - b: Shape `[m, d]`.
    ///   - form: What a kernel makes of two rows.
    ///   - gammas: At least one γ, each positive; `1 / 2σ²` for a Gaussian kernel of width σ.
    ///   - origin: Subtracted from every row, which changes no distance and keeps the digits that far-off data would
    ///     lose; the mean of `b` where it is absent.
    /// - Throws: `.shapeMismatch` when the rows differ in size.
    /// - Complexity: O((*n* + *m*) · *d*) time and memory.
    public init(
        _ a: Tensor<Float>,
        _ b: Tensor<Float>,
        form: KernelForm = .gaussian,
        gammas: [Float],
        origin: [Float]? = nil
    ) throws(LinearAlgebraError) {
        guard a.shape.count >= 2, b.shape.count >= 2, a.elementsPerRow == b.elementsPerRow else {
            throw LinearAlgebraError(
                .shapeMismatch,
                "kernel matrix: \(a.shape) by \(b.shape), rows differ in size",
                remedy: "Give two matrices with the same number of columns"
            )
        }
        precondition(!gammas.isEmpty, "a kernel has a width")
        self.form = form
        self.gammas = gammas
        rows = a.rows
        columns = b.rows
        let origin = origin ?? PairwiseDistances.columnMeans(b)
        let centred = PairwiseDistances.centred(b, origin)
        right = PackedRows(centred)
        rightNorms = PairwiseDistances.squaredNorms(centred)
        left = PairwiseDistances.centred(a, origin)
        leftNorms = PairwiseDistances.squaredNorms(left)
        rightColumns = form == .laplacian ? Self.columns(of: centred) : []
    }

    private static func columns(of matrix: Tensor<Float>) -> [Float] {
        let (rows, size) = (matrix.rows, matrix.elementsPerRow)
        return matrix.withUnsafeBufferPointer { values in
            [Float](unsafeUninitializedCapacity: values.count) { target, count in
                for row in 0..<rows {
                    for column in 0..<size {
                        target.initializeElement(at: column * rows + row, to: values[row * size + column])
                    }
                }
                count = values.count
            }
        }
    }

    /// Computes the kernels of some rows of the first matrix with all rows of the second.
    ///
    /// - Parameter target: Gets `[range.count, columns]` kernels in 0...1; a row with NaN has NaN kernels.
    /// - Complexity: O(*range* · *columns* · *d*) time; allocates nothing.
    public func fill(_ range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
        let size = left.elementsPerRow
        left.withUnsafeBufferPointer { values in
            leftNorms.withUnsafeBufferPointer { norms in
                guard let first = values.baseAddress, let norm = norms.baseAddress else { return }
                for start in stride(from: range.lowerBound, to: range.upperBound, by: PackedRows.mostRows) {
                    let count = min(PackedRows.mostRows, range.upperBound - start)
                    let block = target + (start - range.lowerBound) * columns
                    guard form != .laplacian else {
                        for row in 0..<count {
                            let source = first + (start + row) * size
                            let place = block + row * columns
                            vedette_laplacian_row(source, rightColumns, size, columns, gammas, gammas.count, place)
                        }
                        continue
                    }
                    right.multiply(first + start * size, rows: count, into: block)
                    switch form {
                    case .gaussian, .laplacian:
                        vedette_gaussian_rows(block, count, columns, norm + start, rightNorms, gammas, gammas.count)
                    case .rationalQuadratic(let alpha):
                        vedette_rational_quadratic_rows(
                            block,
                            count,
                            columns,
                            norm + start,
                            rightNorms,
                            gammas,
                            gammas.count,
                            alpha
                        )
                    }
                }
            }
        }
    }

    /// Computes all kernels, spread over the cores.
    ///
    /// - Parameter target: Gets `rows · columns` kernels.
    public func fill(_ target: UnsafeMutablePointer<Float>) {
        Parallel.rows(rows, grain: PackedRows.mostRows) { range in
            fill(range, into: target + range.lowerBound * columns)
        }
    }
}

extension KernelMatrix {
    /// The Gaussian kernel of each row of `a` with each row of `b`, as a matrix.
    ///
    /// - Parameters:
    ///   - a: Shape `[n, d]`, or `[n, ...]`, which counts as flat rows.
    ///   - b: Shape `[m, d]`.
    ///   - gamma: `1 / 2σ²`, positive.
    /// - Returns: Shape `[n, m]`, in 0...1. A row with NaN has NaN kernels.
    /// - Throws: `.shapeMismatch` when the rows differ in size.
    /// - Complexity: O(*n* · *m* · *d*) time, O((*n* + *m*) · *d* + *n* · *m*) memory.
    public static func gaussian(
        _ a: Tensor<Float>,
        _ b: Tensor<Float>,
        gamma: Float
    ) throws(LinearAlgebraError) -> Tensor<Float> {
        let kernels = try KernelMatrix(a, b, gammas: [gamma])
        return Tensor(shape: [kernels.rows, kernels.columns]) { target in
            if let base = target.baseAddress { kernels.fill(base) }
        }
    }

    /// The same, into a matrix that is there: for many of one size, which then take no memory from the system.
    ///
    /// - Parameter target: Shape `[n, m]`; overwritten.
    /// - Throws: `.shapeMismatch` when a shape does not fit.
    public static func gaussian(
        _ a: Tensor<Float>,
        _ b: Tensor<Float>,
        gamma: Float,
        into target: inout Tensor<Float>
    ) throws(LinearAlgebraError) {
        let kernels = try KernelMatrix(a, b, gammas: [gamma])
        guard target.shape == [kernels.rows, kernels.columns] else {
            throw LinearAlgebraError(
                .shapeMismatch,
                "kernel matrix: [\(kernels.rows), \(kernels.columns)] by a target of \(target.shape)",
                remedy:
                    "Give a target of one row for each row of the first matrix and one column for each of the second"
            )
        }
        target.withUnsafeMutableBufferPointer { target in
            if let base = target.baseAddress { kernels.fill(base) }
        }
    }
}

/// The rows of a matrix in the order in which the kernels of `CKernels` read a right factor, for inner products with
/// the rows of many others.
private final class PackedRows {
    /// Rows of the left factor in one product: whole tiles, and so few that the products are near when their exponentials
    /// are taken.
    static let mostRows: Int = {
        let tile = Int(vedette_walk_rows(vedette_walk_level()))
        return (8 + tile - 1) / tile * tile
    }()

    private let packed: UnsafeMutablePointer<Float>
    /// Where rows of the left factor begin, then rows of the product, then the one segment of a row.
    private let offsets: UnsafeMutablePointer<Int>
    private let size: Int
    private let count: Int

    init(_ matrix: Tensor<Float>) {
        count = matrix.rows
        size = matrix.elementsPerRow
        packed = .allocate(capacity: max(vedette_packed_count(size, count), 1))
        offsets = .allocate(capacity: 2 * Self.mostRows + 1)
        for row in 0..<Self.mostRows {
            offsets[row] = row * size
            offsets[Self.mostRows + row] = row * count
        }
        offsets[2 * Self.mostRows] = 0
        matrix.withUnsafeBufferPointer { values in
            if let source = values.baseAddress { vedette_pack(source, size, count, 1, size, packed, 0, size) }
        }
    }

    deinit {
        packed.deallocate()
        offsets.deallocate()
    }

    /// `target = a · matrixᵀ`, with `a` of at most `mostRows` rows.
    func multiply(_ a: UnsafePointer<Float>, rows: Int, into target: UnsafeMutablePointer<Float>) {
        var walk = vedette_walk(
            from: offsets,
            to: offsets + Self.mostRows,
            rows: rows,
            segments: offsets + 2 * Self.mostRows,
            segment_count: 1,
            length: size
        )
        var epilogue = vedette_epilogue(bias: nil, accumulate: 0, rectify: 0)
        vedette_walk_product(a, packed, count, target, &walk, &epilogue)
    }
}
