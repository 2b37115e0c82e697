package import Journal
package import ServiceKit

/// Puts changes of monitors into the journal, and knows when they have been made.
package struct ChangeLog: Sendable {
    private let journal: Journal
    private let worker: ConsumerWorker

    package init(_ line: EventLine) {
        journal = line.journal
        worker = line.worker
    }

    /// Appends a change, to be made when the worker comes to it.
    ///
    /// - Throws: `JournalError`, `.full` for example; nothing changes then.
    package func append(_ change: MonitorChange) async throws -> JournalPosition {
        try await journal.append(change.bytes, kind: .change)
    }

    /// Appends a change and returns when it is made.
    package func make(_ change: MonitorChange) async throws {
        await worker.waitUntil(try await append(change))
    }
}
