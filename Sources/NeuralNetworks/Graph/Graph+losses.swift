/// Losses: each is one number for the batch.
///
/// - Throws: `.shapeMismatch` naming the loss and both shapes when they hold another number of values.
extension Graph {
    // MARK: Classes

    /// The cross-entropy of softmax of `logits` against labels, one index of a class per row: the mean over the rows.
    ///
    /// Running throws `.invalidIndex` for a label that is not a class.
    ///
    /// - Parameters:
    ///   - smoothing: The share of the target that is spread evenly over all classes, 0 to below 1.
    ///   - classWeights: How much each class counts; the mean is then over the weights of the labels, as in PyTorch.
    public func softmaxCrossEntropy(
        _ logits: Variable,
        labels: Variable,
        smoothing: Float = 0,
        classWeights: [Float]? = nil
    ) throws(NeuralNetworkError) -> Variable {
        guard labels.size == 1 else {
            throw .mismatch("softmaxCrossEntropy", logits.shape, labels.shape, "a row has one label")
        }
        guard let classWeights else {
            return record(SoftmaxCrossEntropy(logits, labels: labels, smoothing: smoothing, in: self))
        }
        guard classWeights.count == logits.size, classWeights.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
            let problem = "each class needs a weight that is not negative"
            throw .mismatch("softmaxCrossEntropy", logits.shape, [classWeights.count], problem)
        }
        return record(
            WeightedCrossEntropy(logits, labels: labels, weights: classWeights, smoothing: smoothing, in: self)
        )
    }

    /// The cross-entropy of `sigmoid(logits)` against targets in 0...1: the negative log likelihood of Bernoulli
    /// distributions.
    public func binaryCrossEntropy(
        _ logits: Variable,
        target: Variable,
        reduction: LossReduction = .mean
    ) throws(NeuralNetworkError) -> Variable {
        try elementLoss("binaryCrossEntropy", logits, target, .logisticCrossEntropy, reduction)
    }

    /// The Kullback–Leibler divergence `Σ p · log(p / q)` of rows of probabilities, its mean over the rows.
    public func divergence(of p: Variable, from q: Variable) throws(NeuralNetworkError) -> Variable {
        try check("divergence", p, q)
        return record(Divergence(of: p, from: q, in: self))
    }

    // MARK: Values

    /// `(x − target)²`.
    public func meanSquaredError(
        _ x: Variable,
        target: Variable,
        reduction: LossReduction = .mean
    ) throws(NeuralNetworkError) -> Variable {
        try elementLoss("meanSquaredError", x, target, .squaredError, reduction)
    }

    /// `|x − target|`.
    public func meanAbsoluteError(
        _ x: Variable,
        target: Variable,
        reduction: LossReduction = .mean
    ) throws(NeuralNetworkError) -> Variable {
        try elementLoss("meanAbsoluteError", x, target, .absoluteError, reduction)
    }

    /// Half the squared difference up to `delta`, then linear with the slope `delta`.
    ///
    /// PyTorch's smooth L1 loss is this divided by its `beta`, which is `delta`.
    ///
    /// - Precondition: `delta` is positive.
    public func huberLoss(
        _ x: Variable,
        target: Variable,
        delta: Float = 1,
        reduction: LossReduction = .mean
    ) throws(NeuralNetworkError) -> Variable {
        precondition(delta > 0, "the Huber loss turns linear at a positive difference, not at \(delta)")
        return try elementLoss("huberLoss", x, target, .huber(delta: delta), reduction)
    }

    /// The negative log likelihood of `target` under normal distributions, `½ (log 2π + v + (t − m)² e^−v)`.
    public func gaussianNegativeLogLikelihood(
        mean: Variable,
        logVariance: Variable,
        target: Variable,
        reduction: LossReduction = .mean
    ) throws(NeuralNetworkError) -> Variable {
        try check("gaussianNegativeLogLikelihood", mean, logVariance)
        try check("gaussianNegativeLogLikelihood", mean, target)
        let loss = GaussianLoss(mean: mean, logVariance: logVariance, target: target, reduction, in: self)
        return record(loss)
    }

    /// The divergence of normal distributions from the standard one, `½ Σ (m² + e^v − 1 − v)`, its mean over the rows.
    public func normalDivergence(mean: Variable, logVariance: Variable) throws(NeuralNetworkError) -> Variable {
        try check("normalDivergence", mean, logVariance)
        return record(NormalDivergence(mean: mean, logVariance: logVariance, in: self))
    }

    /// `max(0, |anchor − positive| − |anchor − negative| + margin)`, its mean over the rows.
    public func tripletLoss(
        anchor: Variable,
        positive: Variable,
        negative: Variable,
        margin: Float = 1
    ) throws(NeuralNetworkError) -> Variable {
        try check("tripletLoss", anchor, positive)
        try check("tripletLoss", anchor, negative)
        return record(TripletLoss(anchor: anchor, positive: positive, negative: negative, margin: margin, in: self))
    }

    private func elementLoss(
        _ name: String,
        _ x: Variable,
        _ target: Variable,
        _ form: ElementLoss.Form,
        _ reduction: LossReduction
    ) throws(NeuralNetworkError) -> Variable {
        try check(name, x, target)
        return record(ElementLoss(x, target: target, form, reduction, in: self))
    }

    private func check(_ name: String, _ x: Variable, _ target: Variable) throws(NeuralNetworkError) {
        guard x.size == target.size, x.isPerRow, target.isPerRow else {
            throw .mismatch(name, x.shape, target.shape, "each value needs one of the other side")
        }
    }
}
