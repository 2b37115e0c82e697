/// How two tensors meet element by element: axes are aligned at the last one, and an axis of 1 is repeated, as in NumPy.
///
/// What is shared by all rows of the batch is repeated over them.
struct Broadcasting {
    /// The shape of one row of the result.
    let shape: [Int]
    /// Elements of one row that both sides run through together, innermost.
    let run: Int
    /// The step of each side within a run: 1, or 0 where it is repeated.
    let stepA: Int
    let stepB: Int
    /// Where each side's run begins, one for each run of a row.
    let startsA: [Int]
    let startsB: [Int]

    /// - Throws: `.shapeMismatch` naming the operation and both shapes.
    init(_ name: String, _ a: [Int], _ b: [Int]) throws(NeuralNetworkError) {
        let rank = max(a.count, b.count)
        let a = Array(repeating: 1, count: rank - a.count) + a
        let b = Array(repeating: 1, count: rank - b.count) + b
        for (left, right) in zip(a, b) where left != right && left != 1 && right != 1 {
            throw NeuralNetworkError.mismatch(name, a, b, "sizes \(left) and \(right) differ")
        }
        shape = zip(a, b).map { max($0, $1) }
        // The run takes as many of the last axes as each side either has in full or repeats in full.
        var first = rank
        var (isWholeA, isWholeB): (Bool?, Bool?) = (nil, nil)
        while first > 0 {
            let axis = first - 1
            if shape[axis] > 1 {
                let (wholeA, wholeB) = (a[axis] > 1, b[axis] > 1)
                guard isWholeA ?? wholeA == wholeA, isWholeB ?? wholeB == wholeB else { break }
                (isWholeA, isWholeB) = (wholeA, wholeB)
            }
            first = axis
        }
        run = shape[first...].reduce(1, *)
        stepA = isWholeA ?? true ? 1 : 0
        stepB = isWholeB ?? true ? 1 : 0
        startsA = Self.starts(of: a, in: shape, before: first)
        startsB = Self.starts(of: b, in: shape, before: first)
    }

    /// The first element's index of each run.
    private static func starts(of sizes: [Int], in shape: [Int], before end: Int) -> [Int] {
        var starts = [0]
        for axis in 0..<end {
            let step = sizes[axis] > 1 ? sizes[(axis + 1)...].reduce(1, *) : 0
            starts = starts.flatMap { start in (0..<shape[axis]).map { start + $0 * step } }
        }
        return starts
    }
}

extension NeuralNetworkError {
    /// An error about two shapes that do not go together: "product: [3, 4] by [5, 2], inner sizes 4 and 5 differ".
    static func mismatch(_ name: String, _ a: [Int], _ b: [Int], _ problem: String) -> NeuralNetworkError {
        NeuralNetworkError(
            .shapeMismatch,
            "\(name): \(a) by \(b), \(problem)",
            remedy: "Give shapes that fit, or reshape one of them first"
        )
    }
}
