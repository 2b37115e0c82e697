package import LinearAlgebra
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

    /// Kernels whose weighted sum the matrix is.
    private let terms: [(weight: Float, kernels: KernelMatrix)]

    private static let blockRows = 128

    /// Pools two samples, shapes `[n, d]` and `[m, d]`.
    ///
    /// - Parameter centre: Subtracted from every row, which changes no distance and keeps the squares small.
    /// - Throws: `.shapeMismatch` when the rows of the samples differ in size.
    package init(
        reference: Tensor<Float>,
        window: Tensor<Float>,
        centre: [Float],
        kernel: SimilarityKernel
    ) throws(LinearAlgebraError) {
        referenceRows = reference.rows
        windowRows = window.rows
        let size = reference.elementsPerRow
        guard window.elementsPerRow == size else {
            throw LinearAlgebraError(
                .shapeMismatch,
                "pooled sample: \(reference.shape) by \(window.shape), rows differ in size",
                remedy: "Give two samples with the same number of columns"
            )
        }
        let pooled = Tensor<Float>(shape: [reference.rows + window.rows, size]) { target in
            reference.withUnsafeBufferPointer { _ = target.initialize(from: $0) }
            window.withUnsafeBufferPointer { _ = target[reference.count...].initialize(from: $0) }
        }
        let kernels = try KernelMatrix(pooled, pooled, form: kernel.form, gammas: kernel.gammas, origin: centre)
        terms = [(1, kernels)]
    }

    /// A sample whose kernel is a weighted sum of several, each of all its rows with all its rows.
    init(referenceRows: Int, windowRows: Int, terms: [(weight: Float, kernels: KernelMatrix)]) {
        self.referenceRows = referenceRows
        self.windowRows = windowRows
        self.terms = terms
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
                                let block = Self.blockRows * rows
                                let kernels = UnsafeMutablePointer<Float>.allocate(
                                    capacity: Self.blockRows * columns + block * min(2, terms.count)
                                )
                                defer { kernels.deallocate() }
                                let products = kernels + block
                                let further = products + Self.blockRows * columns
                                for block in range {
                                    let first = block * Self.blockRows
                                    let size = min(Self.blockRows, rows - first)
                                    fill(kernels, further, first: first, size: size)
                                    multiply(kernels, members, into: products, size: size, columns: columns)
                                    for row in 0..<size {
                                        let product = products + row * columns
                                        let all = product[count]
                                        ofRow[first + row] = all
                                        ofRowWithWindow[first + row] = product[0]
                                        for column in 0..<count where members[(first + row) * columns + column] != 0 {
                                            within[block * count + column] += Double(product[column])
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

    /// Fills `[size, rows]` of the kernel matrix, its diagonal 0; `further` is room for a second kernel where there are
    /// several.
    private func fill(
        _ target: UnsafeMutablePointer<Float>,
        _ further: UnsafeMutablePointer<Float>,
        first: Int,
        size: Int
    ) {
        for (index, term) in terms.enumerated() {
            let place = index == 0 ? target : further
            term.kernels.fill(first..<first + size, into: place)
            if index > 0 {
                for element in 0..<size * rows { target[element] += term.weight * further[element] }
            } else if term.weight != 1 {
                for element in 0..<size * rows { target[element] *= term.weight }
            }
        }
        for row in 0..<size { target[row * rows + first + row] = 0 }
    }

    private func multiply(
        _ kernels: UnsafePointer<Float>,
        _ members: UnsafeBufferPointer<Float>,
        into products: UnsafeMutablePointer<Float>,
        size: Int,
        columns: Int
    ) {
        guard let members = members.baseAddress else { return }
        Float.gemm(
            .plain,
            .plain,
            m: size,
            n: columns,
            k: rows,
            alpha: 1,
            a: kernels,
            strideA: rows,
            b: members,
            strideB: columns,
            beta: 0,
            c: products,
            strideC: columns
        )
    }
}
