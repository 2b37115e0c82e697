import Methods

/// The drift detection method: fires when the error rate is above the best that it was by several deviations.
///
/// Where the first `warm_start` values hold no error, the best rate is 0 with deviation 0, and the first error fires: a
/// trait of the method that is kept, as its run lengths say.
///
/// Source: J. Gama, P. Medas, G. Castillo and P. Rodrigues (2004), "Learning with drift detection", SBIA, pp. 286–295.
struct DDM: StreamStatistic {
    let range = 0.0...1.0
    private let warmStart: Int
    private let factor: Double

    private var mean = RunningMean()
    private var bestMean = 0.0
    private var bestDeviation = 0.0
    private var best = Double.infinity

    init(_ parameters: Parameters) {
        warmStart = parameters.integer("warm_start")
        factor = parameters.number("drift_threshold")
    }

    private var deviation: Double { (mean.mean * (1 - mean.mean) / Double(mean.count)).squareRoot() }

    var statistic: Double { mean.count == 0 ? .nan : mean.mean + deviation }
    var threshold: Double { best == .infinity ? .infinity : bestMean + factor * bestDeviation }
    var isDrift: Bool { mean.count > warmStart && statistic > threshold }

    mutating func add(_ value: Double) {
        mean.add(value)
        guard mean.count > warmStart else { return }
        let deviation = deviation
        guard mean.mean + deviation <= best else { return }
        bestMean = mean.mean
        bestDeviation = deviation
        best = bestMean + bestDeviation
    }

    func write(to words: inout StateWords) {
        mean.write(to: &words)
        for part in [bestMean, bestDeviation, best] { words.append(part) }
    }

    mutating func restore(from words: inout StateWordReader) throws(MethodError) {
        try mean.restore(from: &words)
        bestMean = try words.number()
        bestDeviation = try words.number()
        best = try words.number()
    }
}

/// The early drift detection method: fires when errors come at shorter distances than they did at best.
///
/// The statistic is 1 less the ratio of mean distance and twice its deviation to their largest value; it fires above
/// `1 − beta`.
///
/// Source: M. Baena-García et al. (2006), "Early drift detection method", 4th International Workshop on Knowledge
/// Discovery from Data Streams.
struct EDDM: StreamStatistic {
    let range = 0.0...1.0
    private let warmStart: Int
    private let beta: Double

    private var count = 0
    private var errors = 0
    private var lastError = 0
    private var mean = 0.0
    private var sumOfSquares = 0.0
    private var largest = -1.0
    private var ratio = Double.nan

    init(_ parameters: Parameters) {
        warmStart = parameters.integer("warm_start")
        beta = parameters.number("beta")
    }

    var statistic: Double { 1 - ratio }
    var threshold: Double { 1 - beta }
    private(set) var isDrift = false

    mutating func add(_ value: Double) {
        count += 1
        isDrift = false
        guard value == 1 else { return }
        errors += 1
        let distance = Double(count - lastError)
        let difference = distance - mean
        mean += difference / Double(errors)
        sumOfSquares += difference * (distance - mean)
        lastError = count
        guard count > warmStart else { return }
        let variance = errors > 1 ? sumOfSquares / Double(errors - 1) : 0
        let spread = mean + 2 * variance.squareRoot()
        if spread > largest {
            largest = spread
            ratio = 1
        } else if errors > warmStart {
            ratio = spread / largest
            isDrift = ratio < beta
        }
    }

    func write(to words: inout StateWords) {
        for part in [count, errors, lastError] { words.append(part) }
        for part in [mean, sumOfSquares, largest, ratio] { words.append(part) }
        words.append(isDrift)
    }

    mutating func restore(from words: inout StateWordReader) throws(MethodError) {
        count = try words.integer()
        errors = try words.integer()
        lastError = try words.integer()
        mean = try words.number()
        sumOfSquares = try words.number()
        largest = try words.number()
        ratio = try words.number()
        isDrift = try words.flag()
    }
}
