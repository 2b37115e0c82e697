import CLayerKernels
import LinearAlgebra

/// The three matrix products of a layer, row-major: forward, to its input, and to its weight.
enum Product {
    /// A matrix somewhere in memory: its first element, its rows and its columns.
    typealias Matrix = (base: UnsafeMutablePointer<Float>, rows: Int, columns: Int)

    /// Whether a product of `[m, k]` and `[k, n]` is too small for BLAS, whose time goes into packing then.
    static func isSmall(_ m: Int, _ k: Int, _ n: Int) -> Bool { m * k * n <= 1 << 20 }

    /// `c (+)= a · b`.
    static func multiply(_ a: Matrix, _ b: Matrix, into c: UnsafeMutablePointer<Float>, accumulate: Bool) {
        // For small matrices whose columns are no multiple of 16, OpenBLAS asks for memory in every call.
        if !b.columns.isMultiple(of: 16), isSmall(a.rows, a.columns, b.columns) {
            return layer_dense_rows(a.base, b.base, nil, c, a.rows, a.columns, b.columns, accumulate ? 1 : 0, 0)
        }
        Float.gemm(
            .plain,
            .plain,
            m: a.rows,
            n: b.columns,
            k: a.columns,
            alpha: 1,
            a: a.base,
            strideA: a.columns,
            b: b.base,
            strideB: b.columns,
            beta: accumulate ? 1 : 0,
            c: c,
            strideC: b.columns
        )
    }

    /// `c (+)= a · bᵀ`.
    static func multiplyTransposed(_ a: Matrix, _ b: Matrix, into c: UnsafeMutablePointer<Float>, accumulate: Bool) {
        Float.gemm(
            .plain,
            .transposed,
            m: a.rows,
            n: b.rows,
            k: a.columns,
            alpha: 1,
            a: a.base,
            strideA: a.columns,
            b: b.base,
            strideB: b.columns,
            beta: accumulate ? 1 : 0,
            c: c,
            strideC: b.rows
        )
    }

    /// `c (+)= aᵀ · b`.
    static func transposedMultiply(_ a: Matrix, _ b: Matrix, into c: UnsafeMutablePointer<Float>, accumulate: Bool) {
        Float.gemm(
            .transposed,
            .plain,
            m: a.columns,
            n: b.columns,
            k: a.rows,
            alpha: 1,
            a: a.base,
            strideA: a.columns,
            b: b.base,
            strideB: b.columns,
            beta: accumulate ? 1 : 0,
            c: c,
            strideC: b.columns
        )
    }
}
