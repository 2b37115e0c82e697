import Methods
import Statistics
import Tensors

/// Whether a classifier tells rows that it has not learned from: the test behind every classifier of windows.
struct HeldOutTest: Sendable {
    /// The p-value at and below which a window counts as drifted.
    let significance: Double
    /// Whether correct answers are counted, and not ranks compared.
    let counts: Bool

    private var gaps: GapSignificance { GapSignificance(alternative: .greater, method: .asymptotic) }

    /// The smallest p-value of so many judged rows.
    func smallestPValue(reference: Int, window: Int) -> Double {
        guard reference > 0, window > 0 else { return 1 }
        guard counts else { return gaps.pValue(1, n: reference, m: window) }
        let baseline = Double(max(reference, window)) / Double(reference + window)
        return Binomial.mass(reference + window, trials: reference + window, probability: baseline)
    }

    /// Judges the probabilities of held-out rows.
    func result(
        reference: [Double],
        window: [Double],
        excludedRows: Int,
        details: [String: [Double]] = [:]
    ) -> WindowResult {
        let verdict = counts ? accuracy(reference, window) : ranks(reference, window)
        return WindowResult(
            isDrift: verdict.pValue <= significance,
            pValue: verdict.pValue,
            pValues: [verdict.pValue],
            distances: [verdict.distance],
            threshold: significance,
            effect: verdict.effect,
            jointly: true,
            excludedRows: excludedRows,
            details: details.merging(["probs_ref": reference, "probs_test": window]) { first, _ in first }
        )
    }

    private typealias Verdict = (pValue: Double, distance: Double, effect: Effect)

    /// Kolmogorov and Smirnov's one-sided test: window rows tend to look more like window rows.
    private func ranks(_ reference: [Double], _ window: [Double]) -> Verdict {
        let first = reference.map { Float($0) }.sorted()
        let second = window.map { Float($0) }.sorted()
        let gap = first.withUnsafeBufferPointer { first in
            second.withUnsafeBufferPointer {
                RankComparison.floats(reference: first, window: $0, referenceTies: 0).above
            }
        }
        // Each empirical function stays within this of its own with chance 0.975 (P. Massart, 1990).
        let margin = [first.count, second.count].reduce(0) { $0 + (2.1910133173369406 / Double($1)).squareRoot() }
        let effect = Effect(name: "ks_distance", value: gap, low: max(0, gap - margin), high: min(1, gap + margin))
        return (gaps.pValue(gap, n: first.count, m: second.count), gap, effect)
    }

    /// The binomial test of the share of correct answers against that of the larger sample; the distance is the share of
    /// errors that the classifier avoids.
    private func accuracy(_ reference: [Double], _ window: [Double]) -> Verdict {
        let total = reference.count + window.count
        let correct = reference.count { $0 <= 0.5 } + window.count { $0 > 0.5 }
        let baseline = Double(max(reference.count, window.count)) / Double(total)
        let p = Binomial.survival(correct - 1, trials: total, probability: baseline)
        let rate = Double(correct) / Double(total)
        func avoided(_ rate: Double) -> Double { 1 - (1 - min(max(rate, 0), 1)) / (1 - baseline) }
        let margin = 1.959964 * (rate * (1 - rate) / Double(total)).squareRoot()
        let effect = Effect(
            name: "error_reduction",
            value: max(0, avoided(rate)),
            low: max(0, avoided(rate - margin)),
            high: max(0, avoided(rate + margin))
        )
        return (min(1, max(p, .leastNormalMagnitude)), avoided(rate), effect)
    }
}
