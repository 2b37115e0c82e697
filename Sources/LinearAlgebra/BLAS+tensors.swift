public import Tensors

extension BLAS {
    /// The product of two matrices, `op(a) · op(b)`.
    ///
    /// A tensor of more than two axes counts as a matrix of its rows: `[n, h, w, c]` as `[n, h·w·c]`.
    ///
    /// - Parameters:
    ///   - a: Shape `[m, k]`, or `[k, m]` when transposed.
    ///   - b: Shape `[k, n]`, or `[n, k]` when transposed.
    /// - Returns: Shape `[m, n]`. NaN and infinities follow IEEE arithmetic.
    /// - Throws: `.shapeMismatch` when the inner sizes differ or an operand has fewer than two axes.
    public static func matmul<Element: BLASElement>(
        _ a: Tensor<Element>,
        _ b: Tensor<Element>,
        _ operationA: Operation = .plain,
        _ operationB: Operation = .plain,
        alpha: Element = 1
    ) throws(LinearAlgebraError) -> Tensor<Element> {
        let sizes = try ProductSizes(a.shape, b.shape, operationA, operationB)
        return Tensor(shape: [sizes.m, sizes.n]) { target in
            target.initialize(repeating: 0)
            multiply(a, b, operationA, operationB, sizes, alpha: alpha, beta: 0, into: target)
        }
    }

    /// Adds a product to a matrix in place: `c = alpha · op(a) · op(b) + beta · c`.
    ///
    /// - Parameter c: Shape `[m, n]`.
    /// - Throws: `.shapeMismatch` when the shapes do not fit each other.
    public static func multiply<Element: BLASElement>(
        _ a: Tensor<Element>,
        _ b: Tensor<Element>,
        _ operationA: Operation = .plain,
        _ operationB: Operation = .plain,
        alpha: Element = 1,
        beta: Element = 0,
        into c: inout Tensor<Element>
    ) throws(LinearAlgebraError) {
        let sizes = try ProductSizes(a.shape, b.shape, operationA, operationB)
        guard c.rows == sizes.m, c.elementsPerRow == sizes.n else {
            throw LinearAlgebraError(
                .shapeMismatch,
                "matmul: the product is [\(sizes.m), \(sizes.n)] and the target \(c.shape)",
                remedy: "Give a target of the product's shape"
            )
        }
        c.withUnsafeMutableBufferPointer { target in
            multiply(a, b, operationA, operationB, sizes, alpha: alpha, beta: beta, into: target)
        }
    }

    /// The product of a matrix and a vector, `op(a) · x`.
    ///
    /// - Parameters:
    ///   - a: Shape `[m, k]`, or `[k, m]` when transposed.
    ///   - x: `k` elements.
    /// - Returns: Shape `[m]`.
    /// - Throws: `.shapeMismatch` when the sizes differ.
    public static func matvec<Element: BLASElement>(
        _ a: Tensor<Element>,
        _ x: Tensor<Element>,
        _ operation: Operation = .plain
    ) throws(LinearAlgebraError) -> Tensor<Element> {
        let product = try matmul(a, x.asColumn, operation)
        return product.asVector
    }

    /// The sum of the products of the elements of two tensors of one size.
    ///
    /// - Throws: `.shapeMismatch` when the counts differ.
    public static func dot<Element: BLASElement>(
        _ x: Tensor<Element>,
        _ y: Tensor<Element>
    ) throws(LinearAlgebraError) -> Element {
        guard x.count == y.count else {
            throw LinearAlgebraError(
                .shapeMismatch,
                "dot: \(x.shape) by \(y.shape) have \(x.count) and \(y.count) elements",
                remedy: "Give two vectors of one size"
            )
        }
        return x.withUnsafeBufferPointer { left in
            y.withUnsafeBufferPointer { right in
                guard let a = left.baseAddress, let b = right.baseAddress else { return 0 }
                return Element.dot(x.count, a, b)
            }
        }
    }

    private static func multiply<Element: BLASElement>(
        _ a: Tensor<Element>,
        _ b: Tensor<Element>,
        _ operationA: Operation,
        _ operationB: Operation,
        _ sizes: ProductSizes,
        alpha: Element,
        beta: Element,
        into target: UnsafeMutableBufferPointer<Element>
    ) {
        a.withUnsafeBufferPointer { left in
            b.withUnsafeBufferPointer { right in
                guard sizes.m > 0, sizes.n > 0,
                    let leftBase = left.baseAddress, let rightBase = right.baseAddress, let c = target.baseAddress
                else { return }
                Element.gemm(
                    operationA,
                    operationB,
                    m: sizes.m,
                    n: sizes.n,
                    k: sizes.k,
                    alpha: alpha,
                    a: leftBase,
                    strideA: max(a.elementsPerRow, 1),
                    b: rightBase,
                    strideB: max(b.elementsPerRow, 1),
                    beta: beta,
                    c: c,
                    strideC: sizes.n
                )
            }
        }
    }
}

/// The sizes of a product of two matrices, checked to fit.
private struct ProductSizes {
    let m: Int
    let n: Int
    let k: Int

    init(
        _ a: [Int],
        _ b: [Int],
        _ operationA: BLAS.Operation,
        _ operationB: BLAS.Operation
    ) throws(LinearAlgebraError) {
        guard a.count >= 2, b.count >= 2 else {
            throw LinearAlgebraError(
                .shapeMismatch,
                "matmul: \(a) by \(b), both need two axes",
                remedy: "Reshape a vector to a matrix of one row or one column"
            )
        }
        let left = (rows: a[0], columns: a.dropFirst().reduce(1, *))
        let right = (rows: b[0], columns: b.dropFirst().reduce(1, *))
        let inner = operationA == .plain ? left.columns : left.rows
        let other = operationB == .plain ? right.rows : right.columns
        guard inner == other else {
            throw LinearAlgebraError(
                .shapeMismatch,
                "matmul: \(a)\(operationA == .plain ? "" : "ᵀ") by \(b)\(operationB == .plain ? "" : "ᵀ"), "
                    + "inner sizes \(inner) and \(other) differ",
                remedy: "Give matrices whose inner sizes agree, or transpose one"
            )
        }
        m = operationA == .plain ? left.rows : left.columns
        n = operationB == .plain ? right.columns : right.rows
        k = inner
    }
}

extension Tensor {
    /// The elements as a matrix of one column, without copying them.
    fileprivate var asColumn: Tensor { withShape([count, 1]) }

    /// The elements as a vector, without copying them.
    fileprivate var asVector: Tensor { withShape([count]) }
}
