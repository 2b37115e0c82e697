#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How the learning rate changes over a training.
public enum LearningRateSchedule: Sendable, Hashable {
    /// It does not.
    case constant
    /// Half a cosine from the full rate to 0, after a linear rise over the first `warmup` share of all steps.
    ///
    /// Source: I. Loshchilov and F. Hutter (2017), "SGDR", arXiv:1608.03983, without restarts.
    case cosine(warmup: Float = 0.05)

    /// The factor of the learning rate at `progress`, 0 at the first step and 1 after the last.
    func factor(at progress: Float) -> Float {
        switch self {
        case .constant: return 1
        case .cosine(let warmup):
            if progress < warmup { return max(progress / warmup, 1e-3) }
            let share = (progress - warmup) / max(1 - warmup, .leastNormalMagnitude)
            return 0.5 * (1 + cosf(Float.pi * share))
        }
    }
}
