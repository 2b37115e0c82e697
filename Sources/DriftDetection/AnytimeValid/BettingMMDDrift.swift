import Methods

/// Two-sample betting on all columns together: the bet is on the witness of a kernel's mean discrepancy, learned from
/// the pairs before.
///
/// The sum of `k(x, ·) − k(y, ·)` over earlier pairs points to where stream and reference differ; divided by its norm it
/// changes between two points by at most √2, so its difference at the next pair is a fair bet under the null, and pays
/// when the difference lasts. The kernel's width comes from rows that are never paired.
///
/// Sources: as for ``BettingDrift``; A. Podkopaev and A. Ramdas (2023), "Sequential predictive two-sample and
/// independence testing", NeurIPS, arXiv:2305.00143.
struct BettingMMDDrift: SequentialTest {
    /// Row-major, in the order of use.
    let reference: [Float]
    let width: Int
    let kernel: GaussianKernel
    let threshold: Double
    let largestEffect = 2.0.squareRoot()
    let restartsAfterDetection = false

    func start(run: UInt64) -> any SequentialState { WitnessState(test: self) }

    func resume(from words: inout StateWordReader) throws(MethodError) -> any SequentialState {
        try WitnessState(test: self, from: &words)
    }
}

/// Where betting on a witness stands.
private struct WitnessState: SequentialState {
    let test: BettingMMDDrift
    private var capital = Capital(.martingale, groups: 1, bets: BoundedBets.rising.count)
    /// The rows of the stream that were paired, row-major.
    private var rows: [Float] = []
    /// The squared norm of the witness, and of its steps.
    private var squaredNorm = 0.0
    private var squaredSteps = 0.0
    private var time = 0

    init(test: BettingMMDDrift) { self.test = test }

    private var pairs: Int { rows.count / test.width }
    private var isExhausted: Bool { rows.count == test.reference.count }

    private func similarity(_ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>) -> Double {
        test.kernel.similarity(first, second, width: test.width)
    }

    mutating func take(_ row: UnsafeBufferPointer<Float>) {
        time += 1
        guard !isExhausted, let place = row.baseAddress else { return }
        let count = pairs
        var change = 0.0
        var step = 0.0
        test.reference.withUnsafeBufferPointer { reference in
            rows.withUnsafeBufferPointer { rows in
                guard let reference = reference.baseAddress else { return }
                let partner = reference + count * test.width
                step = 2 - 2 * similarity(place, partner)
                guard let rows = rows.baseAddress else { return }
                for pair in 0..<count {
                    let (x, y) = (rows + pair * test.width, reference + pair * test.width)
                    change += similarity(x, place) - similarity(y, place)
                    change -= similarity(x, partner) - similarity(y, partner)
                }
            }
        }
        let payoff = squaredNorm > 1e-12 ? min(1, max(-1, change / (2 * squaredNorm).squareRoot())) : 0
        capital.bet { BoundedBets.pay(payoff, BoundedBets.rising, $1) }
        squaredNorm += 2 * change + step
        squaredSteps += step
        rows.append(contentsOf: row)
    }

    var answer: SequentialAnswer {
        let count = Double(pairs)
        // Unbiased: products of different pairs only. Its deviation under equality is that of `count (count - 1)` of them.
        let squared = count > 1 ? (squaredNorm - squaredSteps) / (count * (count - 1)) : 0
        let margin =
            count > 1 ? 1.959964 * 2.0.squareRoot() * squaredSteps / count / (count * (count - 1)).squareRoot() : 2
        return SequentialAnswer(
            isDrift: capital.largest >= test.threshold,
            time: time,
            statistic: capital.total,
            threshold: test.threshold,
            eValue: capital.total,
            pValue: min(1, 1 / capital.largest),
            effect: Effect(
                name: "mmd",
                value: max(0, squared).squareRoot(),
                low: max(0, squared - margin).squareRoot(),
                high: max(0, squared + margin).squareRoot()
            ),
            remark: isExhausted ? "reference exhausted" : nil
        )
    }

    func write(to words: inout StateWords) {
        capital.write(to: &words)
        words.append(rows)
        words.append(squaredNorm)
        words.append(squaredSteps)
        words.append(time)
    }

    init(test: BettingMMDDrift, from words: inout StateWordReader) throws(MethodError) {
        self.test = test
        try capital.restore(from: &words)
        rows = try words.floats(atMost: test.reference.count)
        guard rows.count % test.width == 0 else { throw StateWordReader.foreign("a row is cut") }
        squaredNorm = try words.number()
        squaredSteps = try words.number()
        time = try words.integer()
    }
}
