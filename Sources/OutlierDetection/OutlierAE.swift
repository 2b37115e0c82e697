package import Methods
package import Tensors

/// Scores a row by how badly an autoencoder, which learned from normal rows, reproduces it.
///
/// The score is the mean squared error over the row's values, or over its worst share of them, in units of the training
/// rows' variance. The autoencoder learned from the `features` part and p-values come from the disjoint `calibration`
/// part, because errors on rows that it was trained on are smaller than on any others.
///
/// - Complexity: One pass of the network a row.
package struct OutlierAE: InstanceScorer {
    private let autoencoder: Autoencoder
    private let calibration: ConformalCalibration
    private let worstShare: Double

    /// Creates a scorer from its fitted parts.
    ///
    /// - Parameter worstShare: Share of a row's values, the worst first, whose mean error is its score; in `0...1`.
    package init(autoencoder: Autoencoder, calibration: ConformalCalibration, worstShare: Double) {
        self.autoencoder = autoencoder
        self.calibration = calibration
        self.worstShare = worstShare
    }

    package var threshold: Double { calibration.threshold }

    package var promisedRate: Double { calibration.rate }

    package func score(_ rows: Tensor<Float>) throws -> InstanceResult {
        let errors = try autoencoder.squaredErrors(of: rows)
        let scores = Self.scores(errors: errors, worstShare: worstShare)
        let verdicts = calibration.verdicts(scores)
        return InstanceResult(
            scores: scores,
            pValues: verdicts.pValues,
            isOutlier: verdicts.flags,
            featureScores: errors
        )
    }

    /// Returns the mean of the worst share of each row's errors; NaN where a row holds a value that is not finite.
    static func scores(errors: Tensor<Float>, worstShare: Double) -> [Double] {
        let width = errors.elementsPerRow
        let counted = max(1, Int((Double(width) * worstShare).rounded(.up)))
        return errors.withUnsafeBufferPointer { values in
            (0..<errors.rows).map { row in
                let slice = values[row * width..<(row + 1) * width]
                guard slice.allSatisfy(\.isFinite) else { return .nan }
                let worst = counted < width ? Array(slice.sorted(by: >).prefix(counted)) : Array(slice)
                return worst.reduce(0) { $0 + Double($1) } / Double(worst.count)
            }
        }
    }
}
