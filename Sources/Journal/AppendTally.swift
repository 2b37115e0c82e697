import Synchronization

/// Counts the records of one call that the writer still has in hand, in rounds: a round begins, records are expected,
/// and when all of them have ended and no more come, whoever waits goes on.
final class AppendTally: Sendable {
    private struct State {
        var kept: [Bool]
        /// Records in hand, and one more while the round may still get some.
        var open = 0
        var whenDone: (@Sendable () -> Void)?
    }

    private let state: Mutex<State>

    init(count: Int) {
        state = Mutex(State(kept: [Bool](repeating: false, count: count)))
    }

    /// Which records are in the journal.
    var kept: [Bool] { state.withLock { $0.kept } }

    /// Begins a round.
    func begin(whenDone: @escaping @Sendable () -> Void) {
        state.withLock { state in
            state.open = 1
            state.whenDone = whenDone
        }
    }

    /// Another record of the round is with the writer.
    func expect() { state.withLock { $0.open += 1 } }

    /// The round gets no more records.
    func endOfRound() { close { _ in } }

    /// The writer has ended with a record.
    func settle(_ index: Int, isKept: Bool) { close { $0[index] = isKept } }

    private func close(_ change: (inout [Bool]) -> Void) {
        let done = state.withLock { state in
            change(&state.kept)
            state.open -= 1
            return state.open == 0 ? state.whenDone.take() : nil
        }
        done?()
    }
}
