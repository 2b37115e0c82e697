package import Tensors

/// A fitted test that takes rows one by one: what fitting made, shared by all states and never changed by them.
///
/// A state is a value. It takes rows in their order, tells at any row what the test says of all rows since it began,
/// and can be written and read back bit for bit, so that a restored state goes on as the one that was written.
package protocol SequentialTest: Sendable {
    /// Values of a row.
    var width: Int { get }

    /// The largest effect that an answer can have.
    var largestEffect: Double { get }

    /// Whether the test begins anew after a detection. Otherwise a detection stands until somebody resets it.
    var restartsAfterDetection: Bool { get }

    /// Refuses a row that the test cannot take; such rows leave the state as it is.
    ///
    /// - Throws: `.shapeMismatch` for another number of values, `.nonFiniteValue` for NaN or an infinity,
    ///   `.valueOutOfRange` where the method is for values in a range.
    func check(_ row: UnsafeBufferPointer<Float>) throws(MethodError)

    /// Returns a state that has seen no row.
    ///
    /// - Parameter run: How often the test was begun before: random choices of different runs have nothing to do with
    ///   each other.
    func start(run: UInt64) -> any SequentialState

    /// Returns the state that a test of which ``restartsAfterDetection`` is true goes on from after a detection; as
    /// ``start(run:)`` gives it, where the method says nothing else.
    func restart(after state: any SequentialState, run: UInt64) -> any SequentialState

    /// Restores a state that one of ``start(run:)`` wrote.
    ///
    /// - Throws: `.invalidState` when the words are not those of this test.
    func resume(from words: inout StateWordReader) throws(MethodError) -> any SequentialState
}

/// Where a sequential test stands after the rows that it took.
package protocol SequentialState: Sendable {
    /// What the test says now.
    var answer: SequentialAnswer { get }

    /// What it says of each column, in column order, where it says something; empty for joint tests. Asked for only where
    /// somebody is told.
    var features: [SequentialFeature] { get }

    /// Takes the next row.
    ///
    /// - Precondition: The test's ``SequentialTest/check(_:)`` lets the row pass.
    mutating func take(_ row: UnsafeBufferPointer<Float>)

    /// Writes everything that later answers depend on.
    func write(to words: inout StateWords)
}

/// What a sequential test says after a row.
package struct SequentialAnswer: Sendable, Equatable {
    /// Whether the statistic passed its threshold: at this row, or for tests whose detections stand at one before.
    package var isDrift: Bool
    /// Rows since the test began.
    package var time: Int
    /// The statistic that `threshold` speaks of; NaN where there is none yet.
    package var statistic: Double
    /// What the statistic has to pass; infinite while the test cannot detect anything.
    package var threshold: Double
    /// The expected rows to a false detection that the test was calibrated to, where it was.
    package var expectedRunTime: Double?
    /// The evidence against the reference as a factor: betting one against it, so much would be there now.
    package var eValue: Double?
    /// A p-value that holds at every row at once, one by the largest e-value, where the test has it.
    package var pValue: Double?
    /// How far the newest rows are from what they are compared with.
    package var effect: Effect
    /// Why the test can say nothing more, where it cannot: it used up its reference.
    package var remark: String?
    /// The columns one by one, where the state was asked for them.
    package var features: [SequentialFeature] = []

    /// Creates an answer from its parts.
    package init(
        isDrift: Bool,
        time: Int,
        statistic: Double,
        threshold: Double,
        expectedRunTime: Double? = nil,
        eValue: Double? = nil,
        pValue: Double? = nil,
        effect: Effect,
        remark: String? = nil
    ) {
        self.isDrift = isDrift
        self.time = time
        self.statistic = statistic
        self.threshold = threshold
        self.expectedRunTime = expectedRunTime
        self.eValue = eValue
        self.pValue = pValue
        self.effect = effect
        self.remark = remark
    }
}

/// What a sequential test says of one column.
package struct SequentialFeature: Sendable, Equatable {
    /// The column's place.
    package var column: Int
    /// The column's own statistic.
    package var statistic: Double
    /// A p-value of the column alone that holds at every row at once, where the test has one.
    package var pValue: Double?
    /// How far the column's newest values are from what they are compared with.
    package var effect: Double

    /// Creates a finding from its parts.
    package init(column: Int, statistic: Double, pValue: Double? = nil, effect: Double) {
        self.column = column
        self.statistic = statistic
        self.pValue = pValue
        self.effect = effect
    }
}

extension SequentialState {
    package var features: [SequentialFeature] { [] }

    /// What the test says now, of its columns too.
    package var finding: SequentialAnswer {
        var answer = answer
        answer.features = features
        return answer
    }
}

extension SequentialTest {
    package func restart(after state: any SequentialState, run: UInt64) -> any SequentialState { start(run: run) }

    package func check(_ row: UnsafeBufferPointer<Float>) throws(MethodError) { try requireFinite(row) }

    /// Refuses rows of another width, and NaN and infinities.
    package func requireFinite(_ row: UnsafeBufferPointer<Float>) throws(MethodError) {
        guard row.count == width else { throw MethodError.width(row.count, expected: width, "the sequential test") }
        guard let bad = row.firstIndex(where: { !$0.isFinite }) else { return }
        throw MethodError(
            .nonFiniteValue,
            "value \(bad) of the row is \(row[bad])",
            remedy: "Leave such rows out, or impute them before; a monitor leaves them out and counts them"
        )
    }

    /// Answers after each row of a batch, from a test that begins with its first row; beginning anew after detections
    /// where the test does that.
    ///
    /// - Throws: What ``check(_:)`` refuses.
    package func answers(to rows: Tensor<Float>) throws(MethodError) -> [SequentialAnswer] {
        var run: UInt64 = 0
        var state = start(run: run)
        var answers: [SequentialAnswer] = []
        answers.reserveCapacity(rows.rows)
        let width = rows.elementsPerRow
        let elements = rows.elements  // once: it may be a copy
        for index in 0..<rows.rows {
            var failure: MethodError?
            elements[index * width..<(index + 1) * width].withUnsafeBufferPointer { values in
                do throws(MethodError) { try check(values) } catch { failure = error }
                if failure == nil { state.take(values) }
            }
            if let failure { throw failure }
            let answer = state.answer
            answers.append(answer)
            if answer.isDrift, restartsAfterDetection {
                run += 1
                state = restart(after: state, run: run)
            }
        }
        return answers
    }
}
