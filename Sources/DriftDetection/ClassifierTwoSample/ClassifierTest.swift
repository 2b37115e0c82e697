import JSON
import Methods
import Statistics
import Tensors

/// A classifier learns to tell rows of the window from rows of the reference, and is judged by rows that it has not seen:
/// the test behind ``ClassifierDrift`` and ``SpotTheDiffDrift``.
///
/// Rows are divided once, by `train_size`, and the judged ones tested by a law that holds whatever was learned. Or with
/// `n_folds` every row is judged once, by a classifier that has learned from the other folds. Classifiers of different
/// folds have learned from each other's judged rows, so that no law of independent rows holds for them: for a linear
/// classifier the variance of their mean difference is twice that of independent ones. The p-value is therefore taken from
/// permutations of which rows are the window's, each learned and judged in all folds anew, and holds exactly.
struct ClassifierTest: Sendable {
    /// The fewest rows of a sample.
    private static let leastRows = 4
    /// Permutations that reach the observed answers end the search: then no level of half of their share is in reach.
    private static let exceedances = 10
    /// Permutations between two looks at whether somebody has cancelled.
    private static let pass = 8

    private let name: String
    private let reference: Tensor<Float>
    private let judge: HeldOutTest
    private let share: Double
    private let folds: Int?
    private let mostRows: Int
    private let permutationTest: PermutationTest
    private let learn: @Sendable (DomainRows, UInt64) throws -> any DomainClassifier

    /// The keys that every such test takes.
    static let parameters: [Parameter] = [
        Parameter("p_val", .number(0...1), default: 0.05, "Level of the test's own answer."),
        Parameter(
            "binarize_preds",
            .flag,
            default: false,
            "Whether correct answers are counted, and not ranks of probabilities compared."
        ),
        Parameter("train_size", .number(0.05...0.95), default: 0.75, "The share of rows that are learned from."),
        Parameter(
            "n_folds",
            .integer(2...20),
            "Into how many parts rows are cut, each judged once; replaces train_size, and takes p-values from permutations that are each learned anew."
        ),
        Parameter(
            "n_permutations",
            .integer(19...100_000),
            "With n_folds: permutations of a window, at most, 199 where absent; the search ends where ten have reached it."
        ),
        Parameter(
            "max_permutations",
            .integer(19...1_000_000),
            "With n_folds: the most permutations that a window gets when the budget's level needs them; 2000 where absent."
        ),
        Parameter(
            "max_reference_rows",
            .integer(4...100_000),
            default: 5_000,
            "Reference rows that take part in a test, at most."
        ),
        Parameter("batch_size", .integer(1...65_536), default: 32, "Rows a step."),
    ]

    /// Creates a test against a reference, shape `[n, …]`, finite.
    ///
    /// - Parameters:
    ///   - parameters: The keys above.
    ///   - learn: Makes a classifier from rows and a seed.
    /// - Throws: `.tooFewRows` below 4 rows, `.nonFiniteValue`.
    init(
        _ name: String,
        reference: Tensor<Float>,
        parameters: Parameters,
        learn: @escaping @Sendable (DomainRows, UInt64) throws -> any DomainClassifier
    ) throws(MethodError) {
        self.name = name
        self.reference = try reference.asReference(of: name, atLeast: Self.leastRows)
        judge = HeldOutTest(significance: parameters.number("p_val"), counts: parameters.flag("binarize_preds"))
        share = parameters.number("train_size")
        folds = parameters.optionalInteger("n_folds")
        mostRows = parameters.integer("max_reference_rows")
        permutationTest = PermutationTest(
            significance: parameters.number("p_val"),
            first: parameters.optionalInteger("n_permutations") ?? 199,
            most: parameters.optionalInteger("max_permutations") ?? 2_000
        )
        self.learn = learn
    }

    /// The p-value at and below which a window counts as drifted.
    var significance: Double { judge.significance }

    /// The smallest p-value that a window of so many rows can get.
    func smallestPValue(rows: Int) -> Double {
        guard folds == nil else { return permutationTest.smallestPValue }
        func judged(_ count: Int) -> Int { count - min(max(Int(Double(count) * share), 1), count - 1) }
        return judge.smallestPValue(reference: judged(referenceRows(rows)), window: judged(max(2, rows)))
    }

