/// How the learning rate changes over a training.
public enum LearningRateSchedule: Sendable, Hashable {
    /// It does not.
    case constant
    /// A linear rise over the first share of all steps, then the full rate.
    case warmup(Float)
    /// Multiplied by `factor` after every so many epochs, behind a linear rise over the first `warmup` share.
    case step(every: Int, factor: Float = 0.1, warmup: Float = 0)
    /// Half a cosine from the full rate to 0, after a linear rise over the first `warmup` share of all steps.
    ///
    /// Source: I. Loshchilov and F. Hutter (2017), "SGDR", arXiv:1608.03983, without restarts.
    case cosine(warmup: Float = 0.05)
    /// From 1 / `start` of the rate up to it in half a cosine over the `rise` share of all steps, and down to
    /// 1 / (`start` · `end`) in another. Large rates in the middle, small ones at both ends: few epochs suffice.
    ///
    /// Source: L. Smith and N. Topin (2018), "Super-convergence", arXiv:1708.07120; in PyTorch's form.
    case oneCycle(rise: Float = 0.3, start: Float = 25, end: Float = 1e4)
    /// Multiplied by `factor` when the loss (of validation where there is one) has not fallen by a ten-thousandth for
    /// more than `patience` epochs.
    case plateau(factor: Float = 0.1, patience: Int = 10)

    func check() throws(NeuralNetworkError) {
        let isUsable =
            switch self {
            case .constant: true
            case .warmup(let share): 0...1 ~= share
            case .step(let every, let factor, let warmup): every > 0 && factor > 0 && 0...1 ~= warmup
            case .cosine(let warmup): 0...1 ~= warmup
            case .oneCycle(let rise, let start, let end): 0..<1 ~= rise && start >= 1 && end >= 1
            case .plateau(let factor, let patience): factor > 0 && factor < 1 && patience >= 0
            }
        guard isUsable else {
            throw NeuralNetworkError(
                .invalidTraining,
                "the learning rate's schedule is \(self)",
                remedy: "Choose shares in 0...1, epochs of at least 1 and positive factors"
            )
        }
    }
}
