import COpenBLAS
public import Tensors

/// The eigenvalues and eigenvectors of a symmetric matrix, largest value first.
///
/// By LAPACK's `dsyevd` (divide and conquer). The sign of a vector is free; ours has its largest component positive, so
/// that two builds agree.
public struct SymmetricEigen: Sendable {
    /// The eigenvalues, largest first, shape `[n]`.
    public let values: [Double]
    /// The unit eigenvectors, row `i` belonging to `values[i]`, shape `[n, n]`.
    public let vectors: Tensor<Double>

    /// Decomposes a matrix, of which only one triangle is read.
    ///
    /// - Parameter matrix: Shape `[n, n]`, symmetric.
    /// - Throws: `.shapeMismatch` when it is not square; `.nonFiniteValue`; `.notSolvable` when LAPACK gives up.
    /// - Complexity: O(*n*³).
    public init(of matrix: Tensor<Double>) throws(LinearAlgebraError) {
        let n = try matrix.squareSize("symmetric eigendecomposition")
        var columns = matrix.elements
        var values = [Double](repeating: 0, count: n)
        guard n > 0 else {
            self.values = []
            vectors = matrix
            return
        }
        _ = BLAS.isSingleThreaded
        var info: Int32 = 0
        var size = Int32(n)
        var workSize: Int32 = Int32(1 + 6 * n + 2 * n * n)
        var integerWorkSize: Int32 = Int32(3 + 5 * n)
        var work = [Double](repeating: 0, count: Int(workSize))
        var integerWork = [Int32](repeating: 0, count: Int(integerWorkSize))
        dsyevd_("V", "U", &size, &columns, &size, &values, &work, &workSize, &integerWork, &integerWorkSize, &info)
        guard info == 0 else {
            throw LinearAlgebraError(
                .notSolvable,
                "symmetric eigendecomposition of \(matrix.shape) did not converge (LAPACK says \(info))",
                remedy: "Check that the matrix is symmetric and its values are of a sane size"
            )
        }
        self.values = values.reversed()
        vectors = Tensor(shape: [n, n]) { target in
            for row in 0..<n {
                let start = (n - 1 - row) * n
                let vector = columns[start..<start + n]
                let largest = vector.max { abs($0) < abs($1) } ?? 0
                for column in 0..<n {
                    let value = columns[start + column]
                    target.initializeElement(at: row * n + column, to: largest < 0 ? -value : value)
                }
            }
        }
    }
}

extension Tensor<Double> {
    /// The number of rows of a square matrix of finite numbers.
    func squareSize(_ operation: String) throws(LinearAlgebraError) -> Int {
        guard shape.count == 2, shape[0] == shape[1] else {
            throw LinearAlgebraError(
                .shapeMismatch,
                "\(operation): \(shape) is not a square matrix",
                remedy: "Give a matrix of shape [n, n]"
            )
        }
        let misfit = withUnsafeBufferPointer { $0.firstIndex { !$0.isFinite } }
        if let misfit {
            throw LinearAlgebraError(
                .nonFiniteValue,
                "\(operation): the value at [\(misfit / shape[0]), \(misfit % shape[0])] is \(self[misfit])",
                remedy: "Drop rows with missing values before computing the matrix"
            )
        }
        return shape[0]
    }
}
