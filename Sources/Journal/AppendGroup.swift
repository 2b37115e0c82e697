import Synchronization

/// Records that came together and are answered together: when the last of them is kept or refused.
final class AppendGroup: Sendable {
    private struct State {
        var open: Int
        var refusals: [(index: Int, error: JournalError)] = []
    }

    private let state: Mutex<State>
    private let completion: @Sendable ([(index: Int, error: JournalError)]) -> Void

    /// - Parameters:
    ///   - count: How many records there are, at least 1.
    ///   - completion: Gets those that are not in the journal, in the order in which that became known.
    init(count: Int, completion: @escaping @Sendable ([(index: Int, error: JournalError)]) -> Void) {
        state = Mutex(State(open: count))
        self.completion = completion
    }

    /// One record is in the journal, or is refused.
    func settle(_ index: Int, _ failure: JournalError?) {
        let refusals = state.withLock { state -> [(index: Int, error: JournalError)]? in
            state.open -= 1
            if let failure { state.refusals.append((index, failure)) }
            return state.open == 0 ? state.refusals : nil
        }
        if let refusals { completion(refusals) }
    }
}
