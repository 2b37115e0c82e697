package import Tensors

/// What a scorer says of each row of a batch.
package struct InstanceResult: Sendable, Equatable {
    /// One score a row; higher is stranger.
    package var scores: [Double]
    /// One conformal p-value a row, above 0: valid while inputs are exchangeable with the calibration rows.
    package var pValues: [Double]
    /// Whether a row is flagged: `pValue ≤ p_val` of the configuration.
    package var isOutlier: [Bool]
    /// The share of each input value in the score, in the shape of the batch, where the method has it.
    package var featureScores: Tensor<Float>?
    /// For adversarial verdicts that correct: the class after the defence, one a row.
    package var corrected: [Int]?

    /// Creates a result from its parts.
    package init(
        scores: [Double],
        pValues: [Double],
        isOutlier: [Bool],
        featureScores: Tensor<Float>? = nil,
        corrected: [Int]? = nil
    ) {
        self.scores = scores
        self.pValues = pValues
        self.isOutlier = isOutlier
        self.featureScores = featureScores
        self.corrected = corrected
    }
}
