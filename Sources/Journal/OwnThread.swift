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

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
