import Methods
import Statistics

/// A conformal test martingale: each row is ranked among the reference and the stream so far, and bets are placed on
/// where the next one ranks.
///
/// Two bets on each column: that ranks lie to one side (the column moved), and that they lie outside or inside (its
/// spread changed). The null is that reference and stream are exchangeable; then the chance that the martingale ever
/// reaches `1 / p_val`, looked at after every row for all time, is at most `p_val` (Ville). The reference need not be
/// large: its rows are ranked with the others and never taken for the truth.
///
/// Sources: V. Vovk, I. Nouretdinov and A. Gammerman (2003), "Testing exchangeability on-line", ICML; ``Capital`` and
/// ``ConformalBag``.
struct ConformalMartingaleDrift: SequentialTest {
    let reference: ConformalBag
    let rule: Capital.Rule
    /// What the e-value has to reach.
    let threshold: Double
    /// The expected run time that is promised, for an e-detector.
    let expectedRunTime: Double?
    let seed: UInt64

    var width: Int { reference.columns }
    let largestEffect = 1.0
    var restartsAfterDetection: Bool { rule == .detector }

    func start(run: UInt64) -> any SequentialState {
        ConformalState(
            bag: reference,
            capital: Capital(rule, groups: 2 * width, bets: UniformBets.count),
            means: Array(repeating: 0.5, count: width),
            threshold: threshold,
            expectedRunTime: expectedRunTime,
            seed: seed,
            run: run
        )
    }

    /// An e-detector goes on with its bag, so that its next run is as the first: its draws are new, its rows ranked
    /// among all before.
    func restart(after state: any SequentialState, run: UInt64) -> any SequentialState {
        guard let before = state as? ConformalState else { return start(run: run) }
        var next = before
        next.capital = Capital(rule, groups: 2 * width, bets: UniformBets.count)
        next.run = run
        return next
    }

    func resume(from words: inout StateWordReader) throws(MethodError) -> any SequentialState {
        var capital = Capital(rule, groups: 2 * width, bets: UniformBets.count)
        let bag = try ConformalBag(columns: width, capacity: reference.capacity, from: &words)
        try capital.restore(from: &words)
        let means = try words.numbers(atMost: width)
        guard means.count == width else { throw StateWordReader.foreign("it has \(means.count) columns") }
        return ConformalState(
            bag: bag,
            capital: capital,
            means: means,
            threshold: threshold,
            expectedRunTime: expectedRunTime,
            seed: seed,
            run: try words.word()
        )
    }
}

/// Where a conformal martingale stands.
private struct ConformalState: SequentialState {
    /// The weight of the newest rank in the means: they reach back about 20 rows.
    static let weight = 0.05

    var bag: ConformalBag
    var capital: Capital
    /// The mean of the newest ranks of each column.
    var means: [Double]
    let threshold: Double
    let expectedRunTime: Double?
    let seed: UInt64
    var run: UInt64

    mutating func take(_ row: UnsafeBufferPointer<Float>) {
        // Each row draws from a stream of its own, so that nothing of it is kept.
        var generator = SeededGenerator(seed: seed).split(stream: run).split(stream: UInt64(capital.rows))
        withUnsafeTemporaryAllocation(of: Double.self, capacity: means.count) { ranks in
            bag.take(row, using: &generator) { ranks[$0] = $1 }
            for column in means.indices { means[column] += Self.weight * (ranks[column] - means[column]) }
            capital.bet { group, factors in
                let p = ranks[group / 2]
                UniformBets.pay(group % 2 == 0 ? p : abs(2 * p - 1), factors)
            }
        }
    }

    var answer: SequentialAnswer {
        // The probability that a new row lies above a row of the bag, less that it lies below, in the column where it is
        // farthest from 0.
        let shift = means.lazy.map { abs(2 * $0 - 1) }.max() ?? 0
        let margin = 1.959964 * 2 * (Self.weight / (2 - Self.weight) / 12).squareRoot()
        let evidence = expectedRunTime == nil ? capital.largest : capital.total
        return SequentialAnswer(
            isDrift: evidence >= threshold,
            time: capital.rows,
            statistic: capital.total,
            threshold: threshold,
            expectedRunTime: expectedRunTime,
            eValue: expectedRunTime == nil ? capital.total : nil,
            pValue: expectedRunTime == nil ? min(1, 1 / capital.largest) : nil,
            effect: Effect(name: "rank_shift", value: shift, low: max(0, shift - margin), high: min(1, shift + margin))
        )
    }

    var features: [SequentialFeature] {
        means.enumerated().map { column, mean in
            SequentialFeature(
                column: column,
                statistic: capital.total(of: 2 * column..<2 * column + 2),
                effect: abs(2 * mean - 1)
            )
        }
    }

    func write(to words: inout StateWords) {
        bag.write(to: &words)
        capital.write(to: &words)
        words.append(means)
        words.append(run)
    }
}
