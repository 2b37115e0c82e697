import CloudEvents
import EventStore
import Foundation
import GRDB
import JSON

/// One transaction on the writer's connection.
///
/// Counts per model are gathered in memory and written once at the end by ``finish()``.
final class SQLiteTransaction: EventStoreTransaction {
    private let database: Database
    private let files: PayloadFiles
    private var counts = ModelCounts()
    private var traffic = TrafficChanges()

    init(_ database: Database, files: PayloadFiles) {
        self.database = database
        self.files = files
    }

    // MARK: Events

    func insert(_ records: [ClassifiedEvent]) throws -> [Insertion] {
        var drafts = try self.drafts(for: records)
        let statement = try database.cachedStatement(sql: Self.insertEvent)
        let insertions = try records.map { record -> Insertion in
            guard let sequence = try inserted(record, by: statement) else { return .duplicate }
            return .stored(sequence: sequence, reusedRequestID: drafts.add(record, sequence: sequence))
        }
        try write(drafts)
        counts = drafts.counts
        traffic.add(drafts)
        return insertions
    }

    private static let insertEvent = """
        INSERT OR IGNORE INTO events
        (fingerprint, kind, id, type, arrived, namespace, model, monitor, requestid, flags, attributes, form, payload)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """

    /// Returns the event's sequence, or nil when the store has it.
    private func inserted(_ record: ClassifiedEvent, by statement: Statement) throws -> Int64? {
        let reference = record.payload.map { files.reference(to: $0, of: record.event.data ?? []) }
        try statement.execute(arguments: [
            Data(record.fingerprint), record.kind.rawValue, record.event.id, record.event.type,
            record.arrivedAt.nanoseconds, record.namespace, record.model, record.monitor, record.requestID,
            record.flags.reduce(0) { $0 | $1.bit }, Data(record.attributes), (reference?.form ?? .plain).rawValue,
            (reference?.bytes).map { Data($0) },
        ])
        guard database.changesCount == 1 else { return nil }
        let sequence = database.lastInsertedRowID
        if let payload = record.payload, let reference, reference.form.isFile {
            try files.keep(payload, as: reference, in: database)
        }
        return sequence
    }

    /// The exchanges that records may be part of or speak about, as the store has them.
    private func drafts(for records: [ClassifiedEvent]) throws -> ExchangeDrafts {
        let requestIDs = ExchangeDrafts.requestIDs(of: records)
        let newest =
            try Int64.fetchOne(
                database.cachedStatement(sql: "SELECT seq FROM sqlite_sequence WHERE name = 'exchanges'")
            ) ?? 0
        guard !requestIDs.isEmpty else { return ExchangeDrafts([], verdicts: [], newest: newest, counts: counts) }
        let list = JSONValue.array(requestIDs.map { .string($0) }).text
        return ExchangeDrafts(
            try Row.fetchAll(database.cachedStatement(sql: SQLiteLookups.exchanges), arguments: [list])
                .map(ExchangeDrafts.Draft.init(row:)),
            verdicts: try Row.fetchAll(database.cachedStatement(sql: SQLiteLookups.verdicts), arguments: [list])
                .map { try StoredEvent(row: $0, files: files).record },
            newest: newest,
            counts: counts
        )
    }

