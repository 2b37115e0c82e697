import Methods
import Statistics

/// A test of one column: whether window and reference have one distribution there.
protocol ColumnTest: Sendable {
    /// What the values of the column are.
    var kind: ColumnKind { get }

    /// Compares a column; both sides have at least one value.
    ///
    /// - Parameter draws: What a test by permutation may draw, and from which seed.
    func answer(_ column: ColumnPair, draws: ColumnDraws) -> ColumnAnswer

    /// How far apart the sides of a column are: what permutations are ordered by, larger where they are further apart, on
    /// any scale that is the same for all permutations.
    func extent(_ column: ColumnPair) -> Double

    /// The smallest change that the test finds in a column of so many values at a level; nil where nobody knows one.
    func detectable(_ column: ColumnPair, level: Double) -> DetectableEffect?

    /// The smallest p-value that a window with `m` values can get against a column of the reference.
    func smallestPValue(m: Int, of reference: ReferenceColumn) -> Double

    /// Whether that p-value depends on the column's values, and not on their number alone.
    var looksAtReference: Bool { get }
}

extension ColumnTest {
    var looksAtReference: Bool { false }

    func detectable(_ column: ColumnPair, level: Double) -> DetectableEffect? { nil }
}

/// What the values of a column are.
enum ColumnKind: Sendable, Equatable {
    /// Of numbers only the order counts, so infinities are values as others are.
    case ranks
    /// Differences of numbers count: an infinity has none and is missing.
    case numbers
    /// Codes of categories: each distinct value is one; an infinity is one too.
    case categories
    /// 0 and 1: everything else is missing.
    case flags

    /// Whether a value can be compared; others are missing.
    func admits(_ value: Float) -> Bool {
        switch self {
        case .ranks, .categories: !value.isNaN
        case .numbers: value.isFinite
        case .flags: value == 0 || value == 1
        }
    }

    /// Calls `body` with the values of a sorted column that can be compared, still sorted; the others are missing.
    func comparable<Result>(
        _ sorted: UnsafeBufferPointer<Float>,
        _ body: (UnsafeBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        switch self {
        case .ranks, .categories: return try body(sorted)
        case .numbers:
            let start = sorted.prefix { $0 == -.infinity }.count
            let end = sorted.count - sorted.reversed().prefix { $0 == .infinity }.count
            return try body(UnsafeBufferPointer(rebasing: sorted[start..<max(start, end)]))
        case .flags: return try sorted.filter { $0 == 0 || $0 == 1 }.withUnsafeBufferPointer(body)
        }
    }
}

/// The values of one column, sorted, missing ones left out.
struct ColumnPair {
    /// Ascending.
    let reference: UnsafeBufferPointer<Float>
    /// Ascending.
    let window: UnsafeBufferPointer<Float>
    /// What rank tests need; the largest gap, the effect of every test of numbers, is part of it.
    let ranks: RankComparison

    /// Takes two sides.
    ///
    /// - Parameter referenceTies: `Σ (t³ − t)` over the groups of equal values of the reference.
    init(
        reference: UnsafeBufferPointer<Float>,
        window: UnsafeBufferPointer<Float>,
        referenceTies: Double
    ) {
        self.reference = reference
        self.window = window
        ranks = RankComparison.floats(reference: reference, window: window, referenceTies: referenceTies)
    }
}

/// A column of the reference, sorted only when somebody asks for its values.
struct ReferenceColumn {
    let reference: SortedReference
    let column: Int

    /// Values that are there.
    var count: Int { reference.present(in: column) }

    /// `Σ (t³ − t)` over the groups of equal values.
    var tieSum: Double { reference.columns.tieSum(of: column) }

    /// How many values each group of equal ones has.
    var groups: [Int] {
        reference.columns.withColumn(column) { values in
            var counts: [Int] = []
            for index in values.indices {
                if index > 0, values[index] == values[index - 1] {
                    counts[counts.count - 1] += 1
                } else {
                    counts.append(1)
                }
            }
            return counts
        }
    }
}

/// What a test says of one column.
struct ColumnAnswer {
    /// The test's statistic.
    var statistic: Double
    /// Its p-value, before corrections; in `0...1`.
    var pValue: Double
    /// How far the column is from the reference, in `0...1`.
    var effect: Double
    /// Whether the p-value is not computed as the test defines it.
    var approximate = false
}

/// What a test by permutation may draw.
struct ColumnDraws {
    /// The level that the column's answer may have to reach, corrections included.
    var level: Double
    /// What the draws start from.
    var seed: UInt64
    /// Whether the p-value comes from elsewhere, so that nothing need be drawn.
    var isIdle = false
}
