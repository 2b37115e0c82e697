import LinearAlgebra
import Statistics
package import Tensors

/// Whether other shares of classes alone would explain what a model answers in a window: label shift.
///
/// With the confusion matrix of labelled reference rows, the shares of the answers in the window give how much more or
/// less frequent each class has become, `w = C⁻¹ μ`. The reference weighted by these is compared with the window, each
/// output by the largest gap of the distribution functions. What that gap is when nothing but the shares changed comes
/// from windows that are drawn from the weighted reference and treated in the same way. Where the gap is not among the
/// largest the window is consistent with label shift; everything else stays undetermined, and a change of what labels
/// mean (concept drift) shows in outcomes alone.
///
/// The windows that are drawn share the reference's own deviations, which errs towards undetermined where the reference
/// is not much larger than the window.
///
/// Source: Z. Lipton, Y.-X. Wang and A. Smola (2018), "Detecting and correcting for label shift with black box
/// predictors", ICML, arXiv:1802.03916.
package struct LabelShift: Sendable {
    /// What was found for a window.
    package struct Answer: Sendable, Equatable {
        /// The share of each class in the window, as the answers tell it.
        package var shares: [Double]
        /// The lower ends of 95 % intervals of them.
        package var low: [Double]
        /// The upper ends.
        package var high: [Double]
        /// The share of each class in the reference.
        package var before: [Double]
        /// The chance of a window as far from the weighted reference when only the shares of classes changed; nil where
        /// the answers tell the classes too little apart to say.
        package var pValue: Double?

        /// Whether the window is consistent with label shift at 5 %.
        package var isConsistent: Bool { pValue.map { $0 > LabelShift.level } ?? false }
    }

    static let level = 0.05
    /// Windows that are drawn.
    static let draws = 199
    /// Labelled rows that are kept, at most.
    package static let mostRows = 5_000
    /// A confusion matrix with a larger condition number than this gives shares that are all noise.
    private static let largestCondition = 1e4

    private let outputs: Tensor<Float>
    private let labels: [Int]
    private let classes: Int
    /// `P(answer i, class j)`, row-major.
    private let confusion: [Double]
    private let isSolvable: Bool
    private let before: [Double]
    /// For each output the reference rows in the order of their values.
    private let orders: [[Int]]

    /// Learns from labelled reference rows.
    ///
    /// - Parameters:
    ///   - outputs: A number for each class, of which the largest is the answer, shape `[n, classes]`, finite.
    ///   - labels: The class of each row.
    /// - Throws: `.labelsRequired` for a label that is no class, or where there is not one for each row;
    ///   `.shapeMismatch` for fewer than 2 classes.
    package init(outputs: Tensor<Float>, labels: [Int]) throws {
        let classes = outputs.elementsPerRow
        guard outputs.shape.count == 2, classes >= 2 else {
            throw MethodError(
                .shapeMismatch,
                "answers of shape \(outputs.shape) are no classes",
                remedy: "Label shift is told from one number for each class"
            )
        }
        guard labels.count == outputs.rows, labels.allSatisfy({ 0..<classes ~= $0 }) else {
            throw MethodError(
                .labelsRequired,
                "\(labels.count) labels from \(labels.min() ?? 0) to \(labels.max() ?? 0) for \(outputs.rows) rows of \(classes) classes",
                remedy: "Give the index of a class, from 0 on, for each reference row"
            )
        }
        self.outputs = outputs
        self.labels = labels
        self.classes = classes
        let answers = Self.answers(outputs)
        var confusion = [Double](repeating: 0, count: classes * classes)
        var before = [Double](repeating: 0, count: classes)
        let share = 1 / Double(labels.count)
        for (answer, label) in zip(answers, labels) {
            confusion[answer * classes + label] += share
            before[label] += share
        }
        self.confusion = confusion
        self.before = before
        let matrix = try Tensor(shape: [classes, classes], elements: confusion)
        let squares = try SymmetricEigen(of: BLAS.matmul(matrix, matrix, .transposed, .plain)).values
        let condition = (squares.first ?? 0) / max(squares.last ?? 0, .leastNormalMagnitude)
        isSolvable = condition.squareRoot() <= Self.largestCondition
        orders = (0..<classes).map { column in
            (0..<outputs.rows).sorted { outputs[$0 * classes + column] < outputs[$1 * classes + column] }
        }
    }

    /// Says of a window what other shares of classes explain of it.
    ///
    /// - Parameter window: Shape `[m, classes]`; rows that are not finite are left out.
    /// - Returns: Nil where no row is left.
    /// - Complexity: O(*draws* · *classes* · (*n* + *m* log *m*)).
    package func answer(for window: Tensor<Float>, seed: UInt64) throws -> Answer? {
        let rows = window.finiteRows
        guard rows.rows > 0, rows.elementsPerRow == classes else { return nil }
        guard isSolvable else {
            return Answer(shares: before, low: before, high: before, before: before, pValue: nil)
        }
        let found = try compare(rows)
        let cumulative = labels.reduce(into: [0.0]) { $0.append(($0.last ?? 0) + found.weights[$1]) }
        let total = cumulative.last ?? 0
        var generator = SeededGenerator(seed: seed).split(stream: 41)
        var reached = 0
        var shares = [[Double]](repeating: [], count: classes)
        for _ in 0..<Self.draws {
            try Task.checkCancellation()
            let drawn = (0..<rows.rows).map { _ in Self.place(of: generator.uniform() * total, in: cumulative) }
            let other = try compare(outputs.selectingRows(drawn))
            if other.gap >= found.gap - 1e-12 { reached += 1 }
            for index in 0..<classes { shares[index].append(other.shares[index]) }
        }
        let ends = shares.map { values in
            let sorted = values.sorted()
            return (sorted[Self.draws * 25 / 1000], sorted[Self.draws - 1 - Self.draws * 25 / 1000])
        }
        return Answer(
            shares: found.shares,
            low: ends.map(\.0),
            high: ends.map(\.1),
            before: before,
            pValue: Double(1 + reached) / Double(1 + Self.draws)
        )
    }

    /// Weights of the classes, their shares, and how far the weighted reference is from a window.
    private func compare(_ window: Tensor<Float>) throws -> (weights: [Double], shares: [Double], gap: Double) {
        var answered = [Double](repeating: 0, count: classes)
        for answer in Self.answers(window) { answered[answer] += 1 / Double(window.rows) }
        let matrix = try Tensor(shape: [classes, classes], elements: confusion)
        let normal = try Cholesky(of: BLAS.matmul(matrix, matrix, .transposed, .plain))
        let target = try BLAS.matmul(
            Tensor(shape: [1, classes], elements: answered),
            matrix
        ).reshaped([classes])
        var weights = try normal.solve(target).elements.map { max(0, $0) }
        let total = zip(weights, before).reduce(0) { $0 + $1.0 * $1.1 }
        guard total > 0 else { return ([Double](repeating: 1, count: classes), before, 1) }
        weights = weights.map { $0 / total }
        return (weights, zip(weights, before).map { $0 * $1 }, gap(weights, window))
    }

    /// The largest gap of the distribution functions of any output.
    private func gap(_ weights: [Double], _ window: Tensor<Float>) -> Double {
        var largest = 0.0
        let share = 1 / Double(labels.count)
        for column in 0..<classes {
            let values = (0..<window.rows).map { window[$0 * classes + column] }.sorted()
            let order = orders[column]
            var (sum, place, row) = (0.0, 0, 0)
            while row < order.count || place < values.count {
                let first = row < order.count ? outputs[order[row] * classes + column] : .infinity
                let value = place < values.count ? min(first, values[place]) : first
                while row < order.count, outputs[order[row] * classes + column] == value {
                    sum += weights[labels[order[row]]] * share
                    row += 1
                }
                while place < values.count, values[place] == value { place += 1 }
                largest = max(largest, abs(sum - Double(place) / Double(values.count)))
            }
        }
        return largest
    }

    private static func answers(_ outputs: Tensor<Float>) -> [Int] {
        let width = outputs.elementsPerRow
        return (0..<outputs.rows).map { row in
            (0..<width).max { outputs[row * width + $0] < outputs[row * width + $1] } ?? 0
        }
    }

    /// The last place whose sum of weights before it is at most a number.
    private static func place(of value: Double, in cumulative: [Double]) -> Int {
        var (low, high) = (0, cumulative.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if cumulative[middle] <= value { low = middle } else { high = middle }
        }
        return low
    }
}

extension LabelShift.Answer {
    /// The answer for a person, in one sentence.
    package var sentence: String {
        guard let pValue else {
            return "undetermined cause: the model's answers tell the classes too little apart to see their shares"
        }
        func digits(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
        guard isConsistent else {
            return "undetermined cause: other shares of classes alone do not explain it (p \(digits(pValue)))"
        }
        let moved = shares.indices.sorted { abs(shares[$0] - before[$0]) > abs(shares[$1] - before[$1]) }.prefix(3)
        let parts = moved.map {
            "class \($0) from \(digits(before[$0])) to \(digits(shares[$0])) (\(digits(low[$0])) to \(digits(high[$0])))"
        }
        return "consistent with label shift: " + parts.joined(separator: ", ")
    }

    /// The fields of a single answer.
    package var details: [String: [Double]] {
        var details = ["label_shares": shares, "label_shares_low": low, "label_shares_high": high]
        if let pValue { details["label_shift_p_val"] = [pValue] }
        return details
    }
}
