import COpenBLAS
public import Tensors

/// A type that BLAS computes with: `Float` or `Double`.
///
/// The functions work on raw row-major memory and trust their sizes; `BLAS.matmul` and its neighbours check shapes.
public protocol BLASElement: TensorElement, BinaryFloatingPoint {
    /// `c = alpha · op(a) · op(b) + beta · c`, with `op(a)` `[m, k]`, `op(b)` `[k, n]` and `c` `[m, n]`.
    ///
    /// The strides are the elements from one row of the stored (not yet transposed) matrix to the next. With `beta` 0
    /// `c` need not be initialised.
    static func gemm(
        _ operationA: BLAS.Operation,
        _ operationB: BLAS.Operation,
        m: Int,
        n: Int,
        k: Int,
        alpha: Self,
        a: UnsafePointer<Self>,
        strideA: Int,
        b: UnsafePointer<Self>,
        strideB: Int,
        beta: Self,
        c: UnsafeMutablePointer<Self>,
        strideC: Int
    )

    /// `y = alpha · op(a) · x + beta · y`, with the stored `a` of shape `[rows, columns]`.
    static func gemv(
        _ operation: BLAS.Operation,
        rows: Int,
        columns: Int,
        alpha: Self,
        a: UnsafePointer<Self>,
        strideA: Int,
        x: UnsafePointer<Self>,
        beta: Self,
        y: UnsafeMutablePointer<Self>
    )

    /// The sum of the products of two vectors of `n` elements.
    static func dot(_ n: Int, _ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>) -> Self

    /// `y += alpha · x` over `n` elements.
    static func axpy(_ n: Int, alpha: Self, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>)
}

extension Float: BLASElement {
    /// The product of two matrices, added to a third.
    public static func gemm(
        _ operationA: BLAS.Operation,
        _ operationB: BLAS.Operation,
        m: Int,
        n: Int,
        k: Int,
        alpha: Float,
        a: UnsafePointer<Float>,
        strideA: Int,
        b: UnsafePointer<Float>,
        strideB: Int,
        beta: Float,
        c: UnsafeMutablePointer<Float>,
        strideC: Int
    ) {
        _ = BLAS.isSingleThreaded
        cblas_sgemm(
            CblasRowMajor,
            operationA.cblas,
            operationB.cblas,
            BLAS.size(m),
            BLAS.size(n),
            BLAS.size(k),
            alpha,
            a,
            BLAS.size(strideA),
            b,
            BLAS.size(strideB),
            beta,
            c,
            BLAS.size(strideC)
        )
    }

    /// The product of a matrix and a vector, added to another.
    public static func gemv(
        _ operation: BLAS.Operation,
        rows: Int,
        columns: Int,
        alpha: Float,
        a: UnsafePointer<Float>,
        strideA: Int,
        x: UnsafePointer<Float>,
        beta: Float,
        y: UnsafeMutablePointer<Float>
    ) {
        _ = BLAS.isSingleThreaded
        cblas_sgemv(
            CblasRowMajor,
            operation.cblas,
            BLAS.size(rows),
            BLAS.size(columns),
            alpha,
            a,
            BLAS.size(strideA),
            x,
            1,
            beta,
            y,
            1
        )
    }

    /// The sum of the products of two vectors.
    public static func dot(_ n: Int, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>) -> Float {
        _ = BLAS.isSingleThreaded
        return cblas_sdot(BLAS.size(n), x, 1, y, 1)
    }

    /// Adds a multiple of one vector to another.
    public static func axpy(_ n: Int, alpha: Float, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
        _ = BLAS.isSingleThreaded
        cblas_saxpy(BLAS.size(n), alpha, x, 1, y, 1)
    }
}

extension Double: BLASElement {
    /// The product of two matrices, added to a third.
    public static func gemm(
        _ operationA: BLAS.Operation,
        _ operationB: BLAS.Operation,
        m: Int,
        n: Int,
        k: Int,
        alpha: Double,
        a: UnsafePointer<Double>,
        strideA: Int,
        b: UnsafePointer<Double>,
        strideB: Int,
        beta: Double,
        c: UnsafeMutablePointer<Double>,
        strideC: Int
    ) {
        _ = BLAS.isSingleThreaded
        cblas_dgemm(
            CblasRowMajor,
            operationA.cblas,
            operationB.cblas,
            BLAS.size(m),
            BLAS.size(n),
            BLAS.size(k),
            alpha,
            a,
            BLAS.size(strideA),
            b,
            BLAS.size(strideB),
            beta,
            c,
            BLAS.size(strideC)
        )
    }

    /// The product of a matrix and a vector, added to another.
    public static func gemv(
        _ operation: BLAS.Operation,
        rows: Int,
        columns: Int,
        alpha: Double,
        a: UnsafePointer<Double>,
        strideA: Int,
        x: UnsafePointer<Double>,
        beta: Double,
        y: UnsafeMutablePointer<Double>
    ) {
        _ = BLAS.isSingleThreaded
        cblas_dgemv(
            CblasRowMajor,
            operation.cblas,
            BLAS.size(rows),
            BLAS.size(columns),
            alpha,
            a,
            BLAS.size(strideA),
            x,
            1,
            beta,
            y,
            1
        )
    }

    /// The sum of the products of two vectors.
    public static func dot(_ n: Int, _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>) -> Double {
        _ = BLAS.isSingleThreaded
        return cblas_ddot(BLAS.size(n), x, 1, y, 1)
    }

    /// Adds a multiple of one vector to another.
    public static func axpy(_ n: Int, alpha: Double, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>) {
        _ = BLAS.isSingleThreaded
        cblas_daxpy(BLAS.size(n), alpha, x, 1, y, 1)
    }
}
