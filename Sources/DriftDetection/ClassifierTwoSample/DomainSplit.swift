import Statistics
import Tensors

/// Reference and window divided for a classifier: what it learns from, and what it is judged by.
struct DomainSplit {
    /// Rows to learn from.
    let training: DomainRows
    /// Reference rows to judge by.
    let reference: Tensor<Float>
    /// Window rows to judge by.
    let window: Tensor<Float>

    /// Divides each sample in proportion, so that each side has rows of both.
    ///
    /// - Parameters:
    ///   - share: The share to learn from where the rows are divided once.
    ///   - folds: Into how many parts each sample is cut in turn, where it is.
    ///   - leastRows: The fewest rows on each side where the rows are divided once; each sample has twice as many.
    /// - Returns: One division, or one for each fold.
    static func divisions(
        _ reference: Tensor<Float>,
        _ window: Tensor<Float>,
        share: Double,
        folds: Int?,
        leastRows: Int = 1,
        using generator: inout SeededGenerator
    ) -> [DomainSplit] {
        let orders = [generator.permutation(reference.rows), generator.permutation(window.rows)]
        let count = folds.map { min($0, reference.rows, window.rows) }
        return (0..<(count ?? 1)).map { fold in
            let held = orders.map { order in
                let range: Range<Int>
                if let count {
                    range = order.count * fold / count..<order.count * (fold + 1) / count
                } else {
                    let learning = min(max(Int(Double(order.count) * share), leastRows), order.count - leastRows)
                    range = learning..<order.count
                }
                return (
                    judged: order[range].sorted(),
                    learnt: (order[..<range.lowerBound] + order[range.upperBound...]).sorted()
                )
            }
            let first = reference.selectingRows(held[0].learnt)
            let second = window.selectingRows(held[1].learnt)
            return DomainSplit(
                training: DomainRows(first, second),
                reference: reference.selectingRows(held[0].judged),
                window: window.selectingRows(held[1].judged)
            )
        }
    }
}

extension Tensor<Float> {
    /// The rows of both, shape `[n + m, d]`.
    func followed(by other: Tensor<Float>) -> Tensor<Float> {
        Tensor(shape: [rows + other.rows, elementsPerRow]) { target in
            withUnsafeBufferPointer { _ = target.initialize(from: $0) }
            other.withUnsafeBufferPointer { _ = target[count...].initialize(from: $0) }
        }
    }

    /// All rows, or so many drawn by the generator, in their order.
    func sampled(_ most: Int, using generator: inout SeededGenerator) -> Tensor<Float> {
        rows <= most ? self : selectingRows(generator.sample(most, of: rows).sorted())
    }
}
