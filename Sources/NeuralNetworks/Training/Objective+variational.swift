extension Objective {
    /// What a variational autoencoder makes small: `½ |x − output|²` of a row, its negative log likelihood under normal
    /// distributions of variance 1 up to a constant, plus the divergence of its code from the standard normal.
    ///
    /// - Parameters:
    ///   - code: The layer before `normal-sampling`, whose output is means and log variances side by side.
    ///   - divergenceWeight: 1 for the evidence lower bound; more asks for a code that is closer to normal.
    ///
    /// Source: D. P. Kingma and M. Welling (2014), "Auto-encoding variational Bayes", arXiv:1312.6114, equation 10.
    public static func evidenceBound(code: String, divergenceWeight: Float = 1) -> Objective {
        Objective { graph, batch in
            guard let codes = batch.layers[code], let size = codes.shape.last, size.isMultiple(of: 2) else {
                throw NeuralNetworkError(
                    .unknownLayer,
                    "no layer \(code) puts out means and log variances side by side",
                    remedy: "Name the layer before normal-sampling: one of \(batch.layers.keys.sorted())"
                )
            }
            let halves = try graph.split(codes, axis: codes.shape.count - 1, sizes: [size / 2, size / 2])
            let divergence = try graph.normalDivergence(mean: halves[0], logVariance: halves[1])
            let error = try graph.meanSquaredError(batch.output, target: batch.input, reduction: .rowSums)
            return graph.weightedSum([(0.5, error), (divergenceWeight, divergence)])
        }
    }
}
