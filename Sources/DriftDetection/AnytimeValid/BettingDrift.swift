import Methods
import Tensors

/// Two-sample betting: each row of the stream is paired with a row of the reference that was never used, and bets are
/// placed on their difference.
///
/// With bounds the difference itself is bet on, in units of the range: the test asks whether a mean, or a rate, moved.
/// Without, its sign: whether a row of the stream is more likely above one of the reference than below. Given all pairs
/// before, the difference has mean 0 when both rows come from one distribution, so the capital is a martingale, and the
/// chance that it ever reaches `1 / p_val` is at most `p_val`. When each reference row was used the test has nothing more
/// to say.
///
/// Source: S. Shekhar and A. Ramdas (2024), "Nonparametric two-sample testing by betting", IEEE Transactions on
/// Information Theory 70(2), arXiv:2112.09162.
struct BettingDrift: SequentialTest {
    /// Row-major, in the order of use.
    let reference: [Float]
    let width: Int
    let bounds: ClosedRange<Double>?
    let threshold: Double
    let largestEffect = 1.0
    let restartsAfterDetection = false

    func check(_ row: UnsafeBufferPointer<Float>) throws(MethodError) {
        try requireFinite(row)
        guard let bounds, let bad = row.first(where: { !bounds.contains(Double($0)) }) else { return }
        throw MethodError(
            .valueOutOfRange,
            "the value \(bad) is not within the bounds \(bounds.lowerBound) to \(bounds.upperBound)",
            remedy: "Give bounds that hold for every value, or leave them out to bet on ranks"
        )
    }

    func start(run: UInt64) -> any SequentialState {
        BettingState(
            test: self,
            capital: Capital(.martingale, groups: width, bets: BoundedBets.twoSided.count),
            means: Array(repeating: 0, count: width)
        )
    }

    func resume(from words: inout StateWordReader) throws(MethodError) -> any SequentialState {
        var capital = Capital(.martingale, groups: width, bets: BoundedBets.twoSided.count)
        try capital.restore(from: &words)
        let means = try words.numbers(atMost: width)
        guard means.count == width else { throw StateWordReader.foreign("it has \(means.count) columns") }
        return BettingState(test: self, capital: capital, means: means, time: try words.integer())
    }
}

/// Where two-sample betting stands.
private struct BettingState: SequentialState {
    /// The weight of the newest difference in the means: they reach back about 20 rows.
    private static let weight = 0.05

    let test: BettingDrift
    var capital: Capital
    /// The mean of the newest differences of each column.
    var means: [Double]
    var time = 0

    private var pairs: Int { test.reference.count / test.width }

    mutating func take(_ row: UnsafeBufferPointer<Float>) {
        time += 1
        guard capital.rows < pairs else { return }
        let start = capital.rows * test.width
        withUnsafeTemporaryAllocation(of: Double.self, capacity: test.width) { differences in
            for column in 0..<test.width {
                let difference = Double(row[column]) - Double(test.reference[start + column])
                if let bounds = test.bounds {
                    differences[column] = difference / (bounds.upperBound - bounds.lowerBound)
                } else {
                    differences[column] = difference > 0 ? 1 : difference < 0 ? -1 : 0
                }
                means[column] += Self.weight * (differences[column] - means[column])
            }
            capital.bet { BoundedBets.pay(differences[$0], BoundedBets.twoSided, $1) }
        }
    }

    var answer: SequentialAnswer {
        let shift = means.lazy.map(abs).max() ?? 0
        let margin = 1.959964 * (Self.weight / (2 - Self.weight)).squareRoot()
        return SequentialAnswer(
            isDrift: capital.largest >= test.threshold,
            time: time,
            statistic: capital.total,
            threshold: test.threshold,
            eValue: capital.total,
            pValue: min(1, 1 / capital.largest),
            effect: Effect(
                name: test.bounds == nil ? "rank_shift" : "mean_shift",
                value: shift,
                low: max(0, shift - margin),
                high: min(1, shift + margin)
            ),
            remark: capital.rows == pairs ? "reference exhausted" : nil
        )
    }

    var features: [SequentialFeature] {
        means.enumerated().map { column, mean in
            SequentialFeature(
                column: column,
                statistic: capital.total(of: column..<column + 1),
                effect: abs(mean)
            )
        }
    }

    func write(to words: inout StateWords) {
        capital.write(to: &words)
        words.append(means)
        words.append(time)
    }
}
