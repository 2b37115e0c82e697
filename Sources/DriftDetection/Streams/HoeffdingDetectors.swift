import Methods

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Hoeffding's bound on the difference of two means, before and after a cut that moves: for values in `0...1`.
///
/// Source: I. Frías-Blanco et al. (2015), "Online and non-parametric drift detection methods based on Hoeffding's
/// bounds", IEEE Transactions on Knowledge and Data Engineering 27(3), pp. 810–823, method A.
struct HDDMA: StreamStatistic {
    let range = 0.0...1.0
    private let confidence: Double
    private let isTwoSided: Bool

    private var all = RunningMean()
    private var lowest = RunningMean()
    private var highest = RunningMean()

    init(_ parameters: Parameters) {
        confidence = parameters.number("drift_confidence")
        isTwoSided = parameters.flag("two_sided_test")
    }

    mutating func add(_ value: Double) {
        all.add(value)
        if lowest.count == 0 { lowest = all }
        if highest.count == 0 { highest = all }
        let margin = bound(all.count)
        if lowest.mean + bound(lowest.count) >= all.mean + margin { lowest = all }
        if highest.mean - bound(highest.count) <= all.mean - margin { highest = all }
    }

    /// How far the mean moved since the cut, as a share of what the bound allows: the larger of both sides that count.
    var statistic: Double {
        guard all.count > 0 else { return .nan }
        let rise = excess(all.mean - lowest.mean, since: lowest)
        return isTwoSided ? max(rise, excess(highest.mean - all.mean, since: highest)) : rise
    }

    let threshold = 1.0
    var isDrift: Bool {
        all.count > 0
            && (reaches(all.mean - lowest.mean, since: lowest)
                || isTwoSided && reaches(highest.mean - all.mean, since: highest))
    }

    private func bound(_ count: Int) -> Double { (1.0 / Double(2 * count) * log(1.0 / confidence)).squareRoot() }

    private func margin(since cut: RunningMean) -> Double {
        let m = Double(all.count - cut.count) / Double(cut.count) * (1.0 / Double(all.count))
        return (m / 2 * log(2.0 / confidence)).squareRoot()
    }

    private func reaches(_ difference: Double, since cut: RunningMean) -> Bool {
        cut.count != all.count && difference >= margin(since: cut)
    }

    private func excess(_ difference: Double, since cut: RunningMean) -> Double {
        cut.count == all.count ? 0 : difference / margin(since: cut)
    }

    func write(to words: inout StateWords) {
        for mean in [all, lowest, highest] { mean.write(to: &words) }
    }

    mutating func restore(from words: inout StateWordReader) throws(MethodError) {
        try all.restore(from: &words)
        try lowest.restore(from: &words)
        try highest.restore(from: &words)
    }
}

/// McDiarmid's bound on the difference of two exponentially weighted means, before and after a cut that moves.
///
/// Source: as for ``HDDMA``, method W.
struct HDDMW: StreamStatistic {
    /// An exponentially weighted mean, with the sum of its squared weights.
    private struct Weighted {
        var count = 0
        var mean = 0.0
        var bound = 1.0

        mutating func add(_ value: Double, _ lambda: Double) {
            mean = count == 0 ? value : lambda * value + (1 - lambda) * mean
            bound = lambda * lambda + (1 - lambda) * (1 - lambda) * bound
            count += 1
        }

        func write(to words: inout StateWords) {
            words.append(count)
            words.append(mean)
            words.append(bound)
        }

        mutating func restore(from words: inout StateWordReader) throws(MethodError) {
            count = try words.integer()
            mean = try words.number()
            bound = try words.number()
        }
    }

    let range = 0.0...1.0
    private let confidence: Double
    private let lambda: Double
    private let isTwoSided: Bool

    private var all = Weighted()
    private var beforeRise = Weighted()
    private var afterRise = Weighted()
    private var beforeFall = Weighted()
    private var afterFall = Weighted()
    private var riseCut = Double.infinity
    private var fallCut = -Double.infinity

    init(_ parameters: Parameters) {
        confidence = parameters.number("drift_confidence")
        lambda = parameters.number("lambda_val")
        isTwoSided = parameters.flag("two_sided_test")
    }

    mutating func add(_ value: Double) {
        all.add(value, lambda)
        let margin = bound(all.bound)
        if all.mean + margin < riseCut {
            riseCut = all.mean + margin
            beforeRise = all
            afterRise = Weighted()
        } else {
            afterRise.add(value, lambda)
        }
        if all.mean - margin > fallCut {
            fallCut = all.mean - margin
            beforeFall = all
            afterFall = Weighted()
        } else {
            afterFall.add(value, lambda)
        }
    }

    /// How far the mean moved since the cut, as a share of what the bound allows.
    var statistic: Double {
        guard all.count > 0 else { return .nan }
        let rise = excess(beforeRise, afterRise)
        return isTwoSided ? max(rise, excess(afterFall, beforeFall)) : rise
    }

    let threshold = 1.0
    var isDrift: Bool {
        moved(beforeRise, afterRise) || isTwoSided && moved(afterFall, beforeFall)
    }

    private func bound(_ squares: Double) -> Double { (squares * log(1 / confidence) / 2).squareRoot() }

    private func moved(_ first: Weighted, _ second: Weighted) -> Bool {
        first.count > 0 && second.count > 0 && second.mean - first.mean > bound(first.bound + second.bound)
    }

    private func excess(_ first: Weighted, _ second: Weighted) -> Double {
        first.count > 0 && second.count > 0 ? (second.mean - first.mean) / bound(first.bound + second.bound) : 0
    }

    func write(to words: inout StateWords) {
        for mean in [all, beforeRise, afterRise, beforeFall, afterFall] { mean.write(to: &words) }
        words.append(riseCut)
        words.append(fallCut)
    }

    mutating func restore(from words: inout StateWordReader) throws(MethodError) {
        try all.restore(from: &words)
        try beforeRise.restore(from: &words)
        try afterRise.restore(from: &words)
        try beforeFall.restore(from: &words)
        try afterFall.restore(from: &words)
        riseCut = try words.number()
        fallCut = try words.number()
    }
}
