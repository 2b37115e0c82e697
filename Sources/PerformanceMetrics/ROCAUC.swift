import Statistics

/// The area under the receiver operating characteristic: the chance that a row of the class scores above one that is not.
///
/// Ties count half. For two classes it is the area of class 1; for more the unweighted mean over each class against the
/// rest (`roc_auc_score(..., multi_class="ovr", average="macro")`).
public struct ROCAUC: Sendable, Hashable {
    /// The area, in 0...1; NaN when a class has no row or all rows.
    public let value: Double
    /// The variance of the area over samples with as many rows of each class; NaN when a class has fewer than two rows.
    ///
    /// Sources: E. DeLong, D. DeLong and D. Clarke-Pearson (1988), Biometrics 44, pp. 837–845, for one area; for the mean
    /// of several, the same placements summed per row before their variance is taken. Midranks as X. Sun and W. Xu (2014),
    /// IEEE Signal Processing Letters 21, pp. 1389–1393.
    public let variance: Double

    /// - Complexity: O(*classes* · *n* log *n*).
    public init(_ scores: ProbabilityScores) {
        let classes = scores.classCount == 2 ? [1] : Array(0..<scores.classCount)
        var area = 0.0
        var influence = [Double](repeating: 0, count: scores.labels.count)
        for positive in classes {
            let isPositive = scores.labels.map { $0 == positive }
            let placements = Self.placements(scores.probabilities.map { $0[positive] }, isPositive)
            let positives = Double(isPositive.count { $0 })
            let negatives = Double(isPositive.count) - positives
            for (row, placement) in placements.enumerated() {
                let share = placement / (isPositive[row] ? positives : negatives) / Double(classes.count)
                influence[row] += share
                if isPositive[row] { area += share }
            }
            if positives == 0 || negatives == 0 { area = .nan }
        }
        var variance = 0.0
        for label in 0..<scores.classCount {
            let own = Moments(zip(influence, scores.labels).filter { $0.1 == label }.map(\.0))
            variance += Double(own.count) * own.variance
        }
        value = area
        self.variance = variance
    }

    /// A normal interval around the area, cut to 0...1; `nil` where area or variance is not defined.
    ///
    /// It has no width for a perfect separation, which then is all that the sample can say.
    public func interval(confidence: Double) -> ClosedRange<Double>? {
        let half = Normal.quantile(0.5 + confidence / 2) * variance.squareRoot()
        guard value.isFinite, half.isFinite else { return nil }
        return max(0, value - half)...min(1, value + half)
    }

    /// For each row, the share of the rows of the other side that it stands on the right side of.
    private static func placements(_ scores: [Double], _ isPositive: [Bool]) -> [Double] {
        let order = scores.indices.sorted { scores[$0] < scores[$1] }
        let positives = Double(isPositive.count { $0 })
        let negatives = Double(isPositive.count) - positives
        var placements = [Double](repeating: 0, count: scores.count)
        var below = (positive: 0.0, negative: 0.0)
        var start = 0
        while start < order.count {
            var end = start
            var tied = (positive: 0.0, negative: 0.0)
            while end < order.count, scores[order[end]] == scores[order[start]] {
                if isPositive[order[end]] { tied.positive += 1 } else { tied.negative += 1 }
                end += 1
            }
            for row in order[start..<end] {
                placements[row] =
                    isPositive[row]
                    ? (below.negative + tied.negative / 2) / negatives
                    : 1 - (below.positive + tied.positive / 2) / positives
            }
            below.positive += tied.positive
            below.negative += tied.negative
            start = end
        }
        return placements
    }
}
