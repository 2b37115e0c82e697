import Methods
import Statistics
import Tensors

/// What a classifier answers to rows that it has not learned from: for each the chance to be from the window.
struct HeldOutAnswers: Sendable {
    /// Of reference rows.
    var reference: [Double]
    /// Of window rows.
    var window: [Double]
}

/// Whether a classifier tells rows that it has not learned from.
struct HeldOutTest: Sendable {
    /// The p-value at and below which a window counts as drifted.
    let significance: Double
    /// Whether correct answers are counted, and not ranks compared.
    let counts: Bool

    private var gaps: GapSignificance { GapSignificance(alternative: .greater, method: .asymptotic) }

    /// The smallest p-value of so many judged rows, by the laws of independent ones.
    func smallestPValue(reference: Int, window: Int) -> Double {
        guard reference > 0, window > 0 else { return 1 }
        guard counts else { return gaps.pValue(1, n: reference, m: window) }
        let baseline = Double(max(reference, window)) / Double(reference + window)
        return Binomial.mass(reference + window, trials: reference + window, probability: baseline)
    }

    /// The statistic: the gap by which window rows look more like window rows, or the share of errors that the classifier
    /// avoids.
    func distance(_ answers: HeldOutAnswers) -> Double {
        counts ? Correct(answers).avoided : gap(answers)
    }

    /// Judges answers that are independent of each other given what was learned.
    ///
    /// - Parameter level: What the smallest change that would have been found is told for.
    func result(_ answers: HeldOutAnswers, level: Double) -> WindowResult {
        let (n, m) = (answers.reference.count, answers.window.count)
        guard counts else {
            let gap = gap(answers)
            return result(
                answers,
                pValue: gaps.pValue(gap, n: n, m: m),
                detectable: DetectableEffect("ks_distance", level: level) {
                    DetectableChange.gap(critical: gaps.critical(level, n: n, m: m), n: n, m: m, power: $0)
                }
            )
        }
        let correct = Correct(answers)
        let p = Binomial.survival(correct.count - 1, trials: correct.total, probability: correct.baseline)
        return result(
            answers,
            pValue: min(1, max(p, .leastNormalMagnitude)),
            detectable: DetectableEffect("error_reduction", level: level) { power in
                DetectableChange.rate(above: correct.baseline, trials: correct.total, level: level, power: power)
                    .map { Correct.avoided($0, correct.baseline) }
            }
        )
    }

    /// Judges answers by those of permutations.
    func result(_ answers: HeldOutAnswers, permuted outcome: PermutationTest.Outcome) -> WindowResult {
        var result = result(answers, pValue: outcome.pValue, detectable: nil)
        result.distanceThreshold = outcome.distanceThreshold
        return result
    }

    private func result(_ answers: HeldOutAnswers, pValue: Double, detectable: DetectableEffect?) -> WindowResult {
        WindowResult(
            isDrift: pValue <= significance,
            pValue: pValue,
            pValues: [pValue],
            distances: [distance(answers)],
            threshold: significance,
            effect: counts ? Correct(answers).effect : gapEffect(answers),
            detectable: detectable,
            jointly: true,
            rowDetails: ["probs_ref": answers.reference, "probs_test": answers.window]
        )
    }

    private func gap(_ answers: HeldOutAnswers) -> Double {
        let first = answers.reference.map { Float($0) }.sorted()
        let second = answers.window.map { Float($0) }.sorted()
        return first.withUnsafeBufferPointer { first in
            second.withUnsafeBufferPointer {
                RankComparison.floats(reference: first, window: $0, referenceTies: 0).above
            }
        }
    }

    private func gapEffect(_ answers: HeldOutAnswers) -> Effect {
        let gap = gap(answers)
        // Each empirical function stays within this of its own with chance 0.975 (P. Massart, 1990).
        let margin = [answers.reference.count, answers.window.count].reduce(0) {
            $0 + (2.1910133173369406 / Double($1)).squareRoot()
        }
        return Effect(name: "ks_distance", value: gap, low: max(0, gap - margin), high: min(1, gap + margin))
    }
}

/// How many answers are correct, against what guessing the larger sample gains.
private struct Correct {
    let count: Int
    let total: Int
    let baseline: Double

    init(_ answers: HeldOutAnswers) {
        total = answers.reference.count + answers.window.count
        count = answers.reference.count { $0 <= 0.5 } + answers.window.count { $0 > 0.5 }
        baseline = Double(max(answers.reference.count, answers.window.count)) / Double(total)
    }

    static func avoided(_ rate: Double, _ baseline: Double) -> Double {
        1 - (1 - min(max(rate, 0), 1)) / (1 - baseline)
    }

    /// The share of errors that the classifier avoids; below 0 where it makes more than a guess.
    var avoided: Double { Self.avoided(rate, baseline) }

    private var rate: Double { Double(count) / Double(total) }

    var effect: Effect {
        let margin = 1.959964 * (rate * (1 - rate) / Double(total)).squareRoot()
        return Effect(
            name: "error_reduction",
            value: max(0, avoided),
            low: max(0, Self.avoided(rate - margin, baseline)),
            high: max(0, Self.avoided(rate + margin, baseline))
        )
    }
}
