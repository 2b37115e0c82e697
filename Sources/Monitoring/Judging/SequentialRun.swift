package import Methods

/// A sequential test on its way along one lane.
package struct SequentialRun: Sendable {
    /// How often the test was begun before.
    package private(set) var number: UInt64
    /// Where it stands.
    package private(set) var state: any SequentialState
    /// Whether the row before ended with a detection that stands.
    private var stands = false

    /// Begins a test.
    package init(_ test: any SequentialTest) {
        number = 0
        state = test.start(run: 0)
    }

    /// What the test says now.
    package var answer: SequentialAnswer { state.answer }

    /// What the test says now, of its columns too.
    package var finding: SequentialAnswer { state.finding }

    /// Takes a row.
    ///
    /// - Returns: Whether the test detected something that did not stand before.
    /// - Precondition: The test lets the row pass.
    package mutating func take(_ row: UnsafeBufferPointer<Float>) -> Bool {
        state.take(row)
        let detects = state.answer.isDrift
        defer { stands = detects }
        return detects && !stands
    }

    /// Begins anew after a detection was told, where the test does that.
    package mutating func restart(after test: any SequentialTest) {
        guard test.restartsAfterDetection, state.answer.isDrift else { return }
        number += 1
        state = test.restart(after: state, run: number)
        stands = false
    }

    package func write(to writer: inout StateWriter) {
        var words = StateWords()
        state.write(to: &words)
        writer.write(number)
        writer.write(stands)
        writer.write(words.words) { $0.write($1) }
    }

    package init(_ test: any SequentialTest, from reader: inout StateReader) throws(MonitoringError) {
        number = try reader.read(UInt64.self)
        stands = try reader.readBool()
        var words = StateWordReader(
            try reader.readArray { reader throws(MonitoringError) in try reader.read(UInt64.self) }
        )
        do throws(MethodError) {
            state = try test.resume(from: &words)
            guard words.isAtEnd else { throw StateWordReader.foreign("something is left") }
        } catch {
            throw MonitoringError(
                code: .unreadableState,
                message: error.message,
                remedy: "Remove the state directory of the service; its monitors then start as learning",
                cause: error
            )
        }
    }
}
