import Methods

/// Page and Hinkley's test of whether the mean of the stream moved away from what it was.
///
/// Deviations from the running mean are summed with forgetting, less a tolerance; the test fires when the sum has risen,
/// or fallen, by more than the threshold from its extreme.
///
/// Source: E. S. Page (1954), "Continuous inspection schemes", Biometrika 41, pp. 100–115.
struct PageHinkley: StreamStatistic {
    /// Which change counts.
    enum Mode: String, Sendable { case up, down, both }

    let threshold: Double
    private let minInstances: Int
    private let delta: Double
    private let alpha: Double
    private let mode: Mode

    private var mean = RunningMean()
    private var increase = 0.0
    private var decrease = 0.0
    private var smallestIncrease = Double.infinity
    private var largestDecrease = -1.0

    /// Takes the keys that the method declares.
    init(_ parameters: Parameters) {
        threshold = parameters.number("threshold")
        minInstances = parameters.integer("min_instances")
        delta = parameters.number("delta")
        alpha = parameters.number("alpha")
        mode = Mode(rawValue: parameters.text("mode")) ?? .both
    }

    var statistic: Double {
        let rise = increase - smallestIncrease
        let fall = largestDecrease - decrease
        return mean.count == 0 ? .nan : mode == .up ? rise : mode == .down ? fall : max(rise, fall)
    }

    var isDrift: Bool { mean.count >= minInstances && mean.count > 0 && statistic > threshold }

    mutating func add(_ value: Double) {
        mean.add(value)
        let deviation = value - mean.mean
        increase = alpha * increase + deviation - delta
        decrease = alpha * decrease + deviation + delta
        smallestIncrease = min(smallestIncrease, increase)
        largestDecrease = max(largestDecrease, decrease)
    }

    func write(to words: inout StateWords) {
        mean.write(to: &words)
        for part in [increase, decrease, smallestIncrease, largestDecrease] { words.append(part) }
    }

    mutating func restore(from words: inout StateWordReader) throws(MethodError) {
        try mean.restore(from: &words)
        increase = try words.number()
        decrease = try words.number()
        smallestIncrease = try words.number()
        largestDecrease = try words.number()
    }
}

/// The two-sided cumulative sum chart against the mean and the deviation of a reference.
///
/// `S⁺ = max(0, S⁺ + z − delta)` and `S⁻ = max(0, S⁻ − z − delta)` with `z` in deviations of the reference; it fires
/// when one passes the threshold.
///
/// Source: E. S. Page (1954); D. Hawkins and D. Olwell (1998), "Cumulative sum charts", for its run lengths.
struct CUSUM: StreamStatistic {
    let threshold: Double
    private let delta: Double
    private let mode: PageHinkley.Mode
    private let mean: Double
    private let deviation: Double

    private var high = 0.0
    private var low = 0.0

    /// - Parameters:
    ///   - mean: The reference's mean.
    ///   - deviation: Its standard deviation, above 0.
    init(_ parameters: Parameters, mean: Double, deviation: Double) {
        threshold = parameters.number("threshold")
        delta = parameters.number("delta")
        mode = PageHinkley.Mode(rawValue: parameters.text("mode")) ?? .both
        self.mean = mean
        self.deviation = deviation
    }

    var statistic: Double { mode == .up ? high : mode == .down ? low : max(high, low) }
    var isDrift: Bool { statistic > threshold }

    mutating func add(_ value: Double) {
        let z = (value - mean) / deviation
        high = max(0, high + z - delta)
        low = max(0, low - z - delta)
    }

    func write(to words: inout StateWords) {
        words.append(high)
        words.append(low)
    }

    mutating func restore(from words: inout StateWordReader) throws(MethodError) {
        high = try words.number()
        low = try words.number()
    }
}
