import Methods
import Statistics

/// A clean stream that is simulated, with a reference of its own.
protocol SimulatedStream {
    /// The statistic after the next row.
    mutating func next(using generator: inout SeededGenerator) -> Double
}

/// The thresholds of a statistic by which clean streams run for as long as asked, on average over references and streams.
///
/// While windows fill and turn over, each row detects with the same chance, given that none before did. From then on one
/// threshold serves: that at which the mean run time, over simulated references as over simulated streams, is the one
/// asked for. Setting it by its chance to detect alone would let tests run longer than asked, since those that are still
/// running are those whose reference makes them quiet. A statistic that equals its threshold, which those of discrete
/// data do, detects by a draw.
///
/// Sources: G. J. Ross et al. (2013); O. Cobb, A. Van Looveren and J. Klaise (2022), arXiv:2108.00883, for the thresholds
/// of the first rows.
struct RunTimeCalibration {
    /// The row of the first threshold: the smallest window is full then.
    let firstRow: Int
    /// Rows that have a threshold of their own.
    let rows: Int
    /// Mean rows to a detection, counted from the first.
    let expectedRunTime: Double
    /// Simulated streams for the thresholds of the first rows, and for the last threshold.
    let streams: (first: Int, last: Int)
    let seed: UInt64
    let progress: FittingProgress

    /// One threshold, and the chance that a statistic equal to it passes.
    struct Threshold: Sendable, Equatable {
        var value: Double
        var permit: Double

        func detects(_ statistic: Double, using generator: inout SeededGenerator) -> Bool {
            statistic > value || (statistic == value && generator.uniform() >= permit)
        }
    }

    /// Returns a threshold for each row from `firstRow` on; the last one serves for all later rows.
    ///
    /// - Parameter stream: Makes a stream; the same `reference` number, the same reference.
    /// - Throws: `.neverFires` when the run time cannot be reached.
    func thresholds<Stream: SimulatedStream>(
        _ stream: (_ reference: UInt64) -> Stream
    ) throws(MethodError) -> [Threshold] {
        guard expectedRunTime >= Double(firstRow), Double(streams.first) >= 10 * expectedRunTime else {
            throw MethodError(
                .neverFires,
                "ert is \(expectedRunTime) with \(streams.first) simulated streams, and the smallest window is full after \(firstRow) rows",
                remedy: "Set ert to more rows than the smallest window has, and n_bootstraps to at least ten times ert"
            )
        }
        var (thresholds, level) = firstThresholds(stream)
        // Runs end at a level that only one in so many passes; if that is not high enough, at a higher one.
        for height in [level[0], level[1], .infinity] {
            let runs = longRuns(stream, thresholds: thresholds, endingAbove: height)
            if let last = lastThreshold(runs, endingAbove: height) {
                thresholds[thresholds.count - 1] = last
                return thresholds
            }
        }
        throw MethodError(
            .neverFires,
            "no threshold lets clean streams run for \(expectedRunTime) rows",
            remedy: "Ask for a smaller ert, or give a reference of more rows and larger windows"
        )
    }

    // MARK: The first rows

    /// Streams that share a simulated reference: making one costs more than running along it.
    private static let streamsPerReference = 10

