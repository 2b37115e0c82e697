/// The product of two matrices, each its transpose where asked, for each row of the batch.
///
/// A side that is shared by all rows meets each of them. Leading axes of the first side count as further rows of it as
/// long as it is not transposed and the second is shared.
final class MatrixProduct: Operation {
    let a: Variable
    let b: Variable
    let transposesA: Bool
    let transposesB: Bool
    let output: Variable

    /// - Throws: `.shapeMismatch` naming both shapes.
    init(
        _ a: Variable,
        _ b: Variable,
        transposesA: Bool,
        transposesB: Bool,
        in graph: Graph
    ) throws(NeuralNetworkError) {
        self.a = a
        self.b = b
        self.transposesA = transposesA
        self.transposesB = transposesB
        let isStack = !transposesA && !b.isPerRow && !a.shape.isEmpty
        guard b.shape.count == 2, a.shape.count == 2 || isStack else {
            throw .mismatch("product", a.shape, b.shape, "both sides must be matrices")
        }
        let inner = (transposesA ? a.shape[0] : a.shape[a.shape.count - 1], transposesB ? b.shape[1] : b.shape[0])
        guard inner.0 == inner.1 else {
            throw .mismatch("product", a.shape, b.shape, "inner sizes \(inner.0) and \(inner.1) differ")
        }
        let rows = transposesA ? [a.shape[1]] : a.shape.dropLast()
        output = graph.output(
            shape: rows + [transposesB ? b.shape[0] : b.shape[1]],
            isPerRow: a.isPerRow || b.isPerRow,
            of: [a, b]
        )
    }

    var inputs: [Variable] { [a, b] }

    /// Rows of the batch that are one product; all of them where nothing but the first side's rows changes.
    private func blocks(_ pass: Pass) -> Range<Int> {
        let isOne = !output.isPerRow || (a.isPerRow && !b.isPerRow && !transposesA)
        return 0..<(isOne ? 1 : pass.rows)
    }

    private func matrix(
        _ variable: Variable,
        _ memory: UnsafeMutablePointer<Float>,
        _ block: Int,
        _ pass: Pass
    ) -> StridedMatrix {
        let columns = variable.shape[variable.shape.count - 1]
        let isStack = variable.isPerRow && blocks(pass).count == 1
        let count = isStack ? variable.count(pass.rows) : variable.size
        let first = memory + (variable.isPerRow ? block * variable.size : 0)
        return StridedMatrix(first, rows: count / columns, columns: columns, stride: columns)
    }

    func forward(_ pass: Pass) {
        for block in blocks(pass) {
            let (a, b) = (matrix(a, a.value, block, pass), matrix(b, b.value, block, pass))
            matrix(output, output.value, block, pass)
                .set(transposesA ? a.transposed : a, times: transposesB ? b.transposed : b, accumulate: false)
        }
    }

    func backward(_ pass: Pass) {
        for block in blocks(pass) {
            let dy = matrix(output, output.gradient, block, pass)
            if a.needsGradient {
                let (da, b) = (matrix(a, a.gradient, block, pass), matrix(b, b.value, block, pass))
                let adds = a.accumulates || (block > 0 && !a.isPerRow)
                let factor = transposesB ? b : b.transposed
                if transposesA {
                    da.set(factor.transposed, times: dy.transposed, accumulate: adds)
                } else {
                    da.set(dy, times: factor, accumulate: adds)
                }
            }
            if b.needsGradient {
                let (db, a) = (matrix(b, b.gradient, block, pass), matrix(a, a.value, block, pass))
                let adds = b.accumulates || (block > 0 && !b.isPerRow)
                let factor = transposesA ? a : a.transposed
                if transposesB {
                    db.set(dy.transposed, times: factor.transposed, accumulate: adds)
                } else {
                    db.set(factor, times: dy, accumulate: adds)
                }
            }
        }
    }
}
