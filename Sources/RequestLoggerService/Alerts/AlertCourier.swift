import CloudEvents
import EventStore
import JSON
import Journal
import Logging
import ServiceKit
import ServiceLifecycle

/// Hands alerts to routes and to sinks: errands of the store become events of a spool, each exactly once.
///
/// The spool remembers the number of the errand that it took last. So an errand that a kill left behind after it was
/// taken is not taken again.
struct AlertCourier: Service {
    let store: any EventStore
    let purpose: Errand.Purpose
    let delivery: EventDelivery
    let tail: StoreTail
    let logger: Logger

    /// Carries until a graceful stop.
    func run() async throws {
        for await _ in tail.signals().cancelOnGracefulShutdown() {
            do {
                try await carry()
            } catch {
                logger.error("alerts wait, the store does not answer", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Takes every errand that waits.
    func carry() async throws {
        while true {
            let errands = try await store.errands(purpose, dueAt: .now(), limit: 100)
            guard !errands.isEmpty else { return }
            for errand in errands {
                let text = errand.document.string ?? errand.document["event"]?.string
                let names = errand.document["to"]?.array.map { Set($0.compactMap(\.string)) }
                if let text, let event = try? JSONFormat.decode(Array(text.utf8)) {
                    let number = UInt64(errand.sequence)
                    await delivery.offer([event], cause: JournalPosition(rawValue: number), to: names)
                } else {
                    logger.error("an errand cannot be read, it is dropped", metadata: ["errand": "\(errand.sequence)"])
                }
                try await store.write { transaction in try transaction.remove(errand) }
            }
        }
    }
}
