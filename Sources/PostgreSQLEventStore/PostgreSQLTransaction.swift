import CloudEvents
import EventStore
import JSON

/// One writing transaction, which holds the writers' lock.
///
/// Events are written many at a time, by COPY; counts are gathered in memory and written once at the end.
final class PostgreSQLTransaction: EventStoreTransaction {
    private let connection: PostgreSQLConnection
    private let logger: String
    private var events: Int64
    private var exchanges: Int64
    private var alerts: Int64
    private var errands: Int64
    private var bytes: Int64 = 0
    private var counts = ModelCounts()
    private var traffic = TrafficChanges()

    /// What an event counts in bytes, as SQL and as ``bytes(of:)``: its row and its entries in indexes.
    static let size = "(300 + length(attributes) + COALESCE(length(payload), 0))"

    private static func bytes(of record: ClassifiedEvent) -> Int64 {
        Int64(300 + record.attributes.count + (record.payload?.bytes.count ?? 0))
    }

    init(_ connection: PostgreSQLConnection, logger: String) throws {
        self.connection = connection
        self.logger = logger
        let row = try connection.query("SELECT * FROM counters").first
        events = row?.integer("event") ?? 0
        exchanges = row?.integer("exchange") ?? 0
        alerts = row?.integer("alert") ?? 0
        errands = row?.integer("errand") ?? 0
    }

    // MARK: Events

    func insert(_ records: [ClassifiedEvent]) throws -> [Insertion] {
        guard !records.isEmpty else { return [] }
        let fingerprints = records.map(\.fingerprint)
        var known = try self.known(fingerprints)
        let isNew = fingerprints.map { known.insert($0).inserted }
        var drafts = try self.drafts(for: zip(records, isNew).filter(\.1).map(\.0))
        var rows = PostgreSQLCopyRows(columns: 14, capacity: records.count * 1500)
        var insertions: [Insertion] = []
        for (index, record) in records.enumerated() {
            guard isNew[index] else {
                insertions.append(.duplicate)
                continue
            }
            events += 1
            bytes += Self.bytes(of: record)
            rows.add(record, sequence: events, fingerprint: fingerprints[index])
            insertions.append(.stored(sequence: events, reusedRequestID: drafts.add(record, sequence: events)))
        }
        guard rows.count > 0 else { return insertions }
        try connection.copy(into: "events", rows)
        try write(drafts)
        (exchanges, counts) = (drafts.newest, drafts.counts)
        traffic.add(drafts)
        return insertions
    }

    private func known(_ fingerprints: [[UInt8]]) throws -> Set<[UInt8]> {
        let rows = try connection.query(
            "SELECT fingerprint FROM events WHERE fingerprint = ANY ($1::bytea[])",
            [.init(hexadecimal: fingerprints)]
        )
        return Set(rows.compactMap { $0.bytes("fingerprint") })
    }

    private func drafts(for records: [ClassifiedEvent]) throws -> ExchangeDrafts {
        let requestIDs = ExchangeDrafts.requestIDs(of: records)
        let ids = PostgreSQLValue(requestIDs)
        guard !requestIDs.isEmpty else { return ExchangeDrafts([], verdicts: [], newest: exchanges, counts: counts) }
        let rows = try connection.query("SELECT * FROM exchanges WHERE requestid = ANY ($1::text[])", [ids])
        let verdicts = try connection.query(
            """
            SELECT * FROM events WHERE requestid = ANY ($1::text[]) AND requestid IS NOT NULL
            AND kind > 2 AND flags != 0
            """,
            [ids]
        ).map(StoredEvent.init(row:)).sorted { $0.sequence < $1.sequence }
        return ExchangeDrafts(
            rows.map(ExchangeDrafts.Draft.init(row:)),
            verdicts: verdicts.map(\.record),
            newest: exchanges,
            counts: counts
        )
    }

    private func write(_ drafts: ExchangeDrafts) throws {
        let (added, changed) = (drafts.added, drafts.changed)
        if !added.isEmpty { try connection.copy(into: "exchanges", PostgreSQLCopyRows(added)) }
        guard !changed.isEmpty else { return }
        try connection.copy(into: "changes", PostgreSQLCopyRows(changed))
        try connection.execute(
            """
            UPDATE exchanges SET model = changes.model, began = changes.began, version = changes.version,
            status = changes.status, latency = changes.latency, flags = changes.flags, request = changes.request,
            response = changes.response, requestevent = changes.requestevent, responseevent = changes.responseevent,
            trace = changes.trace
            FROM changes WHERE exchanges.sequence = changes.sequence;
            DELETE FROM changes
            """
        )
    }

    // MARK: Alerts

    private static let ofKey = """
        md5(namespace) = md5($1) AND md5(model) = md5($2) AND md5(endpoint) = md5($3) AND md5(monitor) = md5($4)
        """

    private func first(_ condition: String, _ key: Alert.Key) throws -> Alert? {
        try connection.query(
            "SELECT document FROM alerts WHERE \(Self.ofKey) AND \(condition)",
            [.text(key.namespace), .text(key.model), .text(key.endpoint), .text(key.monitor)]
        ).first.map(Alert.init(row:))
    }

    func unclosedAlert(for key: Alert.Key) throws -> Alert? { try first("state != 'closed'", key) }

    func lastClosedAlert(for key: Alert.Key) throws -> Alert? {
        try first("state = 'closed' ORDER BY opened DESC LIMIT 1", key)
    }

    func alert(id: String) throws -> Alert? { try Alert.fetch(connection, id: id) }

