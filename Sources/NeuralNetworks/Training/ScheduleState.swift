#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A schedule at work: where a training stands in it.
package struct ScheduleState {
    private let schedule: LearningRateSchedule
    private let stepsPerEpoch: Int
    private let steps: Int
    /// What a plateau has seen.
    var plateau = Plateau()

    /// The memory of `LearningRateSchedule.plateau`.
    struct Plateau: Sendable, Hashable {
        /// The lowest loss so far.
        var best = Double.infinity
        /// Epochs since the loss last fell.
        var waited = 0
        /// The present factor of the learning rate.
        var factor = 1.0
    }

    package init(_ schedule: LearningRateSchedule, stepsPerEpoch: Int, epochs: Int) {
        self.schedule = schedule
        self.stepsPerEpoch = stepsPerEpoch
        steps = stepsPerEpoch * epochs
    }

    /// The factor of the learning rate for a step, counted from 0.
    package func factor(step: Int) -> Float {
        let progress = Double(step) / Double(steps)
        switch schedule {
        case .constant: return 1
        case .warmup(let share): return Float(Self.rise(progress, Double(share)) ?? 1)
        case .step(let every, let factor, let warmup):
            let falls = step / stepsPerEpoch / every
            return Float((Self.rise(progress, Double(warmup)) ?? 1) * pow(Double(factor), Double(falls)))
        case .cosine(let warmup):
            let warmup = Double(warmup)
            if let rise = Self.rise(progress, warmup) { return Float(rise) }
            return Float(Self.halfCosine(from: 1, to: 0, (progress - warmup) / max(1 - warmup, .leastNormalMagnitude)))
        case .oneCycle(let rise, let start, let end):
            let low = 1 / Double(start)
            let top = max(Double(rise) * Double(steps) - 1, 0)
            if Double(step) < top { return Float(Self.halfCosine(from: low, to: 1, Double(step) / top)) }
            let way = (Double(step) - top) / max(Double(steps - 1) - top, 1)
            return Float(Self.halfCosine(from: 1, to: low / Double(end), min(way, 1)))
        case .plateau: return Float(plateau.factor)
        }
    }

    /// Takes note of an epoch's loss.
    package mutating func observe(loss: Double) {
        guard case .plateau(let factor, let patience) = schedule else { return }
        if loss < plateau.best * (1 - 1e-4) {
            plateau.best = loss
            plateau.waited = 0
        } else {
            plateau.waited += 1
        }
        guard plateau.waited > patience else { return }
        plateau.factor *= Double(factor)
        plateau.waited = 0
    }

    /// The linear rise from a thousandth to 1 over the first `share`; `nil` after it.
    private static func rise(_ progress: Double, _ share: Double) -> Double? {
        progress < share ? 1e-3 + (1 - 1e-3) * progress / share : nil
    }

    private static func halfCosine(from start: Double, to end: Double, _ way: Double) -> Double {
        end + (start - end) / 2 * (1 + cos(Double.pi * way))
    }
}
