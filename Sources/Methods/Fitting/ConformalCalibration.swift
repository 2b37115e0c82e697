/// Turns scores into p-values by their rank among the scores of calibration rows.
///
/// A row that is exchangeable with the calibration rows gets a p-value of at most α with chance at most α, whatever the
/// score is. Scores are kept sorted; ties count against the row.
///
/// Source: V. Vovk, A. Gammerman and G. Shafer (2005), "Algorithmic learning in a random world", chapter 4; S. Bates et
/// al. (2023), "Testing for outliers with conformal p-values", Annals of Statistics 51, arXiv:2104.08279.
package struct ConformalCalibration: Sendable, Equatable {
    /// The scores of the calibration rows, ascending.
    package let scores: [Double]
    /// The share of exchangeable rows that is flagged, at most.
    package let rate: Double
    /// The score above which a row is flagged: exactly the rows whose p-value is at most ``rate``.
    package let threshold: Double

    /// Calibrates a rate.
    ///
    /// - Parameters:
    ///   - scores: One score for each calibration row, in any order.
    ///   - rate: The promised rate, in `0...1`.
    /// - Throws: `.neverFires` with fewer than `1 / rate − 1` rows, where no p-value can be that small;
    ///   `.nonFiniteValue`.
    package init(scores: [Double], rate: Double) throws(MethodError) {
        guard scores.allSatisfy(\.isFinite) else {
            throw MethodError(
                .nonFiniteValue,
                "a calibration row has a score that is not finite",
                remedy: "Drop rows with missing values from the reference, or train longer"
            )
        }
        let total = Double(scores.count + 1)
        var flagged = Int((rate * total).rounded())  // the most ranks from the top that still have p ≤ rate
        while flagged > 0, Double(flagged) / total > rate { flagged -= 1 }
        guard flagged > 0 else {
            throw MethodError(
                .neverFires,
                "with \(scores.count) calibration rows no p-value is below \(1 / total), and p_val is \(rate)",
                remedy: "Give calibration at least \(Int((1 / rate).rounded(.up)) - 1) rows, or choose a larger p_val"
            )
        }
        let sorted = scores.sorted()
        self.scores = sorted
        self.rate = rate
        threshold = flagged <= sorted.count ? sorted[sorted.count - flagged] : -.infinity
    }

    /// The p-value of a score, `(1 + #{calibration scores ≥ score}) / (n + 1)`; NaN for NaN.
    ///
    /// - Complexity: O(log *n*).
    package func pValue(_ score: Double) -> Double {
        guard !score.isNaN else { return .nan }
        var low = 0
        var high = scores.count
        while low < high {
            let middle = (low + high) / 2
            if scores[middle] >= score { high = middle } else { low = middle + 1 }
        }
        return Double(1 + scores.count - low) / Double(scores.count + 1)
    }

    /// The p-values and flags of a batch of scores; a NaN score is never flagged.
    package func verdicts(_ scores: [Double]) -> (pValues: [Double], flags: [Bool]) {
        let pValues = scores.map(pValue)
        return (pValues, pValues.map { $0 <= rate })
    }
}

extension Parameters {
    /// The keys of methods that promise a rate of flagged rows.
    package static func promisedRate(default fallback: Double) -> [Parameter] {
        [
            Parameter("p_val", .number(0...1), "Share of normal rows that may be flagged; \(fallback) where absent."),
            Parameter(
                "threshold_perc",
                .number(0...100),
                "The same as a percentile of normal scores: 100 · (1 − p_val)."
            ),
        ]
    }

    /// Reads the promised rate from `p_val` or `threshold_perc`.
    ///
    /// - Throws: `.invalidConfiguration` when both are given.
    package func promisedRate(default fallback: Double) throws(MethodError) -> Double {
        switch (optionalNumber("p_val"), optionalNumber("threshold_perc")) {
        case (.some(let rate), nil): return rate
        case (nil, .some(let percentile)): return 1 - percentile / 100
        case (nil, nil): return fallback
        case (.some, .some):
            throw MethodError(
                .invalidConfiguration,
                "both p_val and threshold_perc are given",
                remedy: "Keep one: p_val = 0.01 and threshold_perc = 99 say the same"
            )
        }
    }
}
