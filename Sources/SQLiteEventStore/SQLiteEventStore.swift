package import CloudEvents
package import EventStore
import Foundation
import GRDB

/// The record in one SQLite file, for one machine, with large payloads in a folder `payloads` beside it.
///
/// Write-ahead logging: readers never wait for the writer. A commit survives a kill of the process; a loss of power may
/// take the last commits back, whole, until ``makeDurable()``. The journal position is among what is committed, so the
/// journal gives again whatever was taken back.
///
/// What it was measured to do is in `docs/request-logger.md`.
package final class SQLiteEventStore: EventStore {
    let pool: DatabasePool
    let files: PayloadFiles

    /// Opens the file, or makes it, and checks that it can be written.
    ///
    /// - Throws: `.unavailable` when it cannot be opened or belongs to another program, `.corrupt` when it is damaged,
    ///   `.unwritable` when it or its folder is read-only.
    package init(path: String) throws(EventStoreError) {
        let files = PayloadFiles(directory: URL(filePath: path).deletingLastPathComponent().path + "/payloads")
        self.files = files
        do {
            var configuration = Configuration()
            configuration.label = "event-store"
            configuration.maximumReaderCount = 4
            configuration.busyMode = .timeout(5)
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA synchronous = NORMAL")
                // 64 MB of pages: random entries of the key indexes are found there and not in the file.
                try database.execute(sql: "PRAGMA cache_size = -65536")
                // Copying the log back costs two syncs; at 64 MB pages that change often are copied once, not each time.
                try database.execute(sql: "PRAGMA wal_autocheckpoint = 16384")
            }
            pool = try DatabasePool(path: path, configuration: configuration)
            try pool.writeWithoutTransaction { database in try Self.requireOurs(database, path: path) }
            try SQLiteSchema.migrator.migrate(pool)
            try pool.writeWithoutTransaction { database in
                // A file that can only be read is found now and not by the first event.
                try database.execute(sql: "UPDATE progress SET position = position")
                try files.sweep(database)
            }
        } catch {
            throw EventStoreError(sqlite: error, path: path)
        }
    }

    private static func requireOurs(_ database: Database, path: String) throws {
        let tables = try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM sqlite_master") ?? 0
        let id = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        guard tables == 0 || id == SQLiteSchema.applicationID else {
            throw EventStoreError(
                .unavailable,
                "\(path) is a SQLite file of another program",
                remedy: "Choose another state.directory, or move the file away"
            )
        }
    }

    package func write<Value: Sendable>(
        _ work: @escaping @Sendable (any EventStoreTransaction) throws -> Value
    ) async throws -> Value {
        try await translated { [files] in
            try await self.pool.write { database in
                let transaction = SQLiteTransaction(database, files: files)
                let value = try work(transaction)
                try transaction.finish()
                return value
            }
        }
    }

    package func position() async throws -> UInt64 { try await read(Self.position) }

    package func makeDurable() async throws -> UInt64 {
        try await translated { [files] in
            try await self.pool.writeWithoutTransaction { database in
                let position = try Self.position(database)
                try files.collect(database)
                try files.synchronise()
                // Syncs the log before it copies pages; readers may keep it from emptying the log, not from syncing it.
                try database.checkpoint(.passive)
                return position
            }
        }
    }

    private static func position(_ database: Database) throws -> UInt64 {
        UInt64(bitPattern: try Int64.fetchOne(database, sql: "SELECT position FROM progress") ?? 0)
    }

    package func bytes() async throws -> Int64 {
        try await read { database in
            let pages = try Int64.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            let free = try Int64.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
            let size = try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 0
            return (pages - free) * size + (try PayloadFiles.bytes(database))
        }
    }

    package func oldestArrival() async throws -> Timestamp? {
        try await read { database in
            try Int64.fetchOne(database, sql: "SELECT MIN(arrived) FROM events").map(Timestamp.init(nanoseconds:))
        }
    }

    package func trim(arrivedBefore time: Timestamp, limit: Int) async throws -> Int {
        try await writing { [files] database in
            let bound = try Int64.fetchOne(
                database,
                sql: """
                    SELECT MAX(sequence) FROM
                    (SELECT sequence FROM events WHERE arrived < ? AND type != ? ORDER BY arrived, sequence LIMIT ?)
                    """,
                arguments: [time.nanoseconds, AuditEntry.eventType, limit]
            )
            guard let bound else { return 0 }
            try files.release(eventsThrough: bound, arrivedBefore: time.nanoseconds, in: database)
            try database.execute(
                sql: "DELETE FROM events WHERE sequence <= ? AND arrived < ? AND type != ?",
                arguments: [bound, time.nanoseconds, AuditEntry.eventType]
            )
            let deleted = database.changesCount
            // An exchange goes with the later of its halves.
            try database.execute(
                sql: """
                    DELETE FROM exchanges
                    WHERE MAX(COALESCE(request, 0), COALESCE(response, 0)) <= ? AND began < ?
                    """,
                arguments: [bound, time.nanoseconds]
            )
            return deleted
        }
    }

    package func dropPayloads(arrivedBefore time: Timestamp, limit: Int) async throws -> Int {
        try await writing { [files] database in
            let start = try Int64.fetchOne(database, sql: "SELECT emptied FROM progress") ?? 0
            // Events are in the order of their arrival: mostly the next one is too young, and no other is looked at.
            let next = "SELECT sequence, arrived FROM events WHERE sequence > ? ORDER BY sequence LIMIT"
            guard let first = try Row.fetchOne(database, sql: next + " 1", arguments: [start]),
                first["arrived"] < time.nanoseconds,
                let bound = try Int64.fetchOne(
                    database,
                    sql: "SELECT MAX(sequence) FROM (\(next) ?) WHERE arrived < ?",
                    arguments: [start, limit, time.nanoseconds]
                )
            else { return 0 }
            let condition = "sequence > ? AND sequence <= ? AND arrived < ? AND kind <= 2 AND payload IS NOT NULL"
            let arguments: StatementArguments = [start, bound, time.nanoseconds]
            try files.release(eventsWhere: condition, arguments, in: database)
            try database.execute(
                sql:
                    "UPDATE events SET payload = NULL, form = \(StoredPayload.Form.removed.rawValue) WHERE \(condition)",
                arguments: arguments
            )
            try database.execute(sql: "UPDATE progress SET emptied = ?", arguments: [bound])
            return Int(bound - start)
        }
    }

    /// Runs work in a transaction of the writer.
    func writing<Value: Sendable>(_ work: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await translated { try await self.pool.write(work) }
    }

    func read<Value: Sendable>(_ work: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await translated { try await self.pool.read(work) }
    }

    /// Lets our errors pass and tells what SQLite's mean.
    private func translated<Value: Sendable>(_ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch let error as DatabaseError {
            throw EventStoreError(sqlite: error, path: pool.path)
        }
    }
}

