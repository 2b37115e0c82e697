package import Methods
package import Tensors

/// The input that stands for "nothing here", from which attributions are counted.
package enum Baseline: Sendable, Equatable {
    /// One value for every input.
    case value(Float)
    /// The mean of background rows, value by value.
    case mean

    /// All zeros, as alibi's.
    package static let zeros = Baseline.value(0)

    /// Returns the baseline of one row.
    ///
    /// - Parameters:
    ///   - shape: The shape of one row.
    ///   - background: Rows that stand for normal, for ``mean``; shape `[n, …]`.
    /// - Returns: Shape `shape`, as a batch of one: `[1] + shape`.
    /// - Throws: `.tooFewRows` when ``mean`` has no rows, `.shapeMismatch` when they have another size.
    package func row(shape: [Int], background: Tensor<Float>?) throws(MethodError) -> Tensor<Float> {
        switch self {
        case .value(let value):
            return Tensor(shape: [1] + shape, repeating: value)
        case .mean:
            guard let background, background.rows > 0 else {
                throw MethodError(
                    .tooFewRows,
                    "baseline is \"mean\" and there are no background rows",
                    remedy: "Give rows with --background, or as background in explainer.toml"
                )
            }
            let size = shape.reduce(1, *)
            guard background.elementsPerRow == size else {
                throw MethodError.width(background.elementsPerRow, expected: size, "background")
            }
            var sums = [Double](repeating: 0, count: size)
            background.withUnsafeBufferPointer { values in
                for (index, value) in values.enumerated() { sums[index % size] += Double(value) }
            }
            return Tensor(vector: sums.map { Float($0 / Double(background.rows)) }).withShape([1] + shape)
        }
    }
}
