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
    private var counts = ModelCounts()

    init(_ database: Database) { self.database = database }

    func insert(_ records: [ClassifiedEvent]) throws -> [Insertion] { try records.map(inserted) }

    private func inserted(_ record: ClassifiedEvent) throws -> Insertion {
        guard let sequence = try insertEvent(record) else { return .duplicate }
        var reused = false
        if record.kind.isHalf, let key = record.exchangeKey {
            reused = try join(record, sequence: sequence, to: key)
        } else if !record.flags.isEmpty, record.requestID != nil {
            try flagExchange(of: record)
        }
        if record.kind == .label { counts.addLabel(of: record) }
        return .stored(sequence: sequence, reusedRequestID: reused)
    }

    /// Returns the event's sequence, or nil when the store has it.
    private func insertEvent(_ record: ClassifiedEvent) throws -> Int64? {
        let statement = try database.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO events
                (fingerprint, kind, id, type, arrived, namespace, model, monitor, requestid, flags, attributes, payload)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        try statement.execute(arguments: [
            Data(record.fingerprint), record.kind.rawValue, record.event.id, record.event.type,
            record.arrivedAt.nanoseconds, record.namespace, record.model, record.monitor, record.requestID,
            record.flags.reduce(0) { $0 | $1.bit }, Data(record.attributes), record.event.data.map { Data($0) },
        ])
        return database.changesCount == 1 ? database.lastInsertedRowID : nil
    }

    /// Puts a request or response into its exchange, a new one where no attempt lacks it.
    ///
    /// - Returns: Whether it opened another attempt under a used key.
    private func join(_ record: ClassifiedEvent, sequence: Int64, to key: ExchangeKey) throws -> Bool {
        let known = try ExchangeOutline.fetch(database, requestID: key.requestID)
        let ours = known.filter { $0.key.agrees(with: key) }
        if let outline = record.half(among: ours) {
            try fill(outline, with: record, sequence: sequence)
            return false
        }
        let outline = try open(key, attempt: (ours.last?.attempt ?? 0) + 1, with: record, sequence: sequence)
        // A verdict may have come before what it judges.
        for early in try earlyVerdicts(requestID: key.requestID)
        where early.exchange(among: known + [outline])?.sequence == outline.sequence {
            try flag(outline, early.flags)
        }
        return !ours.isEmpty
    }

    private func open(
        _ key: ExchangeKey,
        attempt: Int,
        with record: ClassifiedEvent,
        sequence: Int64
    ) throws -> ExchangeOutline {
        let isRequest = record.kind == .request
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO exchanges
                (requestid, namespace, model, component, endpoint, attempt, began, version, status, latency, request, response)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        try statement.execute(arguments: [
            key.requestID, key.namespace, key.model, key.component, key.endpoint, attempt, record.began.nanoseconds,
            record.version, record.statusCode, record.latencyMilliseconds, isRequest ? sequence : nil,
            isRequest ? nil : sequence,
        ])
        var outline = ExchangeOutline(key: key, attempt: attempt, sequence: database.lastInsertedRowID)
        outline.began = record.began
        outline.version = record.version
        if isRequest { outline.requestEventID = record.event.id } else { outline.responseEventID = record.event.id }
        counts.addExchange(of: record, key: key)
        return outline
    }

    private func fill(_ outline: ExchangeOutline, with record: ClassifiedEvent, sequence: Int64) throws {
        let isRequest = record.kind == .request
        let statement = try database.cachedStatement(
            sql: isRequest
                ? """
                UPDATE exchanges SET request = ?, began = ?, model = IIF(model = '', ?, model), version = COALESCE(version, ?), status = COALESCE(status, ?),
                latency = COALESCE(latency, ?) WHERE sequence = ?
                """
                : """
                UPDATE exchanges SET response = ?, began = ?, model = IIF(model = '', ?, model), version = COALESCE(?, version), status = COALESCE(?, status),
                latency = COALESCE(?, latency) WHERE sequence = ?
                """
        )
        // The request knows when the exchange began; the response can only reckon.
        let began = isRequest ? record.began : (outline.began ?? record.began)
        try statement.execute(arguments: [
            sequence, began.nanoseconds, record.model, record.version, record.statusCode, record.latencyMilliseconds,
            outline.sequence,
        ])
        counts.completeExchange(outline, with: record)
    }

    private func earlyVerdicts(requestID: String) throws -> [ClassifiedEvent] {
        try Row.fetchAll(database.cachedStatement(sql: SQLiteLookups.earlyVerdicts), arguments: [requestID])
            .map { try StoredEvent(row: $0).record }
    }

    private func flagExchange(of record: ClassifiedEvent) throws {
        let known = try ExchangeOutline.fetch(database, requestID: record.requestID ?? "")
        if let outline = record.exchange(among: known) { try flag(outline, record.flags) }
    }

    private func flag(_ outline: ExchangeOutline, _ kinds: [VerdictKind]) throws {
        let bits = kinds.reduce(Int64(0)) { $0 | $1.bit }
        let before =
            try Int64.fetchOne(
                database.cachedStatement(sql: "SELECT flags FROM exchanges WHERE sequence = ?"),
                arguments: [outline.sequence]
            ) ?? 0
        guard before | bits != before else { return }
        try database.cachedStatement(sql: "UPDATE exchanges SET flags = ? WHERE sequence = ?")
            .execute(arguments: [before | bits, outline.sequence])
        for kind in VerdictKind.kinds(in: bits & ~before) { counts.addFlag(kind, to: outline) }
    }

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

    func save(_ alert: Alert) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO alerts
                (id, namespace, model, endpoint, monitor, kind, state, severity, opened, updated, document)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, state = excluded.state,
                severity = excluded.severity, updated = excluded.updated, document = excluded.document
                """
        ).execute(arguments: [
            alert.id, alert.key.namespace, alert.key.model, alert.key.endpoint, alert.key.monitor, alert.kind,
            alert.state.rawValue, alert.severity.rawValue, alert.openedAt.nanoseconds, alert.updatedAt.nanoseconds,
            Data(alert.json.serialized()),
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
        return try rows.map { try StoredEvent(row: $0).record }.flaggedRows(within: window, limit: limit)
    }

    func requests(of key: Alert.Key, window: Alert.Window, limit: Int) throws -> [String] {
        guard let start = window.start, let end = window.end else { return [] }
        return try String.fetchAll(
            database,
            sql: SQLiteLookups.requestsOfWindow,
            arguments: [key.model, key.namespace, key.endpoint, start.nanoseconds, end.nanoseconds, limit]
        )
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
    func finish() throws { try counts.write(to: database) }
}
