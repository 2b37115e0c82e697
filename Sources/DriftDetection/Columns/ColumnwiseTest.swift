import JSON
package import Methods
import Statistics
package import Tensors

/// A test of each column, with one answer for all of them.
///
/// A value that is NaN is left out of its column; so are infinities where differences of numbers count, and anything but
/// 0 and 1 where rates are compared. Columns that miss values, in the reference or in the window, are besides tested for
/// their missing rate by Fisher's exact test, two-sided, and those tests count in the correction. Which columns these are
/// follows from reference and window pooled, so it does not favour either, and the level still holds. A column of which
/// the window has no value gets the p-value 1: its missing rate speaks for it.
///
/// The window's p-value is the smallest level at which the correction rejects: `min(1, d · min p)` for Bonferroni,
/// `min over i of d · p(i) / i` for Benjamini and Hochberg.
///
/// Where rows depend on those before them, every p-value, that of missing rates among them, comes from permutations of
/// blocks or of the whole window, as ``PermutationScheme`` has it.
///
/// The effect is the same whatever the test, so that a least effect means one thing: the largest gap between the two
/// distribution functions for numbers, the total variation for categories; both lie in `0...1`.
///
/// - Complexity: O(*d · m* log *m*) for *d* columns and *m* window rows, and what the test adds; the first test sorts
///   the reference, O(*d · n* log *n*).
///
/// Source: S. Rabanser, S. Günnemann and Z. Lipton (2019), "Failing loudly", arXiv:1810.11953.
package struct ColumnwiseTest: WindowTest {
    package let significance: Double
    package var takesMissingValues: Bool { true }
    package let largestEffect = 1.0

    private let method: String
    private let reference: SortedReference
    private let correction: Correction
    private let tests: [any ColumnTest]
    private let stream: StreamPermutations?

    /// Takes a reference, shape `[n, …]`, and a test for each column.
    ///
    /// - Parameter stream: Where p-values come from when rows depend on each other.
    /// - Throws: `.tooFewRows` when a column has no value at all.
    init(
        _ method: String,
        reference: Tensor<Float>,
        tests: [any ColumnTest],
        correction: Correction,
        significance: Double,
        stream: StreamPermutations? = nil
    ) throws(MethodError) {
        precondition(
            tests.count == reference.elementsPerRow,
            "\(tests.count) tests of \(reference.elementsPerRow) columns"
        )
        self.method = method
        self.reference = SortedReference(reference)
        self.tests = tests
        self.correction = correction
        self.significance = significance
        self.stream = stream
        for column in 0..<self.reference.count where self.reference.present(in: column) == 0 {
            throw MethodError(
                .tooFewRows,
                "column \(column) of the reference has no value",
                remedy: "Leave the column out with columns in [monitor], or give a reference that has values there"
            )
        }
    }

    package func smallestPValue(rows: Int) -> Double {
        if let stream {
            let each = stream.smallestPValue(reference: reference.rows, window: rows)
            return min(1, correction.pValue(of: tests.map { _ in each }))
        }
        // Columns with as many values share the answer, unless it depends on the values.
        var known: [Int: Double] = [:]
        let columns = tests.indices.map { index in
            let column = ReferenceColumn(reference: reference, column: index)
            let isShared = !tests[index].looksAtReference
            // A table has one test for each kind of column.
            let key = column.count << 1 | (tests[index].kind == .categories ? 1 : 0)
            if isShared, let p = known[key] { return p }
            let p = tests[index].smallestPValue(m: rows, of: column)
            if isShared { known[key] = p }
            return p
        }
        return min(1, correction.pValue(of: columns))
    }

    package func test(_ rows: Tensor<Float>, level: Double, using seed: UInt64) throws -> WindowResult {
        guard rows.elementsPerRow == reference.count else {
            throw MethodError.width(rows.elementsPerRow, expected: reference.count, method)
        }
        guard rows.rows > 0 else {
            throw MethodError(.tooFewRows, "\(method): the window has no rows", remedy: "Wait for rows")
        }
        let window = SortedColumns(rows)
        let sorted = reference.columns
        let share = min(level, significance) / Double(max(1, 2 * reference.count))
        let seeds = SeededGenerator(seed: seed)
        var answers: [ColumnAnswer] = []
        var missing: [FeatureResult] = []
        var counts: [(n: Int, m: Int)] = []
        func permuted(_ test: any ColumnTest, _ column: Int, _ draws: ColumnDraws, _ convert: (Float) -> Float)
            -> Double?
        {
            stream?.pValue(
                of: test,
                reference: reference.values(of: column).map(convert),
                window: rows.values(of: column).map(convert),
                draws: draws
            )
        }
        for column in tests.indices {
            try Task.checkCancellation()
            var generator = seeds.split(stream: UInt64(column))
            let draws = ColumnDraws(level: share, seed: generator.next())
            let kind = tests[column].kind
            var (answer, n, m) = compare(column, sorted, window, draws)
            if n > 0, m > 0, let p = permuted(tests[column], column, draws, { $0 }) {
                answer.pValue = p
                answer.approximate = false
            }
            answers.append(answer)
            counts.append((n, m))
            if var rate = missingTest(column, present: (n, m), of: rows.rows) {
                let draws = ColumnDraws(level: share, seed: generator.next())
                let flags = FisherColumn(alternative: .twoSided)
                if let p = permuted(flags, column, draws, { kind.admits($0) ? 0 : 1 }) { rate.pValue = p }
                missing.append(rate)
            }
        }
        let family = answers.map(\.pValue) + missing.map(\.pValue)
        let pValue = correction.pValue(of: family)
        let worst = answers.indices.max { answers[$0].effect < answers[$1].effect } ?? 0
        let first = correction.firstStep(of: family.count, level: level)
        return WindowResult(
            isDrift: pValue <= significance,
            pValue: pValue,
            pValues: answers.map(\.pValue),
            distances: answers.map(\.statistic),
            threshold: correction.threshold(for: family, level: significance),
            effect: effect(answers[worst].effect, of: tests[worst].kind, counts: counts[worst]),
            detectable: stream == nil
                ? withPair(of: worst, sorted, window) { pair, _, _ in
                    pair.flatMap { tests[worst].detectable($0, level: first) }
                } : nil,
            features: answers.enumerated().map {
                FeatureResult(
                    name: "\($0)",
                    statistic: $1.statistic,
                    pValue: $1.pValue,
                    effect: $1.effect
                )
            },
            missing: missing,
            jointly: false,
            approximate: answers.contains(where: \.approximate),
            details: stream?.scheme.details ?? [:]
        )
    }

    /// The test of one column, and how many values each side has there.
    private func compare(
        _ column: Int,
        _ sorted: SortedColumns,
        _ window: SortedColumns,
        _ draws: ColumnDraws
    ) -> (ColumnAnswer, n: Int, m: Int) {
        withPair(of: column, sorted, window) { pair, n, m in
            guard let pair else { return (ColumnAnswer(statistic: 0, pValue: 1, effect: 0), n, m) }
            var draws = draws
            draws.isIdle = stream != nil
            var answer = tests[column].answer(pair, draws: draws)
            answer.pValue = min(1, max(answer.pValue, .leastNormalMagnitude))
            return (answer, n, m)
        }
    }

    /// Calls `body` with the sides of a column, nil where one has no value, and with how many values each has.
    private func withPair<Result>(
        of column: Int,
        _ sorted: SortedColumns,
        _ window: SortedColumns,
        _ body: (ColumnPair?, _ n: Int, _ m: Int) -> Result
    ) -> Result {
        let kind = tests[column].kind
        return sorted.withColumn(column) { reference in
            kind.comparable(reference) { reference in
                window.withColumn(column) { values in
                    kind.comparable(values) { values in
                        guard !reference.isEmpty, !values.isEmpty else {
                            return body(nil, reference.count, values.count)
                        }
                        let isWhole = reference.count == sorted.present(in: column)
                        let pair = ColumnPair(
                            reference: reference,
                            window: values,
                            referenceTies: isWhole ? sorted.tieSum(of: column) : RankComparison.tieSum(reference)
                        )
                        return body(pair, reference.count, values.count)
                    }
                }
            }
        }
    }

    private func missingTest(_ column: Int, present: (n: Int, m: Int), of rows: Int) -> FeatureResult? {
        let before = reference.rows - present.n
        let now = rows - present.m
        guard before + now > 0 else { return nil }
        let rates = (before: Double(before) / Double(reference.rows), now: Double(now) / Double(rows))
        return FeatureResult(
            name: "\(column)",
            statistic: rates.now,
            pValue: FisherExact.pValue(successes: (now, before), failures: (present.m, present.n)),
            effect: abs(rates.now - rates.before)
        )
    }

    /// The effect with a 95 % interval that holds whatever the distributions are.
    ///
    /// Each empirical function stays within `√(ln(4/0.05) / 2n)` of its own distribution with chance 0.975 (P. Massart,
    /// 1990, Annals of Probability 18), so the gap of the distributions is within the sum of both. The total variation
    /// of shares moves by at most 1/n with each row, and strays as far from its mean by McDiarmid's inequality; its mean
    /// is above the true one by at most the share that chance puts in, so the interval is open to 0 below.
    private func effect(_ value: Double, of kind: ColumnKind, counts: (n: Int, m: Int)) -> Effect {
        let margin = [counts.n, max(1, counts.m)].reduce(0) { $0 + (Self.logTerm / Double(max(1, $1))).squareRoot() }
        let isGap = kind == .ranks || kind == .numbers
        return Effect(
            name: isGap ? "ks_distance" : "total_variation",
            value: value,
            low: isGap || kind == .flags ? max(0, value - margin) : 0,
            high: min(1, value + margin)
        )
    }

    /// `ln(4 / 0.05) / 2`: what the margin of an empirical distribution function is made of.
    private static let logTerm = 2.1910133173369406
}
