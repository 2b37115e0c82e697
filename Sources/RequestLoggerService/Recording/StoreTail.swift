import Synchronization

/// Tells whoever waits that the store has grown; what is new they read from the store at their own pace.
///
/// A signal holds nothing, and one that was not taken yet stands for all that follow: a slow reader costs no memory.
package final class StoreTail: Sendable {
    private struct State {
        var next = 0
        var readers: [Int: AsyncStream<Void>.Continuation] = [:]
    }

    private let state = Mutex(State())

    init() {}

    /// Signals from now on, with one at once.
    package func signals() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            defer { state.next += 1 }
            state.readers[state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { state in _ = state.readers.removeValue(forKey: id) }
        }
        continuation.yield()
        return stream
    }

    /// Wakes everybody.
    func signal() {
        let readers = state.withLock { Array($0.readers.values) }
        for reader in readers { reader.yield() }
    }
}
