package import Methods
package import Tensors

/// Flags rows to which a model answers differently once an autoencoder has reproduced them.
///
/// The autoencoder learned to keep the model's answers on normal rows, so small changes that were made against the
/// model do not survive it. Detection is about as hard as classification (F. Tramèr, 2022, arXiv:2107.11630): an
/// attacker who knows the detector can avoid it, so a row that is not flagged is not thereby safe.
///
/// - Complexity: One pass of the autoencoder and two of the model a row.
///
/// Source: G. Vacanti and A. Van Looveren (2020), "Adversarial detection and correction by matching prediction
/// distributions", arXiv:2002.09364.
package struct AdversarialAE: InstanceScorer {
    private let divergence: PredictionDivergence
    private let calibration: ConformalCalibration
    private let corrects: Bool

    /// Creates a detector from its fitted parts.
    package init(divergence: PredictionDivergence, calibration: ConformalCalibration, corrects: Bool) {
        self.divergence = divergence
        self.calibration = calibration
        self.corrects = corrects
    }

    package var threshold: Double { calibration.threshold }

    package var promisedRate: Double { calibration.rate }

    package func score(_ rows: Tensor<Float>) throws -> InstanceResult {
        let comparisons = try divergence.compared(rows)
        let scores = comparisons.map(\.score)
        let verdicts = calibration.verdicts(scores)
        return InstanceResult(
            scores: scores,
            pValues: verdicts.pValues,
            isOutlier: verdicts.flags,
            corrected: corrects
                ? zip(comparisons, verdicts.flags).map { $1 ? $0.corrected : $0.predicted } : nil
        )
    }
}
