import Dispatch
import Journal
import ServiceLifecycle
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Copies of requests for shadow versions, run one after another on a thread of their own that gives way to others.
///
/// Bounded in number and in bytes: what comes when it is full is dropped and counted, never waited for.
package final class ShadowCopies: Service {
    private struct Copy: Sendable {
        var bytes: Int
        var run: @Sendable () -> Void
    }

    private struct State {
        var copies: [Copy] = []
        var bytes = 0
        var isFinished = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let limit: Int

    /// The bodies that wait take no more than so much.
    private static let mostBytes = 16 << 20

    /// - Parameter limit: How many may wait.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Takes a copy in.
    ///
    /// - Returns: Whether there was room.
    func add(bytes: Int, _ run: @escaping @Sendable () -> Void) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isFinished, state.copies.count < limit, state.bytes + bytes <= Self.mostBytes else {
                return false
            }
            state.copies.append(Copy(bytes: bytes, run: run))
            state.bytes += bytes
            return true
        }
        if isTaken { wake.signal() }
        return isTaken
    }

    /// Works until the stop.
    package func run() async throws {
        try OwnThread.start { self.work() }
        try? await gracefulShutdown()
        finish()
    }

    /// Lets the thread end; copies that wait are dropped, since their answers are nobody's.
    private func finish() {
        state.withLock { state in
            state.isFinished = true
            state.copies = []
            state.bytes = 0
        }
        wake.signal()
    }

    private func work() {
        #if canImport(Glibc)
            _ = nice(10)  // of this thread alone, on Linux
        #endif
        while true {
            wake.wait()
            let (copy, isFinished) = state.withLock { state in
                let copy = state.copies.isEmpty ? nil : state.copies.removeFirst()
                state.bytes -= copy?.bytes ?? 0
                return (copy, state.isFinished)
            }
            if let copy { copy.run() } else if isFinished { return }
        }
    }
}
