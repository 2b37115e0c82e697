import LinearAlgebra

/// A matrix within a larger one: rows of `columns` values, `stride` apart.
struct StridedMatrix {
    let base: UnsafeMutablePointer<Float>
    let rows: Int
    let columns: Int
    let stride: Int
    /// Whether it enters a product as its transpose; `rows` and `columns` stay those in memory.
    private(set) var isTransposed = false

    init(_ base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int) {
        self.base = base
        self.rows = rows
        self.columns = columns
        self.stride = stride
    }

    /// The same values as the transpose.
    var transposed: StridedMatrix {
        var matrix = self
        matrix.isTransposed.toggle()
        return matrix
    }

    /// `self (+)= factor · a · b`; sizes are trusted.
    func set(_ a: StridedMatrix, times b: StridedMatrix, factor: Float = 1, accumulate: Bool) {
        Float.gemm(
            a.isTransposed ? .transposed : .plain,
            b.isTransposed ? .transposed : .plain,
            m: rows,
            n: columns,
            k: a.isTransposed ? a.rows : a.columns,
            alpha: factor,
            a: a.base,
            strideA: a.stride,
            b: b.base,
            strideB: b.stride,
            beta: accumulate ? 1 : 0,
            c: base,
            strideC: stride
        )
    }
}
