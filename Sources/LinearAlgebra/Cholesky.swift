import COpenBLAS
public import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A symmetric positive definite matrix as `L · Lᵀ`, ready to solve systems.
public struct Cholesky: Sendable {
    /// The lower triangle `L`, zeros above the diagonal, shape `[n, n]`.
    public let lower: Tensor<Double>

    /// Factors a matrix, of which only the lower triangle is read.
    ///
    /// - Parameter matrix: Shape `[n, n]`, symmetric.
    /// - Throws: `.shapeMismatch` when it is not square; `.nonFiniteValue`; `.notSolvable` when it is not positive
    ///   definite.
    /// - Complexity: O(*n*³).
    public init(of matrix: Tensor<Double>) throws(LinearAlgebraError) {
        let n = try matrix.squareSize("Cholesky")
        guard n > 0 else {
            lower = matrix
            return
        }
        _ = BLAS.isSingleThreaded
        var values = matrix.elements
        var size = Int32(n)
        var info: Int32 = 0
        dpotrf_("U", &size, &values, &size, &info)  // by columns, the upper triangle is our lower one by rows
        guard info == 0 else {
            throw LinearAlgebraError(
                .notSolvable,
                "Cholesky: the leading \(info) rows of \(matrix.shape) are not positive definite",
                remedy: "Add a small multiple of the identity, or drop columns that depend on others"
            )
        }
        for row in 0..<n {
            for column in row + 1..<max(n, row + 1) { values[row * n + column] = 0 }
        }
        lower = Tensor(shape: [n, n]) { _ = $0.initialize(from: values) }
    }

    /// Solves `A · x = b` for each row of `b`.
    ///
    /// - Parameter b: Shape `[n]`, or `[k, n]` for `k` right-hand sides.
    /// - Returns: The solutions, in the shape of `b`.
    /// - Throws: `.shapeMismatch` when the size differs from the matrix'.
    /// - Complexity: O(*n*²) per row.
    public func solve(_ b: Tensor<Double>) throws(LinearAlgebraError) -> Tensor<Double> {
        let n = lower.rows
        guard b.shape.last == n, b.shape.count <= 2 else {
            throw LinearAlgebraError(
                .shapeMismatch,
                "Cholesky solve: \(lower.shape) with right-hand sides \(b.shape)",
                remedy: "Give rows of \(n) numbers"
            )
        }
        guard b.count > 0 else { return b }
        var solution = b
        var size = Int32(n)
        var sides = Int32(b.count / n)
        var info: Int32 = 0
        lower.withUnsafeBufferPointer { factor in
            solution.withUnsafeMutableBufferPointer { rows in
                dpotrs_("U", &size, &sides, factor.baseAddress, &size, rows.baseAddress, &size, &info)
            }
        }
        return solution
    }

    /// The natural logarithm of the matrix' determinant.
    public var logDeterminant: Double {
        let n = lower.rows
        return lower.withUnsafeBufferPointer { values in
            (0..<n).reduce(0) { $0 + 2 * log(values[$1 * n + $1]) }
        }
    }
}