    private func write(_ drafts: ExchangeDrafts) throws {
        let addition = try database.cachedStatement(
            sql: """
                INSERT INTO exchanges (sequence, requestid, namespace, model, component, endpoint, attempt, began,
                version, status, latency, flags, request, response, weight, trace)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        for draft in drafts.added {
            let (outline, key) = (draft.outline, draft.outline.key)
            try addition.execute(arguments: [
                outline.sequence, key.requestID, key.namespace, key.model, key.component, key.endpoint,
                outline.attempt, outline.began?.nanoseconds ?? 0, outline.version, draft.status, draft.latency,
                draft.flags, draft.request, draft.response, draft.weight, draft.trace,
            ])
        }
        let change = try database.cachedStatement(
            sql: """
                UPDATE exchanges SET model = ?, began = ?, version = ?, status = ?, latency = ?, flags = ?,
                request = ?, response = ?, trace = ? WHERE sequence = ?
                """
        )
        for draft in drafts.changed {
            try change.execute(arguments: [
                draft.outline.key.model, draft.outline.began?.nanoseconds ?? 0, draft.outline.version, draft.status,
                draft.latency, draft.flags, draft.request, draft.response, draft.trace, draft.outline.sequence,
            ])
        }
    }

    // MARK: Alerts

    func unclosedAlert(for key: Alert.Key) throws -> Alert? {
        try alert(where: "namespace = ? AND model = ? AND endpoint = ? AND monitor = ? AND state != 'closed'", key)
    }

    func lastClosedAlert(for key: Alert.Key) throws -> Alert? {
        try alert(
            where: """
                namespace = ? AND model = ? AND endpoint = ? AND monitor = ? AND state = 'closed'
                ORDER BY opened DESC LIMIT 1
                """,
            key
        )
    }

    private func alert(where condition: String, _ key: Alert.Key) throws -> Alert? {
        try Row.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM alerts WHERE \(condition)"),
            arguments: [key.namespace, key.model, key.endpoint, key.monitor]
        ).map(Alert.init(row:))
    }

    func alert(id: String) throws -> Alert? { try Alert.fetch(database, id: id) }

    func alerts(namespace: String, changedSince time: Timestamp) throws -> [Alert] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT * FROM alerts WHERE namespace = ? AND updated >= ?
                    ORDER BY opened DESC, sequence DESC LIMIT 1000
                    """
            ),
            arguments: [namespace, time.nanoseconds]
        ).map(Alert.init(row:))
    }

    func save(_ alert: Alert) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO alerts
                (id, namespace, model, endpoint, monitor, kind, state, severity, opened, updated, incident, document)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, state = excluded.state,
                severity = excluded.severity, updated = excluded.updated, document = excluded.document
                """
        ).execute(arguments: [
            alert.id, alert.key.namespace, alert.key.model, alert.key.endpoint, alert.key.monitor, alert.kind,
            alert.state.rawValue, alert.severity.rawValue, alert.openedAt.nanoseconds, alert.updatedAt.nanoseconds,
            alert.incident, Data(alert.json.serialized()),
        ])
    }

    func flaggedRequests(
        of key: Alert.Key,
        kind: VerdictKind,
        window: Alert.Window,
        limit: Int
    ) throws -> [String] {
        let rows = try Row.fetchAll(
            database,
            sql: SQLiteLookups.flaggedVerdicts,
            arguments: [kind.bit, key.namespace, key.model, key.monitor, limit]
        )
        return try rows.map { try StoredEvent(row: $0, files: files).record }.flaggedRows(within: window, limit: limit)
    }

    func requests(of key: Alert.Key, window: Alert.Window, limit: Int) throws -> [String] {
        guard let start = window.start, let end = window.end else { return [] }
        return try String.fetchAll(
            database,
            sql: SQLiteLookups.requestsOfWindow,
            arguments: [key.model, key.namespace, key.endpoint, start.nanoseconds, end.nanoseconds, limit]
        )
    }

    func erase(requestID: String) throws -> Int {
        var count = 0
        // Requests and responses are found by their exchange, everything else by its index.
        let halves = """
            sequence IN (
                SELECT request FROM exchanges WHERE requestid = ?1 UNION SELECT response FROM exchanges WHERE requestid = ?1
            )
            """
        for condition in [halves, "kind > 2 AND requestid IS NOT NULL AND requestid = ?1"] {
            try files.release(eventsWhere: condition, [requestID], in: database)
            try database.execute(sql: "DELETE FROM events WHERE \(condition)", arguments: [requestID])
            count += database.changesCount
        }
        try database.execute(sql: "DELETE FROM exchanges WHERE requestid = ?", arguments: [requestID])
        return count
    }

    func add(_ errand: Errand) throws {
        try database.cachedStatement(
            sql: "INSERT INTO errands (purpose, document, attempts, due) VALUES (?, ?, ?, ?)"
        ).execute(arguments: [
            errand.purpose.rawValue, Data(errand.document.serialized()), errand.attempts, errand.dueAt.nanoseconds,
        ])
    }

    func postpone(_ errand: Errand, until time: Timestamp) throws {
        try database.cachedStatement(sql: "UPDATE errands SET attempts = attempts + 1, due = ? WHERE sequence = ?")
            .execute(arguments: [time.nanoseconds, errand.sequence])
    }

    func remove(_ errand: Errand) throws {
        try database.cachedStatement(sql: "DELETE FROM errands WHERE sequence = ?")
            .execute(arguments: [errand.sequence])
    }

    func setPosition(_ position: UInt64) throws {
        try database.cachedStatement(sql: "UPDATE progress SET position = ?")
            .execute(arguments: [Int64(bitPattern: position)])
    }

    /// Writes what was gathered; to be called once, last.
    func finish() throws {
        try counts.write(to: database)
        try traffic.write(to: database)
    }
}
