import CloudEvents
import Journal
import Logging

/// How the worker's state is written, and found again.
extension ConsumerWorker {
    func restore() async throws {
        try await restoreSnapshot()
        var after = position
        while let last = try readNotes(after: after) { after = last }
    }

    /// Reads some records for their notes and returns the position of the last, nil when there are none.
    private func readNotes(after: JournalPosition) throws -> JournalPosition? {
        let records = try journal.read(after: after, limit: 1024)
        for record in records where record.kind == .note { answered.insert(try EventRecord(record.payload).number) }
        return records.last?.position
    }

    private func restoreSnapshot() async throws {
        var failure: (any Error)?
        for snapshot in try snapshots.load() where snapshot.parts.count == 3 {
            do {
                try await consumer.restore(snapshot.parts[0])
                keys.restore(snapshot.parts[1][...])
                try restoreReplies(snapshot.parts[2])
                move(to: snapshot.position)
                snapshotPosition = snapshot.position
                logger.info("went back to a snapshot", metadata: ["journal.position": "\(position)"])
                return
            } catch {
                failure = error
                logger.warning(
                    "snapshot cannot be used",
                    metadata: ["journal.position": "\(snapshot.position)", "error": "\(error)"]
                )
            }
        }
        if let failure { throw failure }
    }

    func snapshotIfDue() async throws {
        // Ticks alone change little: they are written at leisure.
        let interval = hasNewEvents ? configuration.snapshotInterval : configuration.snapshotInterval * 30
        // The journal keeps what came since the snapshot before the last: under load room is made sooner.
        let isFilling = journal.bytes - snapshotBytes > journal.configuration.capacityBytes / 8
        guard position > snapshotPosition, isFilling || ContinuousClock.now - lastSnapshot >= interval else { return }
        try await saveSnapshot()
    }

    /// Writes the state and lets go of what the journal need not keep for it.
    package func saveSnapshot() async throws {
        guard position > snapshotPosition else { return }
        let snapshot = Snapshot(
            position: position,
            parts: [try await consumer.snapshot(), keys.snapshot, repliesSnapshot]
        )
        let through = try snapshots.save(snapshot)
        try journal.discard(through: through)
        await consumer.released(through: through)
        snapshotPosition = snapshot.position
        snapshotBytes = journal.bytes
        lastSnapshot = .now
        hasNewEvents = false
    }

    /// Nothing is to be written any more.
    func forgetSnapshot() {
        snapshotPosition = position
    }

    /// Each as key 16 bytes, length 4, event.
    private var repliesSnapshot: [UInt8] {
        var bytes: [UInt8] = []
        for (key, event) in replies.entries {
            let encoded = EventRecord.encode(number: 0, event: event)
            withUnsafeBytes(of: key.high.littleEndian) { bytes.append(contentsOf: $0) }
            withUnsafeBytes(of: key.low.littleEndian) { bytes.append(contentsOf: $0) }
            withUnsafeBytes(of: UInt32(encoded.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: encoded)
        }
        return bytes
    }

    private func restoreReplies(_ bytes: [UInt8]) throws {
        replies = StoredReplies()
        var offset = 0
        while offset + 20 <= bytes.count {
            let (high, low, length) = bytes.withUnsafeBytes { raw in
                (
                    UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
                    UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)),
                    Int(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: offset + 16, as: UInt32.self)))
                )
            }
            offset += 20
            guard length <= bytes.count - offset else { return }
            if let event = try EventRecord(Array(bytes[offset..<(offset + length)])).event {
                replies.insert(event, for: DeduplicationKeys.Key(high: high, low: low))
            }
            offset += length
        }
    }
}
