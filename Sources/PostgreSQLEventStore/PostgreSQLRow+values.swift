import CloudEvents
import EventStore
import JSON

// What a row of each table is as a value. Columns that a table declares NOT NULL are there.

extension ExchangeKey {
    init(row: PostgreSQLRow) {
        func text(_ column: String) -> String { row.text(column) ?? "" }
        self.init(
            namespace: text("namespace"),
            model: text("model"),
            component: text("component"),
            endpoint: text("endpoint"),
            requestID: text("requestid")
        )
    }
}

extension ExchangeDrafts.Draft {
    init(row: PostgreSQLRow) {
        self.init(
            ExchangeOutline(
                key: ExchangeKey(row: row),
                attempt: Int(row.integer("attempt") ?? 1),
                sequence: row.integer("sequence") ?? 0
            )
        )
        outline.began = row.integer("began").map(Timestamp.init(nanoseconds:))
        outline.version = row.text("version")
        outline.requestEventID = row.text("requestevent")
        outline.responseEventID = row.text("responseevent")
        status = row.integer("status")
        latency = row.number("latency")
        weight = row.number("weight") ?? 1
        flags = row.integer("flags") ?? 0
        request = row.integer("request")
        response = row.integer("response")
        trace = row.integer("trace")
    }
}

extension Exchange {
    /// The exchange without its parts.
    init(_ draft: ExchangeDrafts.Draft) {
        self.init(
            key: draft.outline.key,
            attempt: draft.outline.attempt,
            sequence: draft.outline.sequence,
            time: draft.outline.began ?? Timestamp(nanoseconds: 0),
            version: draft.outline.version,
            statusCode: draft.status.map { Int($0) },
            latencyMilliseconds: draft.latency,
            flags: VerdictKind.kinds(in: draft.flags).map(\.rawValue)
        )
    }
}

extension StoredEvent {
    /// - Throws: `.corrupt` when the attributes are no event of ours.
    init(row: PostgreSQLRow) throws {
        let form = row.integer("form").flatMap(StoredPayload.Form.init(rawValue:)) ?? .plain
        try self.init(
            sequence: row.integer("sequence") ?? 0,
            attributes: row.bytes("attributes") ?? [],
            payload: form == .removed
                ? StoredPayload(form: .removed, bytes: [])
                : row.bytes("payload").map { StoredPayload(form: form, bytes: $0) },
            arrivedAt: Timestamp(nanoseconds: row.integer("arrived") ?? 0)
        )
    }
}

extension Alert {
    init(row: PostgreSQLRow) throws { self = try Alert(json: JSONValue(parsing: row.bytes("document") ?? [])) }

    static func fetch(_ connection: PostgreSQLConnection, id: String) throws -> Alert? {
        try connection.query("SELECT document FROM alerts WHERE id = $1", [.text(id)]).first.map(Alert.init(row:))
    }
}

extension Errand {
    /// Nil when a newer version wrote a purpose that this one does not know.
    init?(row: PostgreSQLRow) throws {
        guard let purpose = row.text("purpose").flatMap(Purpose.init(rawValue:)) else { return nil }
        self.init(
            sequence: row.integer("sequence") ?? 0,
            purpose: purpose,
            document: try JSONValue(parsing: row.bytes("document") ?? []),
            attempts: Int(row.integer("attempts") ?? 0),
            dueAt: Timestamp(nanoseconds: row.integer("due") ?? 0)
        )
    }
}

extension ModelCounts {
    /// Adds them to the tables.
    func write(to connection: PostgreSQLConnection) throws {
        for (version, delta) in deltas {
            let name: [PostgreSQLValue] = [.text(version.namespace), .text(version.model), .text(version.version)]
            try connection.query(
                """
                INSERT INTO models VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                ON CONFLICT (md5(namespace), md5(model), md5(version)) DO UPDATE SET
                exchanges = models.exchanges + excluded.exchanges, estimated = models.estimated + excluded.estimated,
                failures = models.failures + excluded.failures, labels = models.labels + excluded.labels,
                seen = GREATEST(models.seen, excluded.seen)
                """,
                name + [
                    .init(delta.exchanges), .init(delta.estimated), .init(delta.failures), .init(delta.labels),
                    .init(delta.seen),
                ]
            )
            for (kind, count) in delta.flagged {
                try connection.query(
                    """
                    INSERT INTO model_flags VALUES ($1, $2, $3, $4, $5)
                    ON CONFLICT (md5(namespace), md5(model), md5(version), kind) DO UPDATE
                    SET exchanges = model_flags.exchanges + excluded.exchanges
                    """,
                    name + [.text(kind.rawValue), .init(count)]
                )
            }
        }
    }
}
