import Crypto
import EventStore
import Foundation
import GRDB
import Synchronization

/// Payloads too large for rows: files beside the database, named by the SHA-256 of the data, each kept once however many
/// events hold it.
///
/// A file is there before the transaction that needs it commits, and goes after the one that needs it no more. What a kill
/// left between the two is removed at the next start.
final class PayloadFiles: Sendable {
    /// Smaller ones are faster in a row: SQLite reads a blob of up to some hundred kilobytes faster than a file is opened.
    static let smallest = 128 << 10

    private let directory: String
    /// Files that a loss of power might take.
    private let unsynced = Mutex<Set<String>>([])
    /// How long ago a file was written that the system has certainly written out by itself.
    private static let settled: TimeInterval = 600

    init(directory: String) { self.directory = directory }

    private func path(of reference: StoredPayload) -> String {
        let digits = reference.bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        return "\(directory)/\(digits.prefix(2))/\(digits)\(reference.form == .compressedFile ? ".zst" : "")"
    }

    private func paths(_ rows: [Row]) -> [String] {
        rows.compactMap { row in
            let hash: Data = row["hash"]
            return StoredPayload.Form(rawValue: row["form"]).map {
                path(of: StoredPayload(form: $0, bytes: [UInt8](hash)))
            }
        }
    }

    /// What a row holds of a payload: itself, or where it is large the hash of its data.
    func reference(to payload: StoredPayload, of data: [UInt8]) -> StoredPayload {
        guard payload.bytes.count >= Self.smallest else { return payload }
        return StoredPayload(form: payload.form.inFile, bytes: Array(SHA256.hash(data: data)))
    }

    /// Writes the file that a row refers to, unless it is there, and counts one use more.
    func keep(_ payload: StoredPayload, as reference: StoredPayload, in database: Database) throws {
        let path = path(of: reference)
        // One of another size is what a loss of power left of it.
        let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        if size != payload.bytes.count {
            do {
                let file = URL(filePath: path)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(),
                    withIntermediateDirectories: true
                )
                try Data(payload.bytes).write(to: file, options: .atomic)
                unsynced.withLock { _ = $0.insert(path) }
            } catch {
                throw EventStoreError(
                    .unwritable,
                    "\(path) cannot be written: \(error)",
                    remedy: "Check its folder's permissions, and the space on its disk",
                    cause: error
                )
            }
        }
        try database.cachedStatement(
            sql: """
                INSERT INTO files (hash, form, bytes, uses) VALUES (?, ?, ?, 1)
                ON CONFLICT DO UPDATE SET uses = uses + 1
                """
        ).execute(arguments: [Data(reference.bytes), reference.form.rawValue, payload.bytes.count])
    }

    /// Returns a payload with its bytes, from its file where it has one.
    func whole(_ payload: StoredPayload) throws(EventStoreError) -> StoredPayload {
        guard payload.form.isFile else { return payload }
        let path = path(of: payload)
        do {
            let bytes = try Data(contentsOf: URL(filePath: path))
            return StoredPayload(form: payload.form.inRow, bytes: [UInt8](bytes))
        } catch {
            throw EventStoreError(
                .corrupt,
                "the payload in \(path) cannot be read: \(error)",
                remedy: "Restore the folder payloads from a copy made together with the store",
                cause: error
            )
        }
    }

    /// Counts the files of events that are about to be deleted as used once less each.
    func release(eventsThrough sequence: Int64, arrivedBefore time: Int64, in database: Database) throws {
        try release(eventsWhere: "sequence <= ? AND arrived < ?", [sequence, time], in: database)
    }

    /// The same for the events of any condition.
    func release(eventsWhere condition: String, _ arguments: StatementArguments, in database: Database) throws {
        try database.execute(
            sql: """
                UPDATE files SET uses = uses - gone.count FROM (
                    SELECT payload, COUNT(*) AS count FROM events
                    WHERE (\(condition))
                    AND form IN (\(StoredPayload.Form.plainFile.rawValue), \(StoredPayload.Form.compressedFile.rawValue))
                    GROUP BY payload
                ) AS gone WHERE files.hash = gone.payload
                """,
            arguments: arguments
        )
    }

    /// Removes what no event holds any more; to be called outside a transaction, by the writer.
    ///
    /// Not done by whoever deletes the events, so that a reader who began before finds its files.
    func collect(_ database: Database) throws {
        var unused: [String] = []
        try database.inTransaction {
            unused = paths(try Row.fetchAll(database, sql: "SELECT hash, form FROM files WHERE uses <= 0"))
            if !unused.isEmpty { try database.execute(sql: "DELETE FROM files WHERE uses <= 0") }
            return .commit
        }
        // Swept at the next start at the latest.
        for path in unused { try? FileManager.default.removeItem(atPath: path) }
    }

    /// Removes files that no row knows, as a kill leaves them, and remembers those that were written of late.
    func sweep(_ database: Database) throws {
        guard let entries = FileManager.default.enumerator(atPath: directory) else { return }
        let known = Set(paths(try Row.fetchAll(database, sql: "SELECT hash, form FROM files")))
        for case let name as String in entries where name.contains("/") {
            let path = "\(directory)/\(name)"
            guard known.contains(path) else {
                try? FileManager.default.removeItem(atPath: path)
                continue
            }
            let written = try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
            if -(written ?? .now).timeIntervalSinceNow < Self.settled { unsynced.withLock { _ = $0.insert(path) } }
        }
    }

    /// Makes every file written so far survive a loss of power.
    func synchronise() throws {
        let paths = unsynced.withLock { $0 }
        for path in paths {
            // The file first, then its name in its folder, and the folder's own.
            for place in [path, URL(filePath: path).deletingLastPathComponent().path, directory] {
                let descriptor = open(place, O_RDONLY)
                if descriptor < 0, errno == ENOENT { continue }  // collected meanwhile
                defer { close(descriptor) }
                guard descriptor >= 0, fsync(descriptor) == 0 else {
                    throw EventStoreError(
                        .unwritable,
                        "\(place) cannot be made durable: \(String(cString: strerror(errno)))",
                        remedy: "Check the disk"
                    )
                }
            }
            unsynced.withLock { _ = $0.remove(path) }
        }
    }

    /// The bytes of all files in use.
    static func bytes(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database, sql: "SELECT IFNULL(SUM(bytes), 0) FROM files WHERE uses > 0") ?? 0
    }
}
