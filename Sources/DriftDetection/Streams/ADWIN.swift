import Methods

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The adaptive window: fires when the two sides of some cut of the window have means too far apart.
///
/// The window is kept as buckets of 1, 2, 4, … values, at most `max_buckets` and one of a size, so its memory is
/// logarithmic in its length. Every `clock` values each cut between two buckets is tried.
///
/// Source: A. Bifet and R. Gavaldà (2007), "Learning from time-changing data with adaptive windowing", SDM,
/// pp. 443–448.
struct ADWIN: StreamStatistic {
    private struct Bucket {
        var total: Double
        var variance: Double
    }

    private let delta: Double
    private let clock: Int
    private let maxBuckets: Int
    private let minLength: Int
    private let gracePeriod: Int

    /// Row `i` has buckets of 2^i values, the oldest first.
    private var rows: [[Bucket]] = [[]]
    private var count = 0
    private var total = 0.0
    private var variance = 0.0

    init(_ parameters: Parameters) {
        delta = parameters.number("delta")
        clock = parameters.integer("clock")
        maxBuckets = parameters.integer("max_buckets")
        minLength = parameters.integer("min_window_length")
        gracePeriod = parameters.integer("grace_period")
    }

    private(set) var isDrift = false
    /// The largest difference of means over what the bound allows, at the last cuts that were tried.
    private(set) var statistic = Double.nan
    let threshold = 1.0

    mutating func add(_ value: Double) {
        count += 1
        if count > 1 {
            let others = Double(count - 1)
            let difference = value - total / others
            variance += others * difference * difference / Double(count)
        }
        total += value
        rows[0].append(Bucket(total: value, variance: 0))
        compress()
        isDrift = false
        if count % clock == 0, count > gracePeriod { tryCuts() }
    }

    private mutating func compress() {
        var row = 0
        while row < rows.count, rows[row].count == maxBuckets + 1 {
            let size = Double(sign: .plus, exponent: row, significand: 1)
            let (first, second) = (rows[row][0], rows[row][1])
            let difference = first.total / size - second.total / size
            let between = size * size * difference * difference / (size + size)
            if row + 1 == rows.count { rows.append([]) }
            rows[row + 1].append(
                Bucket(total: first.total + second.total, variance: first.variance + second.variance + between)
            )
            rows[row].removeFirst(2)
            row += 1
        }
    }

    /// Tries the cuts behind every bucket, oldest first.
    private mutating func tryCuts() {
        var (oldCount, oldTotal) = (0.0, 0.0)
        var (newCount, newTotal) = (Double(count), total)
        statistic = 0
        for row in rows.indices.reversed() {
            let size = Double(sign: .plus, exponent: row, significand: 1)
            for bucket in rows[row] {
                oldCount += size
                newCount -= size
                oldTotal += bucket.total
                newTotal -= bucket.total
                guard newCount >= Double(minLength), oldCount >= Double(minLength) else { continue }
                let difference = abs(oldTotal / oldCount - newTotal / newCount)
                let allowed = bound(oldCount, newCount)
                statistic = max(statistic, difference / allowed)
                if difference > allowed { isDrift = true }
            }
        }
    }

    private func bound(_ oldCount: Double, _ newCount: Double) -> Double {
        let confidence = log(2 * log(Double(count)) / delta)
        let least = Double(minLength)
        let reciprocal = 1 / (oldCount - least + 1) + 1 / (newCount - least + 1)
        return (2 * reciprocal * (variance / Double(count)) * confidence).squareRoot() + 2.0 / 3 * confidence
            * reciprocal
    }

    func write(to words: inout StateWords) {
        words.append(count)
        words.append(total)
        words.append(variance)
        words.append(statistic)
        words.append(isDrift)
        words.append(rows.count)
        for row in rows { words.append(row.flatMap { [$0.total, $0.variance] }) }
    }

    mutating func restore(from words: inout StateWordReader) throws(MethodError) {
        count = try words.integer()
        total = try words.number()
        variance = try words.number()
        statistic = try words.number()
        isDrift = try words.flag()
        rows = []
        for _ in 0..<(try words.integer(in: 1...64)) {
            let parts = try words.numbers(atMost: 2 * (maxBuckets + 1))
            guard parts.count % 2 == 0 else { throw StateWordReader.foreign("a bucket has half its parts") }
            rows.append(
                stride(from: 0, to: parts.count, by: 2).map { Bucket(total: parts[$0], variance: parts[$0 + 1]) }
            )
        }
    }
}
