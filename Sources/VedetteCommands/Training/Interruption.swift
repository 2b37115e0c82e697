import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Whether somebody wants the work to end: SIGINT and SIGTERM are noted in place of ending the process.
///
/// Handlers of the system and no signal sources: Dispatch sets its own handler of a signal once in the life of a process,
/// so that whoever listens by it later would hear nothing once the signals were given back. One at a time.
package final class Interruption {
    private static let isRaised = Atomic<Bool>(false)
    private let before: [(number: CInt, handler: (@convention(c) (CInt) -> Void)?)]

    /// Begins to listen; ends when this is released.
    package init() {
        Self.isRaised.store(false, ordering: .releasing)
        before = [SIGINT, SIGTERM].map { number in
            (number, signal(number) { _ in Interruption.isRaised.store(true, ordering: .releasing) })
        }
    }

    deinit {
        for (number, handler) in before { signal(number, handler) }
    }

    /// - Throws: `CancellationError` once a signal has come.
    package func check() throws {
        if Self.isRaised.load(ordering: .acquiring) { throw CancellationError() }
    }
}
