import Dispatch
import Foundation
import Synchronization

/// Whether somebody wants the work to end: SIGINT and SIGTERM are noted in place of ending the process.
final class Interruption {
    private let flag = Flag()
    private let sources: [any DispatchSourceSignal]

    /// Begins to listen; ends when this is released.
    init() {
        sources = [SIGINT, SIGTERM].map { [flag] number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { flag.isRaised.store(true, ordering: .releasing) }
            source.activate()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
        for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
    }

    /// - Throws: `CancellationError` once a signal has come.
    func check() throws {
        if flag.isRaised.load(ordering: .acquiring) { throw CancellationError() }
    }

    /// What the signals' queue and the work share.
    private final class Flag: Sendable {
        let isRaised = Atomic<Bool>(false)
    }
}
