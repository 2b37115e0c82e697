package import Tensors

/// A fitted test that compares a window of features with the reference.
package protocol WindowTest: Sendable {
    /// Tests one window.
    ///
    /// - Parameters:
    ///   - rows: Features after the preprocess step, shape `[n, …]`; what lies behind the first axis is flattened.
    ///   - level: The level that the caller may have to decide at; a Monte Carlo test draws as many permutations as
    ///     that takes, up to its bound. Never changes the statistic.
    ///   - seed: What the test's random choices start from; the same rows, level and seed give the same result.
    /// - Throws: `MethodError` with `.tooFewRows` or `.shapeMismatch`.
    func test(_ rows: Tensor<Float>, level: Double, using seed: UInt64) throws -> WindowResult

    /// The p-value at and below which a window counts as drifted.
    var significance: Double { get }

    /// The largest effect that a window can have.
    var largestEffect: Double { get }

    /// Whether a row with a missing value may enter: the test leaves it out of that column alone, and tests how many
    /// there are. False by default: such a row is counted with those that cannot be read.
    var takesMissingValues: Bool { get }

    /// The smallest `pValue` that a window of `rows` rows can get.
    func smallestPValue(rows: Int) -> Double
}

/// A fitted score of single rows, with a threshold that keeps its promised rate.
package protocol InstanceScorer: Sendable {
    /// The score above which a row is flagged.
    var threshold: Double { get }
    /// The share of rows like the calibration rows that is flagged, at most.
    var promisedRate: Double { get }

    /// Scores each row of a batch, shape `[n, …]` as the method was fitted on; `n` may be 0.
    ///
    /// A row that holds NaN or an infinity cannot be scored: its score and p-value are NaN, and it is not flagged.
    ///
    /// - Throws: `MethodError` with `.shapeMismatch`, or the model's own error where one is asked.
    func score(_ rows: Tensor<Float>) throws -> InstanceResult
}

/// What a method has become by fitting.
package enum FittedMethod: Sendable {
    /// It judges windows.
    case window(any WindowTest)
    /// It judges rows.
    case instance(any InstanceScorer)
    /// It judges a stream, row by row.
    case sequential(any SequentialTest)

    /// Whether it judges a stream, one row at a time: what alibi-detect calls online.
    package var isSequential: Bool {
        if case .sequential = self { true } else { false }
    }
}

extension WindowTest {
    package var takesMissingValues: Bool { false }
}
