package import CloudEvents
package import EventStore
import Synchronization

/// The record in a PostgreSQL, for several loggers at once.
///
/// Writing transactions hold one advisory lock, so they happen one after another whichever logger they are of: halves of
/// an exchange find each other, a verdict is judged once, and numbers have the order of commits. What comes meanwhile is
/// in the journals. The logger that holds a second lock, until its connection ends, is the one that sends alerts.
package final class PostgreSQLEventStore: EventStore {
    private let logger: String
    private let writer: PostgreSQLLine
    private let readers: [PostgreSQLLine]
    private let turn = Atomic<Int>(0)

    /// Connects, and makes the tables where there are none.
    ///
    /// - Parameters:
    ///   - address: The server and its database, which has to be there.
    ///   - logger: What tells this logger's journal from those of other loggers, for as long as the journal lives.
    /// - Throws: `.unavailable` without libpq, without an answer, or where a newer version made the tables;
    ///   `.unwritable` where this user may not write.
    package init(_ address: PostgreSQLAddress, logger: String) throws(EventStoreError) {
        self.logger = logger
        writer = PostgreSQLLine(address, isWriter: true)
        readers = (0..<4).map { _ in PostgreSQLLine(address, isWriter: false) }
        do {
            try writer.runBlocking { connection in
                // One that only reads is found now and not by the first event.
                try connection.execute("UPDATE counters SET version = version")
            }
        } catch {
            throw error as? EventStoreError
                ?? EventStoreError(.unavailable, "\(address.text): \(error)", remedy: "See the log of PostgreSQL")
        }
    }

    package func write<Value: Sendable>(
        _ work: @escaping @Sendable (any EventStoreTransaction) throws -> Value
    ) async throws -> Value {
        try await writing { connection in
            let transaction = try PostgreSQLTransaction(connection, logger: self.logger)
            let value = try work(transaction)
            try transaction.finish()
            return value
        }
    }

    /// Runs work in a transaction of which there is one at a time on the server.
    func writing<Value: Sendable>(
        _ work: @escaping @Sendable (PostgreSQLConnection) throws -> Value
    ) async throws -> Value {
        try await writer.run { connection in
            try connection.execute("BEGIN; SELECT pg_advisory_xact_lock(\(PostgreSQLSchema.writerLock))")
            do {
                let value = try work(connection)
                try connection.execute("COMMIT")
                return value
            } catch {
                try? connection.execute("ROLLBACK")  // a connection that is gone has rolled back
                throw error
            }
        }
    }

    /// Runs queries that all see one state of the record.
    func read<Value: Sendable>(
        _ work: @escaping @Sendable (PostgreSQLConnection) throws -> Value
    ) async throws -> Value {
        let reader = readers[turn.add(1, ordering: .relaxed).newValue & 3]
        return try await reader.run { connection in
            try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            defer { try? connection.execute("ROLLBACK") }  // nothing was written
            return try work(connection)
        }
    }

    package func position() async throws -> UInt64 {
        let logger = logger
        return try await writer.run { connection in
            let rows = try connection.query("SELECT position FROM progress WHERE logger = $1", [.text(logger)])
            return UInt64(bitPattern: rows.first?.integer("position") ?? 0)
        }
    }

    /// A commit is durable when it returns, so there is nothing to make.
    package func makeDurable() async throws -> UInt64 { try await position() }

    package func bytes() async throws -> Int64 {
        try await read { try $0.query("SELECT bytes FROM counters").first?.integer("bytes") ?? 0 }
    }

    package func oldestArrival() async throws -> Timestamp? {
        try await read { connection in
            try connection.query("SELECT MIN(arrived) AS arrived FROM events").first?.integer("arrived")
                .map(Timestamp.init(nanoseconds:))
        }
    }

    package func errands(_ purpose: Errand.Purpose, dueAt time: Timestamp, limit: Int) async throws -> [Errand] {
        try await writer.run { connection in
            // Held by this connection already, or free, or another logger's.
            let held = try connection.query(
                """
                SELECT 1::bigint AS held FROM pg_locks
                WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted AND objsubid = 1
                AND classid = 0 AND objid = \(PostgreSQLSchema.courierLock)
                """
            )
            if held.isEmpty {
                let answer = try connection.query(
                    "SELECT pg_try_advisory_lock(\(PostgreSQLSchema.courierLock))::int::bigint AS mine"
                )
                guard answer.first?.integer("mine") == 1 else { return [] }
            }
            return try connection.query(
                "SELECT * FROM errands WHERE purpose = $1 AND due <= $2 ORDER BY sequence LIMIT $3",
                [.text(purpose.rawValue), .init(time.nanoseconds), .init(limit)]
            ).compactMap(Errand.init(row:))
        }
    }

    package func trim(arrivedBefore time: Timestamp, limit: Int) async throws -> Int {
        try await writing { connection in
            let bound = try connection.query(
                """
                SELECT MAX(sequence) AS sequence FROM
                (SELECT sequence FROM events WHERE arrived < $1 AND type != $3
                ORDER BY arrived, sequence LIMIT $2) AS oldest
                """,
                [.init(time.nanoseconds), .init(limit), .text(AuditEntry.eventType)]
            ).first?.integer("sequence")
            guard let bound else { return 0 }
            let gone = try connection.query(
                """
                WITH gone AS (
                    DELETE FROM events WHERE sequence <= $1 AND arrived < $2 AND type != $3 RETURNING \(PostgreSQLTransaction.size) AS bytes
                ) SELECT COUNT(*) AS count, COALESCE(SUM(bytes), 0)::bigint AS bytes FROM gone
                """,
                [.init(bound), .init(time.nanoseconds), .text(AuditEntry.eventType)]
            ).first
            // An exchange goes with the later of its halves.
            try connection.query(
                """
                DELETE FROM exchanges
                WHERE began < $2 AND GREATEST(COALESCE(request, 0), COALESCE(response, 0)) <= $1
                """,
                [.init(bound), .init(time.nanoseconds)]
            )
            try connection.query("UPDATE counters SET bytes = bytes - $1", [.init(gone?.integer("bytes") ?? 0)])
            return Int(gone?.integer("count") ?? 0)
        }
    }

    package func dropPayloads(arrivedBefore time: Timestamp, limit: Int) async throws -> Int {
        try await writing { connection in
            let start = try connection.query("SELECT emptied FROM counters").first?.integer("emptied") ?? 0
            // Events are in the order of their arrival: mostly the next one is too young, and no other is looked at.
            let next = "SELECT sequence, arrived FROM events WHERE sequence > $1 ORDER BY sequence LIMIT"
            guard let first = try connection.query(next + " 1", [.init(start)]).first?.integer("arrived"),
                first < time.nanoseconds,
                let bound = try connection.query(
                    "SELECT MAX(sequence) AS sequence FROM (\(next) $2) AS oldest WHERE arrived < $3",
                    [.init(start), .init(limit), .init(time.nanoseconds)]
                ).first?.integer("sequence")
            else { return 0 }
            let gone = try connection.query(
                """
                WITH old AS (
                    SELECT sequence, length(payload) AS bytes FROM events
                    WHERE sequence > $1 AND sequence <= $2 AND arrived < $3 AND kind <= 2 AND payload IS NOT NULL
                ), emptied AS (
                    UPDATE events SET payload = NULL, form = \(StoredPayload.Form.removed.rawValue) FROM old
                    WHERE events.sequence = old.sequence RETURNING old.bytes
                ) SELECT COALESCE(SUM(bytes), 0)::bigint AS bytes FROM emptied
                """,
                [.init(start), .init(bound), .init(time.nanoseconds)]
            ).first?.integer("bytes")
            try connection.query(
                "UPDATE counters SET emptied = $1, bytes = bytes - $2",
                [.init(bound), .init(gone ?? 0)]
            )
            return Int(bound - start)
        }
    }
}
