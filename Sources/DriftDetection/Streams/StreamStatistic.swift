import Methods

/// A detector on a stream of numbers: what it keeps, and when it fires.
///
/// Its parameters are part of it and are never written; what it has seen is.
protocol StreamStatistic: Sendable {
    /// Whether the last value made it fire.
    var isDrift: Bool { get }
    /// What `threshold` speaks of; NaN where there is nothing yet.
    var statistic: Double { get }
    /// What the statistic has to pass.
    var threshold: Double { get }
    /// Values outside of this range are refused.
    var range: ClosedRange<Double> { get }

    /// Takes the next value.
    mutating func add(_ value: Double)
    /// Writes what it has seen.
    func write(to words: inout StateWords)
    /// Takes over what a statistic of the same parameters wrote.
    mutating func restore(from words: inout StateWordReader) throws(MethodError)
    /// Makes its random choices those of another run; most make none.
    mutating func reseed(_ run: UInt64)
}

extension StreamStatistic {
    var range: ClosedRange<Double> { -.infinity...(.infinity) }
    mutating func reseed(_ run: UInt64) {}
}

/// A detector on a stream of numbers as a sequential test of rows of one column; it begins anew after each detection.
struct StreamDetector<Statistic: StreamStatistic>: SequentialTest {
    /// The detector before the first value.
    let fresh: Statistic

    let width = 1
    let largestEffect = Double.infinity
    let restartsAfterDetection = true

    func check(_ row: UnsafeBufferPointer<Float>) throws(MethodError) {
        try requireFinite(row)
        guard !fresh.range.contains(Double(row[0])) else { return }
        throw MethodError(
            .valueOutOfRange,
            "the value is \(row[0]), and the method is for \(fresh.range.lowerBound) to \(fresh.range.upperBound)",
            remedy: "Feed it errors: 1 for a wrong answer, 0 for a right one"
        )
    }

    func start(run: UInt64) -> any SequentialState {
        var statistic = fresh
        statistic.reseed(run)
        return StreamDetectorState(statistic: statistic)
    }

    func resume(from words: inout StateWordReader) throws(MethodError) -> any SequentialState {
        var statistic = fresh
        try statistic.restore(from: &words)
        return StreamDetectorState(statistic: statistic, recent: try RecentMean(from: &words))
    }
}

/// Where a detector on a stream stands.
private struct StreamDetectorState<Statistic: StreamStatistic>: SequentialState {
    var statistic: Statistic
    var recent = RecentMean()

    var answer: SequentialAnswer {
        SequentialAnswer(
            isDrift: statistic.isDrift,
            time: recent.count,
            statistic: statistic.statistic,
            threshold: statistic.threshold,
            effect: recent.effect
        )
    }

    mutating func take(_ row: UnsafeBufferPointer<Float>) {
        let value = Double(row[0])
        statistic.add(value)
        recent.add(value)
    }

    func write(to words: inout StateWords) {
        statistic.write(to: &words)
        recent.write(to: &words)
    }
}

/// The mean of the newest values beside that of all, for the effect of a detection.
struct RecentMean: Sendable {
    /// The weight of the newest value: the mean reaches back about 20 values.
    private static let weight = 0.05

    private(set) var count = 0
    private var mean = 0.0
    private var sumOfSquares = 0.0
    private var recent = 0.0

    init() {}

    mutating func add(_ value: Double) {
        count += 1
        let difference = value - mean
        mean += difference / Double(count)
        sumOfSquares += difference * (value - mean)
        recent = count == 1 ? value : recent + Self.weight * (value - recent)
    }

    /// How far the newest values' mean is from that of all since the beginning, with a 95 % interval by the values' own
    /// variance.
    var effect: Effect {
        let value = abs(recent - mean)
        guard count > 1 else { return Effect(name: "mean_change", value: value, low: 0, high: .infinity) }
        let variance = sumOfSquares / Double(count - 1)
        let share = Self.weight / (2 - Self.weight) + 1 / Double(count)
        let margin = 1.959964 * (variance * share).squareRoot()
        return Effect(name: "mean_change", value: value, low: max(0, value - margin), high: value + margin)
    }

    func write(to words: inout StateWords) {
        words.append(count)
        words.append(mean)
        words.append(sumOfSquares)
        words.append(recent)
    }

    init(from words: inout StateWordReader) throws(MethodError) {
        count = try words.integer()
        mean = try words.number()
        sumOfSquares = try words.number()
        recent = try words.number()
    }
}

/// The mean of numbers, updated as river updates it.
struct RunningMean: Sendable {
    private(set) var count = 0
    private(set) var mean = 0.0

    mutating func add(_ value: Double) {
        count += 1
        mean += (value - mean) / Double(count)
    }

    func write(to words: inout StateWords) {
        words.append(count)
        words.append(mean)
    }

    mutating func restore(from words: inout StateWordReader) throws(MethodError) {
        count = try words.integer()
        mean = try words.number()
    }
}
