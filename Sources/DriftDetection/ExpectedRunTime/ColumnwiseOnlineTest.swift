import Methods
import Statistics

/// A test of each column's newest values in windows of several sizes, with one answer for all columns, by expected run
/// time.
///
/// The statistic is the largest over columns and full windows; there is none before the smallest window is full. The
/// thresholds are made for that largest one, as columns depend on each other, when the test is fitted, and kept.
///
/// - Complexity: what each column's windows cost, a row.
struct ColumnwiseOnlineTest<Column: StreamColumn>: SequentialTest {
    let columns: [Column]
    let windows: WindowSizes
    /// From the row at which the smallest window is full.
    let thresholds: [RunTimeCalibration.Threshold]
    let expectedRunTime: Double
    let seed: UInt64
    /// What the effect is called.
    let effectName: String
    /// Whether a value can be taken, and what it should be.
    let admits: @Sendable (Float) -> Bool

    var width: Int { columns.count }
    let largestEffect = 1.0
    let restartsAfterDetection = true

    func check(_ row: UnsafeBufferPointer<Float>) throws(MethodError) {
        try requireFinite(row)
        guard let bad = row.firstIndex(where: { !admits($0) }) else { return }
        throw MethodError(
            .valueOutOfRange,
            "value \(bad) of the row is \(row[bad])",
            remedy: "Feed it columns of 0 and 1"
        )
    }

    func start(run: UInt64) -> any SequentialState { ColumnwiseOnlineState(test: self, run: run) }

    func resume(from words: inout StateWordReader) throws(MethodError) -> any SequentialState {
        let run = try words.word()
        var state = ColumnwiseOnlineState(test: self, run: run)
        try state.restore(from: &words)
        return state
    }
}

/// Where the windows of all columns stand.
private struct ColumnwiseOnlineState<Column: StreamColumn>: SequentialState {
    private let test: ColumnwiseOnlineTest<Column>
    private let run: UInt64
    private var windows: [Column.Window]
    private var time = 0
    /// The column with the largest statistic.
    private var worst = 0

    init(test: ColumnwiseOnlineTest<Column>, run: UInt64) {
        self.test = test
        self.run = run
        windows = test.columns.map(\.emptyWindow)
    }

    mutating func take(_ row: UnsafeBufferPointer<Float>) {
        for column in windows.indices { windows[column].take(OrderKey(row[column])) }
        time += 1
        findWorst()
    }

    private mutating func findWorst() {
        worst = 0
        for column in windows.indices where windows[column].statistic > windows[worst].statistic { worst = column }
    }

    var answer: SequentialAnswer {
        let place = time - test.windows.smallest
        guard place >= 0 else {
            return SequentialAnswer(
                isDrift: false,
                time: time,
                statistic: .nan,
                threshold: .infinity,
                expectedRunTime: test.expectedRunTime,
                effect: Effect(name: test.effectName, value: 0, low: 0, high: 1)
            )
        }
        let statistic = windows[worst].statistic
        let threshold = test.thresholds[min(place, test.thresholds.count - 1)]
        var isDrift = statistic > threshold.value
        if statistic == threshold.value {
            // A draw that belongs to the row, so that nothing of it is kept.
            var generator = SeededGenerator(seed: test.seed).split(stream: run).split(stream: UInt64(time))
            isDrift = threshold.detects(statistic, using: &generator)
        }
        let effect = windows[worst].effect
        return SequentialAnswer(
            isDrift: isDrift,
            time: time,
            statistic: statistic,
            threshold: threshold.value,
            expectedRunTime: test.expectedRunTime,
            effect: Effect(
                name: test.effectName,
                value: effect.value,
                low: max(0, effect.value - effect.margin),
                high: min(1, effect.value + effect.margin)
            )
        )
    }

    var features: [SequentialFeature] {
        guard time >= test.windows.smallest else { return [] }
        return windows.enumerated().map {
            SequentialFeature(column: $0, statistic: $1.statistic, effect: $1.effect.value)
        }
    }

    func write(to words: inout StateWords) {
        words.append(run)
        words.append(time)
        for window in windows { window.write(to: &words) }
    }

    mutating func restore(from words: inout StateWordReader) throws(MethodError) {
        time = try words.integer()
        for column in windows.indices { try windows[column].restore(from: &words) }
        findWorst()
    }
}

/// A clean stream of several columns, with a simulated reference.
struct SimulatedColumns<Column: StreamColumn>: SimulatedStream {
    private let resampling: ReferenceResampling
    private var windows: [Column.Window]

    /// - Parameter column: Makes a column of a simulated reference, sorted.
    init(
        _ resampling: ReferenceResampling,
        generator: SeededGenerator,
        column: (_ sorted: [OrderKey]) -> Column
    ) {
        var generator = generator
        self.resampling = resampling
        windows = resampling.reference(using: &generator).map { column($0).emptyWindow }
    }

    mutating func next(using generator: inout SeededGenerator) -> Double {
        var largest = Double.nan
        resampling.row(using: &generator) { column, key in
            windows[column].take(key)
            let statistic = windows[column].statistic
            largest = largest >= statistic ? largest : statistic
        }
        return largest
    }
}
