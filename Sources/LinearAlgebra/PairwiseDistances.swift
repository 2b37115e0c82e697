public import Tensors

/// Distances between all rows of one matrix and all rows of another.
public enum PairwiseDistances {
    /// The squared Euclidean distance of each row of `a` to each row of `b`.
    ///
    /// Computed as `‖a‖² + ‖b‖² − 2 a·b`, one matrix product, after moving the origin to the mean of `b`, which keeps
    /// the digits that far-off data would lose; what rounding makes negative becomes 0. Rows split over the cores.
    ///
    /// - Parameters:
    ///   - a: Shape `[n, d]`, or `[n, ...]`, which counts as flat rows.
    ///   - b: Shape `[m, d]`.
    /// - Returns: Shape `[n, m]`, in squared units of the rows. A row with NaN has NaN distances.
    /// - Throws: `.shapeMismatch` when the rows differ in size.
    /// - Complexity: O(*n* · *m* · *d*) time, O((*n* + *m*) · *d* + *n* · *m*) memory.
    @inlinable public static func squared<Element: BLASElement>(
        _ a: Tensor<Element>,
        _ b: Tensor<Element>
    ) throws(LinearAlgebraError) -> Tensor<Element> {
        guard a.shape.count >= 2, b.shape.count >= 2, a.elementsPerRow == b.elementsPerRow else {
            throw LinearAlgebraError(
                .shapeMismatch,
                "pairwise distances: \(a.shape) by \(b.shape), rows differ in size",
                remedy: "Give two matrices with the same number of columns"
            )
        }
        let origin = columnMeans(b)
        let left = centred(a, origin)
        let right = centred(b, origin)
        let leftNorms = squaredNorms(left)
        let rightNorms = squaredNorms(right)
        let (n, m, d) = (a.rows, b.rows, a.elementsPerRow)
        return Tensor(shape: [n, m]) { target in
            target.initialize(repeating: 0)
            left.withUnsafeBufferPointer { x in
                right.withUnsafeBufferPointer { y in
                    guard m > 0, d > 0, let xBase = x.baseAddress, let yBase = y.baseAddress,
                        let c = target.baseAddress
                    else { return }
                    Parallel.rows(n, grain: 64) { range in
                        let block = c + range.lowerBound * m
                        Element.gemm(
                            .plain,
                            .transposed,
                            m: range.count,
                            n: m,
                            k: d,
                            alpha: -2,
                            a: xBase + range.lowerBound * d,
                            strideA: d,
                            b: yBase,
                            strideB: d,
                            beta: 0,
                            c: block,
                            strideC: m
                        )
                        for row in range {
                            let distances = c + row * m
                            for column in 0..<m {
                                let distance = distances[column] + leftNorms[row] + rightNorms[column]
                                distances[column] = distance < 0 ? 0 : distance
                            }
                        }
                    }
                }
            }
        }
    }

    @usableFromInline static func columnMeans<Element: BLASElement>(_ x: Tensor<Element>) -> [Element] {
        let width = x.elementsPerRow
        guard x.rows > 0 else { return [Element](repeating: 0, count: width) }
        var sums = [Double](repeating: 0, count: width)
        x.withUnsafeBufferPointer { values in
            for row in 0..<x.rows {
                for column in 0..<width { sums[column] += Double(values[row * width + column]) }
            }
        }
        // An infinite or missing value must not spoil the rows without one.
        return sums.map { $0.isFinite ? Element($0 / Double(x.rows)) : 0 }
    }

    @usableFromInline static func centred<Element: BLASElement>(
        _ x: Tensor<Element>,
        _ origin: [Element]
    ) -> Tensor<Element> {
        x.withUnsafeBufferPointer { values in
            Tensor(shape: x.shape) { target in
                for row in 0..<x.rows {
                    for (column, shift) in origin.enumerated() {
                        let index = row * origin.count + column
                        target.initializeElement(at: index, to: values[index] - shift)
                    }
                }
            }
        }
    }

    @usableFromInline static func squaredNorms<Element: BLASElement>(_ x: Tensor<Element>) -> [Element] {
        let width = x.elementsPerRow
        return x.withUnsafeBufferPointer { values in
            guard let base = values.baseAddress else { return [] }
            return (0..<x.rows).map { Element.dot(width, base + $0 * width, base + $0 * width) }
        }
    }
}
