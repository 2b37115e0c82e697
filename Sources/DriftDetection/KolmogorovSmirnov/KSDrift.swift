package import Methods
import Statistics
package import Tensors

/// The Kolmogorov–Smirnov test of each column, with one answer for all of them.
///
/// Each column's statistic is the largest gap between the distribution functions of reference and window; a value that
/// is NaN is left out of its column. Columns that miss values, in the reference or in the window, are besides tested
/// for their missing rate by Fisher's exact test, two-sided, and those tests count in the correction. Which columns
/// these are follows from reference and window pooled, so it does not favour either, and the level still holds.
///
/// The window's p-value is the smallest level at which the correction rejects: `min(1, d · min p)` for Bonferroni,
/// `min over i of d · p(i) / i` for Benjamini and Hochberg.
///
/// - Complexity: O(*d · m* log *m*) for *d* columns and *m* window rows; the first test sorts the reference,
///   O(*d · n* log *n*).
///
/// Source: N. V. Smirnov (1939), Bulletin de l'Université de Moscou 2(2), pp. 3–16; S. Rabanser, S. Günnemann and
/// Z. Lipton (2019), "Failing loudly", arXiv:1810.11953.
package struct KSDrift: WindowTest {
    package let significance: Double
    package let largestEffect = 1.0

    private let reference: SortedReference
    private let correction: Correction
    private let gaps: GapSignificance

    /// Takes a reference, shape `[n, …]`.
    ///
    /// - Parameter parameters: The keys that ``KSDriftFactory`` declares.
    /// - Throws: `.tooFewRows` when a column has no value at all.
    package init(reference: Tensor<Float>, parameters: Parameters) throws(MethodError) {
        self.reference = SortedReference(reference)
        significance = parameters.number("p_val")
        correction = parameters.text("correction") == "fdr" ? .falseDiscoveryRate : .bonferroni
        gaps = GapSignificance(
            alternative: Alternative(rawValue: parameters.text("alternative")) ?? .twoSided,
            method: KolmogorovSmirnov.Method(rawValue: parameters.text("mode")) ?? .asymptotic
        )
        guard gaps.alternative == .twoSided || gaps.method == .asymptotic else {
            throw MethodError(
                .invalidConfiguration,
                "mode is \(gaps.method.rawValue) with alternative \(gaps.alternative.rawValue)",
                remedy: "A one-sided test is asymptotic: leave mode out, or test two-sided"
            )
        }
        for column in 0..<self.reference.count where self.reference.present(in: column) == 0 {
            throw MethodError(
                .tooFewRows,
                "column \(column) of the reference has no value",
                remedy: "Leave the column out with columns in [monitor], or give a reference that has values there"
            )
        }
    }

    package func smallestPValue(rows: Int) -> Double {
        let columns = (0..<reference.count).map { gaps.pValue(1, n: reference.present(in: $0), m: rows) }
        return min(1, (columns.min() ?? 1) * Double(reference.count))
    }

    package func test(_ rows: Tensor<Float>, level: Double, using seed: UInt64) throws -> WindowResult {
        guard rows.elementsPerRow == reference.count else {
            throw MethodError.width(rows.elementsPerRow, expected: reference.count, "KSDrift")
        }
        guard rows.rows > 0 else {
            throw MethodError(.tooFewRows, "KSDrift: the window has no rows", remedy: "Wait for rows")
        }
        let window = SortedColumns(rows)
        let sorted = reference.columns
        let tests = (0..<reference.count).map { columnTest($0, sorted, window) }
        let missing = (0..<reference.count).compactMap { missingTest($0, window) }

        let family = tests.map(\.pValue) + missing.map(\.pValue)
        let pValue = correction.pValue(of: family)
        let worst = tests.indices.max { tests[$0].statistic < tests[$1].statistic } ?? 0
        return WindowResult(
            isDrift: pValue <= significance,
            pValue: pValue,
            pValues: tests.map(\.pValue),
            distances: tests.map(\.statistic),
            threshold: correction.threshold(for: family, level: significance),
            effect: effect(tests[worst].statistic, column: worst, window),
            features: tests,
            missing: missing,
            jointly: false
        )
    }

    private func columnTest(_ column: Int, _ sorted: SortedColumns, _ window: SortedColumns) -> FeatureResult {
        let m = window.present(in: column)
        guard m > 0 else {  // nothing to compare; the missing rate speaks for such a column
            return FeatureResult(name: "\(column)", statistic: 0, pValue: 1, effect: 0)
        }
        let gap = sorted.withColumn(column) { reference in
            window.withColumn(column) { DistributionGap(reference: reference, window: $0) }
        }
        let statistic =
            switch gaps.alternative {
            case .twoSided: gap.largest
            case .greater: gap.above
            case .less: gap.below
            }
        let p = gaps.pValue(statistic, n: reference.present(in: column), m: m)
        return FeatureResult(name: "\(column)", statistic: statistic, pValue: p, effect: statistic)
    }

    private func missingTest(_ column: Int, _ window: SortedColumns) -> FeatureResult? {
        let before = reference.missing(in: column)
        let now = window.missing(in: column)
        guard before + now > 0 else { return nil }
        let rates = (before: Double(before) / Double(reference.rows), now: Double(now) / Double(window.rows))
        return FeatureResult(
            name: "\(column) missing",
            statistic: rates.now,
            pValue: FisherExact.pValue(
                successes: (now, before),
                failures: (window.present(in: column), reference.present(in: column))
            ),
            effect: abs(rates.now - rates.before)
        )
    }

    /// The statistic with a 95 % interval that holds whatever the distributions are.
    ///
    /// Each empirical function stays within `sqrt(ln(4/0.05) / 2n)` of its own distribution with chance 0.975
    /// (P. Massart, 1990, Annals of Probability 18), so the gap of the distributions is within the sum of both.
    private func effect(_ statistic: Double, column: Int, _ window: SortedColumns) -> Effect {
        let counts = [reference.present(in: column), max(1, window.present(in: column))]
        let margin = counts.reduce(0) { $0 + (Massart.logTerm / Double($1)).squareRoot() }
        return Effect(
            name: "ks_distance",
            value: statistic,
            low: max(0, statistic - margin),
            high: min(1, statistic + margin)
        )
    }
}

/// `ln(4 / 0.05) / 2`: what the margin of an empirical distribution function is made of.
private enum Massart {
    static let logTerm = 2.1910133173369406
}