    /// Counted answers need samples of one size, or guessing the larger one gains something.
    private func referenceRows(_ window: Int) -> Int {
        min(reference.rows, judge.counts ? max(Self.leastRows, min(mostRows, window)) : mostRows)
    }

    /// Tests a window, shape `[m, …]`.
    func test(_ rows: Tensor<Float>, level: Double, using seed: UInt64) throws -> WindowResult {
        let window = try rows.comparable(with: reference, atLeast: Self.leastRows, name)
        var generator = SeededGenerator(seed: seed)
        let some = reference.sampled(referenceRows(window.rows), using: &generator)
        var result: WindowResult
        if let folds {
            result = try crossFit(some, window, folds: folds, level: level, using: &generator)
        } else {
            let division = DomainSplit.divisions(some, window, share: share, folds: nil, using: &generator)[0]
            let classifier = try learn(division.training, seed)
            let answers = HeldOutAnswers(
                reference: try classifier.probabilities(of: division.reference),
                window: try classifier.probabilities(of: division.window)
            )
            result = judge.result(answers, level: level)
            result.details = classifier.explanation ?? [:]
        }
        result.excludedRows = rows.rows - window.rows
        return result
    }

    // MARK: Folds

    private func crossFit(
        _ reference: Tensor<Float>,
        _ window: Tensor<Float>,
        folds: Int,
        level: Double,
        using generator: inout SeededGenerator
    ) throws -> WindowResult {
        let pooled = reference.followed(by: window)
        let (n, m) = (reference.rows, window.rows)
        let streams = generator.split(stream: 1)
        let (observed, example) = try answers(reference, window, folds: folds, using: streams.split(stream: 0))
        let distance = judge.distance(observed)
        var drawn: UInt64 = 0
        let outcome = try permutationTest.runUntil(
            exceedances: Self.exceedances,
            permutationTest.permutations(reference: n, window: m, seed: generator.next()),
            level: level,
            pass: Self.pass
        ) { null, count, withObserved in
            let ways = (0..<count).map { _ in
                drawn += 1
                return (order: null.nextOrder(), stream: drawn)
            }
            let others = try ways.mappedInParallel { way in
                let rows = pooled.selectingRows(way.order)
                let answers = try answers(
                    rows.rows(0..<n),
                    rows.rows(n..<n + m),
                    folds: folds,
                    using: streams.split(stream: way.stream)
                ).answers
                return judge.distance(answers)
            }
            return (withObserved ? [distance] : []) + others
        }
        var result = judge.result(observed, permuted: outcome)
        // Of several folds what was learned is that of a classifier of all rows, where it can be read.
        if example.explanation != nil {
            result.details = try learn(DomainRows(reference, window), generator.next()).explanation ?? [:]
        }
        return result
    }

    /// The answers to all rows, each by a classifier that has not seen it, and one of the classifiers.
    private func answers(
        _ reference: Tensor<Float>,
        _ window: Tensor<Float>,
        folds: Int,
        using generator: SeededGenerator
    ) throws -> (answers: HeldOutAnswers, example: any DomainClassifier) {
        var generator = generator
        let divisions = DomainSplit.divisions(reference, window, share: share, folds: folds, using: &generator)
        var answers = HeldOutAnswers(reference: [], window: [])
        var classifier = try learn(divisions[0].training, generator.next())
        for (index, division) in divisions.enumerated() {
            try Task.checkCancellation()
            if index > 0 { classifier = try learn(division.training, generator.next()) }
            answers.reference += try classifier.probabilities(of: division.reference)
            answers.window += try classifier.probabilities(of: division.window)
        }
        return (answers, classifier)
    }
}

extension PermutationNull {
    /// Draws the next window, and returns all rows: first those of the reference, then those of the window.
    fileprivate mutating func nextOrder() -> [Int] {
        var isWindow = [Bool](repeating: false, count: rows)
        forEachRowOfNext { isWindow[$0] = true }
        return isWindow.indices.filter { !isWindow[$0] } + isWindow.indices.filter { isWindow[$0] }
    }
}
