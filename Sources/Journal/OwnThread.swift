import Glibc

/// A thread outside the cooperative pool, for calls that block.
package enum OwnThread {
    /// Runs `body` on a new thread; whoever starts it must have a way to end it.
    ///
    /// - Throws: `.system` when the system gives no thread.
    package static func start(_ body: @escaping @Sendable () -> Void) throws(JournalError) {
        let box = Unmanaged.passRetained(Body(run: body))
        var thread = pthread_t()
        let result = pthread_create(
            &thread,
            nil,
            { argument in
                if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            },
            box.toOpaque()
        )
        guard result == 0 else {
            box.release()
            throw JournalError(
                .system,
                "no thread: \(String(cString: strerror(result)))",
                remedy: "Raise the limit of threads or processes for this user"
            )
        }
        pthread_detach(thread)
    }

    /// Lets the calling thread give way: where all cores are busy it gets about a third of what others get.
    package static func giveWay() {
        // The niceness of Linux is a thread's own; to raise it asks for no right, so that there is nothing to fail.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
    }

    /// Does a piece of work that blocks on a thread of its own, while the caller waits without one.
    ///
    /// - Throws: What the work throws; `.system` when the system gives no thread.
    package static func run<Result: Sendable>(
        _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try start { continuation.resume(with: Swift.Result { try work() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
