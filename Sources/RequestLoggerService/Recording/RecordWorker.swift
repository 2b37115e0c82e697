import EventStore
import Journal
import Logging
import ServiceKit
import ServiceLifecycle

/// Drains the journal into the store, in order, from where the store says it has got to.
struct RecordWorker: Service {
    let journal: Journal
    let recorder: Recorder
    let tail: StoreTail
    let metrics: RequestLoggerMetrics
    /// How far the journal is in the store.
    let progress: PositionBox
    let readiness: Readiness
    let logger: Logger

    /// How many records go into one transaction.
    static let batchLimit = 1000
    /// How long to wait before a store that refused is asked again.
    static let pause = Duration.seconds(1)

    /// Works until a graceful stop, by when the listener takes nothing more; what is in the journal then is recorded by
    /// the next process.
    func run() async throws {
        defer { journal.close() }
        let start = JournalPosition(rawValue: try await recorder.store.position())
        try await cancelWhenGracefulShutdown {
            var position = start
            progress.value = start
            var batch = try self.batch(after: position)
            while !Task.isCancelled {
                guard let current = batch else {
                    do {
                        try await journal.waitForRecords(after: position)
                    } catch {
                        return  // stopped, or the journal was closed
                    }
                    batch = try self.batch(after: position)
                    continue
                }
                // The next records are read and judged on another core while these are written.
                async let following = self.batch(after: current.last)
                while await !record(current) {
                    try? await Task.sleep(for: Self.pause)
                    if Task.isCancelled { return }
                }
                position = current.last
                progress.value = position
                batch = try await following
            }
        }
    }

    /// The records after a position, nil when there are none yet.
    private func batch(after position: JournalPosition) throws -> Recorder.Batch? {
        Recorder.Batch(try journal.read(after: position, limit: Self.batchLimit), paths: recorder.paths)
    }

    /// - Returns: Whether the batch is in the store.
    private func record(_ batch: Recorder.Batch) async -> Bool {
        let clock = ContinuousClock()
        let start = clock.now
        do {
            let report = try await recorder.record(batch)
            metrics.took(report, writing: clock.now - start)
            if !readiness.failing.isEmpty { readiness.set("store", notReady: nil) }
            for step in report.alerts.steps { tell(step) }
            // Where nothing happened to alerts every few seconds will do.
            if !report.alerts.steps.isEmpty { try? await metrics.refresh(from: recorder.store) }
            tail.signal()
            return true
        } catch is CancellationError {
            return false
        } catch {
            // Said once, until it works again; the inbox holds what comes meanwhile, and answers 503 when it is full.
            if readiness.failing["store"] == nil {
                logger.error("the store does not take events, they wait", metadata: ["error": "\(error)"])
            }
            readiness.set("store", notReady: "\(error)")
            return false
        }
    }

    private func tell(_ step: AlertRules.Step) {
        guard step.change == .opened || step.change == .closed else { return }
        logger.notice(
            step.change == .opened ? "alert opened" : "alert closed",
            metadata: [
                "alert.id": "\(step.alert.id)", "alert.kind": "\(step.alert.kind)",
                "model.name": "\(step.alert.key.model)", "detector.name": "\(step.alert.key.monitor)",
            ]
        )
    }
}