    func alerts(namespace: String, changedSince time: Timestamp) throws -> [Alert] {
        try connection.query(
            """
            SELECT document FROM alerts WHERE namespace = $1 AND updated >= $2
            ORDER BY opened DESC, sequence DESC LIMIT 1000
            """,
            [.text(namespace), .init(time.nanoseconds)]
        ).map(Alert.init(row:))
    }

    func save(_ alert: Alert) throws {
        alerts += 1
        try connection.query(
            """
            INSERT INTO alerts VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, state = excluded.state,
            severity = excluded.severity, updated = excluded.updated, document = excluded.document
            """,
            [
                .init(alerts), .text(alert.id), .text(alert.key.namespace), .text(alert.key.model),
                .text(alert.key.endpoint), .text(alert.key.monitor), .text(alert.kind), .text(alert.state.rawValue),
                .text(alert.severity.rawValue), .init(alert.openedAt.nanoseconds), .init(alert.updatedAt.nanoseconds),
                .bytes(alert.json.serialized()), .text(alert.incident),
            ]
        )
    }

    func flaggedRequests(of key: Alert.Key, kind: VerdictKind, window: Alert.Window, limit: Int) throws -> [String] {
        let rows = try connection.query(
            """
            SELECT * FROM events
            WHERE flags != 0 AND flags & $1::bigint != 0 AND COALESCE(namespace, 'default') = $2 AND model = $3
            AND hashtextextended(monitor, 0) = hashtextextended($4, 0) AND monitor = $4 AND requestid IS NOT NULL
            ORDER BY sequence DESC LIMIT $5
            """,
            [.init(kind.bit), .text(key.namespace), .text(key.model), .text(key.monitor), .init(limit)]
        )
        return try rows.map { try StoredEvent(row: $0).record }.flaggedRows(within: window, limit: limit)
    }

    func requests(of key: Alert.Key, window: Alert.Window, limit: Int) throws -> [String] {
        guard let start = window.start, let end = window.end else { return [] }
        return try connection.query(
            """
            SELECT requestid FROM exchanges
            WHERE hashtextextended(model, 0) = hashtextextended($1, 0) AND model = $1 AND namespace = $2 AND endpoint = $3
            AND began BETWEEN $4::bigint AND $5::bigint
            ORDER BY began DESC, sequence DESC LIMIT $6
            """,
            [
                .text(key.model), .text(key.namespace), .text(key.endpoint), .init(start.nanoseconds),
                .init(end.nanoseconds), .init(limit),
            ]
        ).compactMap { $0.text("requestid") }
    }

    // MARK: Errands and progress

    func erase(requestID: String) throws -> Int {
        // Requests and responses are found by their exchange, everything else by its index.
        let gone = try connection.query(
            """
            WITH gone AS (
                DELETE FROM events WHERE (kind > 2 AND requestid = $1) OR sequence IN (
                    SELECT unnest(ARRAY[request, response]) FROM exchanges WHERE requestid = $1
                ) RETURNING \(Self.size) AS bytes
            ) SELECT COUNT(*) AS count, COALESCE(SUM(bytes), 0)::bigint AS bytes FROM gone
            """,
            [.text(requestID)]
        ).first
        try connection.query("DELETE FROM exchanges WHERE requestid = $1", [.text(requestID)])
        bytes -= gone?.integer("bytes") ?? 0
        return Int(gone?.integer("count") ?? 0)
    }

    func add(_ errand: Errand) throws {
        errands += 1
        try connection.query(
            "INSERT INTO errands VALUES ($1, $2, $3, $4, $5)",
            [
                .init(errands), .text(errand.purpose.rawValue), .bytes(errand.document.serialized()),
                .init(errand.attempts), .init(errand.dueAt.nanoseconds),
            ]
        )
    }

    func postpone(_ errand: Errand, until time: Timestamp) throws {
        try connection.query(
            "UPDATE errands SET attempts = attempts + 1, due = $1 WHERE sequence = $2",
            [.init(time.nanoseconds), .init(errand.sequence)]
        )
    }

    func remove(_ errand: Errand) throws {
        try connection.query("DELETE FROM errands WHERE sequence = $1", [.init(errand.sequence)])
    }

    func setPosition(_ position: UInt64) throws {
        try connection.query(
            """
            INSERT INTO progress VALUES ($1, $2) ON CONFLICT (logger) DO UPDATE SET position = excluded.position
            """,
            [.text(logger), .init(Int64(bitPattern: position))]
        )
    }

    /// Writes what was gathered; to be called once, last.
    func finish() throws {
        try counts.write(to: connection)
        try traffic.write(to: connection)
        try connection.query(
            "UPDATE counters SET event = $1, exchange = $2, alert = $3, errand = $4, bytes = bytes + $5",
            [.init(events), .init(exchanges), .init(alerts), .init(errands), .init(bytes)]
        )
    }
}

extension PostgreSQLCopyRows {
    /// Adds a row of the table `events`.
    fileprivate mutating func add(_ record: ClassifiedEvent, sequence: Int64, fingerprint: [UInt8]) {
        startRow()
        add(sequence)
        add(fingerprint)
        add(Int64(record.kind.rawValue))
        for text in [record.event.id, record.event.type] { add(text) }
        add(record.arrivedAt.nanoseconds)
        for text in [record.namespace, record.model, record.monitor, record.requestID] { add(text) }
        add(record.flags.reduce(Int64(0)) { $0 | $1.bit })
        add(record.attributes)
        add((record.payload?.form ?? .plain).rawValue)
        add(record.payload?.bytes)
    }
}