extension EventStoreError {
    /// Says what an error of SQLite means for the record.
    init(sqlite error: any Error, path: String) {
        if let ours = error as? EventStoreError {
            self = ours
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(
                .unavailable,
                "\(path) cannot be opened: \(error)",
                remedy: "Check that its folder exists and may be written by this user",
                cause: error
            )
            return
        }
        let detail = error.message ?? "SQLite result \(error.resultCode.rawValue)"
        switch error.resultCode.primaryResultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            self.init(
                .corrupt,
                "\(path) is damaged or no SQLite file: \(detail)",
                remedy: "Restore it from a copy, or move it away to begin a new record",
                cause: error
            )
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_FULL, .SQLITE_IOERR:
            self.init(
                .unwritable,
                "\(path) cannot be written: \(detail)",
                remedy: "Check its permissions, its folder's, and the space on its disk",
                cause: error
            )
        case .SQLITE_CANTOPEN, .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                .unavailable,
                "\(path) cannot be opened: \(detail)",
                remedy: "Check that its folder exists and that no other request-logger uses it",
                cause: error
            )
        default:
            self.init(
                .unavailable,
                "\(path): \(detail)",
                remedy: "See the SQLite result code \(error.extendedResultCode.rawValue)",
                cause: error
            )
        }
    }
}
