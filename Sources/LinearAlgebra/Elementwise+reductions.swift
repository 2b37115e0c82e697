import CKernels
public import Tensors

extension Elementwise {
    /// The sum of all elements, accumulated in `Double`; 0 for none.
    public static func sum(_ x: Tensor<Float>) -> Double {
        x.withUnsafeBufferPointer { vedette_sum($0.baseAddress, $0.count) }
    }

    /// The sum of the squares of all elements, accumulated in `Double`.
    public static func sumOfSquares(_ x: Tensor<Float>) -> Double {
        x.withUnsafeBufferPointer { vedette_sum_of_squares($0.baseAddress, $0.count) }
    }

    /// The sum of each column over all rows, accumulated in `Double`; `elementsPerRow` numbers.
    public static func sumColumns(_ x: Tensor<Float>) -> [Double] {
        let columns = x.elementsPerRow
        return [Double](unsafeUninitializedCapacity: columns) { sums, count in
            x.withUnsafeBufferPointer { source in
                vedette_sum_columns(source.baseAddress, sums.baseAddress, x.rows, columns)
            }
            count = columns
        }
    }

    /// The mean of each column over all rows; NaN when there is no row.
    public static func meanColumns(_ x: Tensor<Float>) -> [Double] {
        sumColumns(x).map { $0 / Double(x.rows) }
    }

    /// The sum of squared differences of each pair of corresponding rows: the squared reconstruction error.
    ///
    /// - Returns: One number per row.
    /// - Throws: `.shapeMismatch` when the shapes differ.
    public static func squaredDistanceRows(
        _ a: Tensor<Float>,
        _ b: Tensor<Float>
    ) throws(LinearAlgebraError) -> [Double] {
        guard a.shape == b.shape else {
            throw LinearAlgebraError(
                .shapeMismatch,
                "squaredDistanceRows: \(a.shape) by \(b.shape) differ",
                remedy: "Give two tensors of one shape"
            )
        }
        let columns = a.elementsPerRow
        return a.withUnsafeBufferPointer { left in
            b.withUnsafeBufferPointer { right in
                guard let x = left.baseAddress, let y = right.baseAddress else { return [] }
                return (0..<a.rows).map { vedette_squared_distance(x + $0 * columns, y + $0 * columns, columns) }
            }
        }
    }
}
