import Journal
import ServiceKit
import ServiceLifecycle

/// The listener of a detector: it opens when the monitors of its folder run, so that who asks at once finds them.
///
/// A journal with much work left delays them; after a few seconds the door opens all the same, since it only keeps what
/// comes, and `/readyz` says that the monitors are not there yet.
struct DetectorListener: Service {
    let server: HTTPServer
    let worker: ConsumerWorker
    /// The change after which they run.
    let position: JournalPosition

    private static let patience = Duration.seconds(5)

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [worker, position] in await worker.waitUntil(position) }
            group.addTask { try? await Task.sleep(for: Self.patience) }
            group.addTask { try? await gracefulShutdown() }
            await group.next()
            group.cancelAll()
        }
        try await server.run()
    }
}