    private func firstThresholds<Stream: SimulatedStream>(
        _ stream: (_ reference: UInt64) -> Stream
    ) -> ([Threshold], levels: [Double]) {
        let generator = SeededGenerator(seed: seed)
        var statistics = [Double](repeating: 0, count: streams.first * rows)
        var fresh: Stream?
        for run in 0..<streams.first {
            if run % 1_000 == 0 { progress("thresholds", Double(run) / Double(2 * streams.first)) }
            var draws = generator.split(stream: UInt64(run))
            let reference = UInt64(run / Self.streamsPerReference)
            if run % Self.streamsPerReference == 0 { fresh = stream(reference) }
            guard var own = fresh else { continue }
            for _ in 1..<firstRow { _ = own.next(using: &draws) }
            for row in 0..<rows { statistics[run * rows + row] = own.next(using: &draws) }
        }
        var draws = generator.split(stream: .max)
        var alive = Array(0..<streams.first)
        var thresholds: [Threshold] = []
        var levels: [Double] = []
        let hazard = 1 / max(1, expectedRunTime - Double(firstRow - 1))
        for row in 0..<rows {
            let sorted = alive.map { statistics[$0 * rows + row] }.sorted(by: >)
            let wanted = hazard * Double(sorted.count)
            let value = sorted[min(sorted.count - 1, Int(wanted))]
            let above = Double(sorted.firstPlace { $0 <= value })
            let equal = Double(sorted.firstPlace { $0 < value }) - above
            let threshold = Threshold(value: value, permit: 1 - min(1, max(0, (wanted - above) / equal)))
            thresholds.append(threshold)
            levels = [0.7, 0.25].map { sorted[min(sorted.count - 1, Int($0 * wanted))] }
            alive.removeAll { threshold.detects(statistics[$0 * rows + row], using: &draws) }
            if alive.isEmpty { break }
        }
        return (thresholds, levels)
    }

    // MARK: The last threshold

    /// A simulated stream from its first row to a statistic that no threshold would have let pass.
    private struct LongRun {
        /// The rows at which the statistic was as large as never before, or equal to the largest before.
        var records: [(row: Double, value: Double)] = []
        /// Where it ended: at a detection by the first thresholds, or where it was given up.
        var end: Double
    }

    /// What a run is given up after, in expected run times.
    private static let patience = 40.0

    private func longRuns<Stream: SimulatedStream>(
        _ stream: (_ reference: UInt64) -> Stream,
        thresholds: [Threshold],
        endingAbove height: Double
    ) -> [LongRun] {
        let generator = SeededGenerator(seed: seed).split(stream: .max - 1)
        let lastRow = firstRow + thresholds.count - 1
        let limit = Int(Self.patience * expectedRunTime)
        return (0..<streams.last).map { number in
            if number % 50 == 0 { progress("run time", 0.5 + Double(number) / Double(2 * streams.last)) }
            var draws = generator.split(stream: UInt64(number))
            var own = stream(.max / 2 + UInt64(number))
            var run = LongRun(end: Double(limit))
            var largest = -Double.infinity
            for row in 1...limit {
                let statistic = own.next(using: &draws)
                if row < firstRow { continue }
                if row < lastRow {
                    guard thresholds[row - firstRow].detects(statistic, using: &draws) else { continue }
                    run.end = Double(row)
                    break
                }
                guard statistic >= largest else { continue }
                largest = statistic
                run.records.append((Double(row), statistic))
                if statistic > height { break }
            }
            return run
        }
    }

    /// The threshold at which the runs last as long as asked; nil where it is above `height`.
    private func lastThreshold(_ runs: [LongRun], endingAbove height: Double) -> Threshold? {
        func mean(_ threshold: Threshold) -> Double {
            runs.reduce(0) { $0 + length($1, threshold) } / Double(runs.count)
        }
        let values = Set(runs.flatMap { $0.records.map(\.value) }.filter { $0 <= height }).sorted()
        let place = values.firstPlace { mean(Threshold(value: $0, permit: 1)) >= expectedRunTime }
        guard place < values.count else { return nil }
        var (low, high) = (0.0, 1.0)
        for _ in 0..<30 {
            let middle = (low + high) / 2
            if mean(Threshold(value: values[place], permit: middle)) < expectedRunTime {
                low = middle
            } else {
                high = middle
            }
        }
        return Threshold(value: values[place], permit: high)
    }

    /// The mean length of a run over the draws at equality.
    private func length(_ run: LongRun, _ threshold: Threshold) -> Double {
        var mean = 0.0
        var goesOn = 1.0
        for (row, value) in run.records where value >= threshold.value {
            let stops = value > threshold.value ? 1 : 1 - threshold.permit
            mean += goesOn * stops * row
            goesOn *= 1 - stops
            if goesOn == 0 { return mean }
        }
        return mean + goesOn * run.end
    }
}
