import Methods
import Statistics

/// Kolmogorov and Smirnov's test between the newest values of a window and a sample of its older ones, at each value.
///
/// The p-value is exact. It is tested at each value without correction, so the chance of a false detection grows with
/// the stream: `alpha` is not a promise over time, and its run lengths are measured.
///
/// Source: C. Raab, M. Heusinger and F.-M. Schleif (2020), "Reactive soft prototype computing for concept drift
/// streams", Neurocomputing 416, pp. 340–351.
struct KSWIN: StreamStatistic {
    /// Smaller gaps never count.
    private static let leastGap = 0.1

    private let alpha: Double
    private let windowSize: Int
    private let statSize: Int
    private let seed: UInt64

    private var window: [Double] = []
    private var next = 0
    private var run: UInt64 = 0
    private var draws: UInt64 = 0

    /// - Throws: `.invalidConfiguration` when the older part is smaller than the newer one, of which a sample is drawn.
    init(_ parameters: Parameters, seed: UInt64) throws(MethodError) {
        alpha = parameters.number("alpha")
        windowSize = parameters.integer("window_size")
        statSize = parameters.integer("stat_size")
        self.seed = seed
        guard windowSize >= 2 * statSize else {
            throw MethodError(
                .invalidConfiguration,
                "window_size is \(windowSize) and stat_size \(statSize)",
                remedy:
                    "Make the window at least twice stat_size: as many older values are drawn as there are newer ones"
            )
        }
    }

    private(set) var isDrift = false
    /// 1 less the p-value; NaN before the window is full.
    private(set) var statistic = Double.nan
    /// What `statistic`, 1 less the p-value, has to reach.
    var threshold: Double { 1 - alpha }

    mutating func reseed(_ run: UInt64) {
        self.run = run
        draws = 0
    }

    mutating func add(_ value: Double) {
        if window.count < windowSize { window.append(value) } else { window[next] = value }
        next = (next + 1) % windowSize
        isDrift = false
        guard window.count == windowSize else { return }
        // The oldest value is at `next`. Each test draws from a stream of its own, so that nothing of it is kept.
        var generator = SeededGenerator(seed: seed).split(stream: run).split(stream: draws)
        draws += 1
        let older = generator.sample(statSize, of: windowSize - statSize).map { window[(next + $0) % windowSize] }
        let newer = (windowSize - statSize..<windowSize).map { window[(next + $0) % windowSize] }
        // Fails for samples that are empty or not finite, which these are not.
        guard let result = try? KolmogorovSmirnov.test(reference: older, test: newer, method: .exact) else { return }
        statistic = 1 - result.pValue
        isDrift = result.pValue <= alpha && result.statistic > Self.leastGap
    }

    func write(to words: inout StateWords) {
        words.append(window)
        words.append(next)
        words.append(run)
        words.append(draws)
        words.append(statistic)
        words.append(isDrift)
    }

    mutating func restore(from words: inout StateWordReader) throws(MethodError) {
        window = try words.numbers(atMost: windowSize)
        next = try words.integer(in: 0...windowSize - 1)
        run = try words.word()
        draws = try words.word()
        statistic = try words.number()
        isDrift = try words.flag()
    }
}
