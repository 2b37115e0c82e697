/// The records of a journal in order; waits at the tail for more.
package struct JournalRecords: AsyncSequence, Sendable {
    package typealias Element = JournalRecord

    let journal: Journal
    let after: JournalPosition

    package func makeAsyncIterator() -> Iterator {
        Iterator(journal: journal, position: after)
    }

    package struct Iterator: AsyncIteratorProtocol {
        let journal: Journal
        var position: JournalPosition
        private var batch: ArraySlice<JournalRecord> = []

        init(journal: Journal, position: JournalPosition) {
            self.journal = journal
            self.position = position
        }

        /// - Throws: `CancellationError`, or what the disk says.
        package mutating func next() async throws -> JournalRecord? {
            while batch.isEmpty {
                batch = try journal.read(after: position, limit: 256)[...]
                guard batch.isEmpty else { break }
                do {
                    try await journal.waitForRecords(after: position)
                } catch let error as JournalError where error.code == .closed {
                    return nil
                }
            }
            let record = batch.removeFirst()
            position = record.position
            return record
        }
    }
}
