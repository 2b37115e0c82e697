import LinearAlgebra
package import Tensors

/// Reference and window as one sample, with the sums over its kernel matrix that a permutation test needs.
///
/// The matrix is never held: blocks of its rows are made, multiplied with the memberships of many permutations at once,
/// and dropped, so memory grows with the number of rows and not with its square.
package struct PooledSample {
    /// Reference rows, which come first.
    package let referenceRows: Int
    /// Window rows, which follow.
    package let windowRows: Int
    /// All rows.
    package var rows: Int { referenceRows + windowRows }

    private let left: [[Float]]  // for each width: rows of [2γx, −γ‖x‖², 1]
    private let right: [[Float]]  // for each width: rows of [x, 1, −γ‖x‖²]; their product is −γ‖x − y‖²
    private let width: Int

    private static let blockRows = 128

    /// Pools two samples, shapes `[n, d]` and `[m, d]`.
    ///
    /// - Parameter centre: Subtracted from every row, which changes no distance and keeps the squares small.
    package init(reference: Tensor<Float>, window: Tensor<Float>, centre: [Float], kernel: GaussianKernel) {
        referenceRows = reference.rows
        windowRows = window.rows
        let d = centre.count
        width = d + 2
        var rows: [Float] = []
        rows.reserveCapacity((reference.rows + window.rows) * d)
        for sample in [reference, window] {
            sample.withUnsafeBufferPointer { values in
                for (index, value) in values.enumerated() { rows.append(value - centre[index % d]) }
            }
        }
        var left: [[Float]] = []
        var right: [[Float]] = []
        for sigma in kernel.sigmas {
            let gamma = 1 / (2 * sigma * sigma)
            var leftRows: [Float] = []
            var rightRows: [Float] = []
            leftRows.reserveCapacity(rows.count / d * (d + 2))
            rightRows.reserveCapacity(rows.count / d * (d + 2))
            for start in stride(from: 0, to: rows.count, by: d) {
                let row = rows[start..<start + d]
                let norm = -gamma * row.reduce(0) { $0 + $1 * $1 }
                for value in row { leftRows.append(2 * gamma * value) }
                leftRows.append(norm)
                leftRows.append(1)
                rightRows.append(contentsOf: row)
                rightRows.append(1)
                rightRows.append(norm)
            }
            left.append(leftRows)
            right.append(rightRows)
        }
        self.left = left
        self.right = right
    }

    /// Sums over the kernel matrix without its diagonal, for several ways to call some rows the window.
    package struct Sums {
        /// For each membership: the sum over pairs that both lie in the window.
        package var within: [Double]
        /// For each membership: the sum over pairs of which the first lies in the window.
        package var fromWindow: [Double]
        /// The sum over all pairs.
        package var total: Double
        /// For each row: the sum over pairs with any row of the sample.
        package var ofRow: [Float]
        /// For each row: the sum over pairs with the window of the first membership.
        package var ofRowWithWindow: [Float]
    }

    /// Sums the kernel matrix for several memberships in one pass.
    ///
    /// - Parameter memberships: Row-major `[rows, count]`, 1 where a row belongs to the window, else 0.
    /// - Complexity: O(*rows²* · (*d* + *count*)) time, one matrix product for all memberships; O(*rows* · *count*) memory.
    package func sums(memberships: [Float], count: Int) -> Sums {
        let rows = rows
        let columns = count + 1
        var members = [Float](repeating: 1, count: rows * columns)  // the last column counts every row
        for row in 0..<rows {
            members.replaceSubrange(
                row * columns..<row * columns + count,
                with: memberships[row * count..<(row + 1) * count]
            )
        }
        let blocks = (rows + Self.blockRows - 1) / Self.blockRows
        // Every block adds into its own part, and the parts are added in order: the same sums on any number of cores.
        var within = [Double](repeating: 0, count: blocks * count)
        var fromWindow = within
        var ofRow = [Float](repeating: 0, count: rows)
        var ofRowWithWindow = ofRow
        members.withUnsafeBufferPointer { members in
            within.withUnsafeMutableBufferPointer { within in
                fromWindow.withUnsafeMutableBufferPointer { fromWindow in
                    ofRow.withUnsafeMutableBufferPointer { ofRow in
                        ofRowWithWindow.withUnsafeMutableBufferPointer { ofRowWithWindow in
                            Parallel.rows(blocks) { range in
                                var kernel = [Float](repeating: 0, count: Self.blockRows * rows)
                                var scratch = left.count > 1 ? kernel : []
                                var products = [Float](repeating: 0, count: Self.blockRows * columns)
                                for block in range {
                                    let first = block * Self.blockRows
                                    let size = min(Self.blockRows, rows - first)
                                    fillKernel(&kernel, &scratch, first: first, size: size)
                                    multiply(kernel, members, into: &products, size: size, columns: columns)
                                    for row in 0..<size {
                                        let product = products[row * columns..<(row + 1) * columns]
                                        let base = product.startIndex
                                        let all = product[base + count]
                                        ofRow[first + row] = all
                                        ofRowWithWindow[first + row] = product[base]
                                        for column in 0..<count where members[(first + row) * columns + column] != 0 {
                                            within[block * count + column] += Double(product[base + column])
                                            fromWindow[block * count + column] += Double(all)
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        func added(_ parts: [Double]) -> [Double] {
            (0..<count).map { column in (0..<blocks).reduce(0) { $0 + parts[$1 * count + column] } }
        }
        return Sums(
            within: added(within),
            fromWindow: added(fromWindow),
            total: ofRow.reduce(0) { $0 + Double($1) },
            ofRow: ofRow,
            ofRowWithWindow: ofRowWithWindow
        )
    }

    /// Fills `[size, rows]` of the kernel matrix, its diagonal 0; several widths are averaged.
    private func fillKernel(_ kernel: inout [Float], _ scratch: inout [Float], first: Int, size: Int) {
        for index in left.indices {
            if index == 0 {
                exponentials(index, into: &kernel, first: first, size: size)
            } else {
                exponentials(index, into: &scratch, first: first, size: size)
                for position in 0..<size * rows { kernel[position] += scratch[position] }
            }
        }
        if left.count > 1 {
            let share = 1 / Float(left.count)
            for position in 0..<size * rows { kernel[position] *= share }
        }
        for row in 0..<size { kernel[row * rows + first + row] = 0 }
    }

    private func exponentials(_ index: Int, into block: inout [Float], first: Int, size: Int) {
        left[index].withUnsafeBufferPointer { left in
            right[index].withUnsafeBufferPointer { right in
                block.withUnsafeMutableBufferPointer { block in
                    guard let a = left.baseAddress, let b = right.baseAddress, let c = block.baseAddress else { return }
                    Float.gemm(
                        .plain,
                        .transposed,
                        m: size,
                        n: rows,
                        k: width,
                        alpha: 1,
                        a: a + first * width,
                        strideA: width,
                        b: b,
                        strideB: width,
                        beta: 0,
                        c: c,
                        strideC: rows
                    )
                    Elementwise.exp(c, into: c, count: size * rows)
                }
            }
        }
    }

    private func multiply(
        _ kernel: [Float],
        _ members: UnsafeBufferPointer<Float>,
        into products: inout [Float],
        size: Int,
        columns: Int
    ) {
        kernel.withUnsafeBufferPointer { kernel in
            products.withUnsafeMutableBufferPointer { products in
                guard let a = kernel.baseAddress, let b = members.baseAddress, let c = products.baseAddress else {
                    return
                }
                Float.gemm(
                    .plain,
                    .plain,
                    m: size,
                    n: columns,
                    k: rows,
                    alpha: 1,
                    a: a,
                    strideA: rows,
                    b: b,
                    strideB: columns,
                    beta: 0,
                    c: c,
                    strideC: columns
                )
            }
        }
    }
}
