import CloudEvents
import EventStore
import Foundation
import GRDB
import JSON

// What a row of each table is as a value.

extension ExchangeDrafts.Draft {
    /// A row of ``SQLiteLookups/exchanges``.
    init(row: Row) {
        var outline = ExchangeOutline(key: ExchangeKey(row: row), attempt: row["attempt"], sequence: row["sequence"])
        outline.began = Timestamp(nanoseconds: row["began"])
        outline.version = row["version"]
        outline.requestEventID = row["requestevent"]
        outline.responseEventID = row["responseevent"]
        self.init(outline)
        status = row["status"]
        latency = row["latency"]
        flags = row["flags"]
        weight = row["weight"]
        request = row["request"]
        response = row["response"]
        trace = row["trace"]
    }
}

extension ExchangeKey {
    init(row: Row) {
        self.init(
            namespace: row["namespace"],
            model: row["model"],
            component: row["component"],
            endpoint: row["endpoint"],
            requestID: row["requestid"]
        )
    }
}

extension Exchange {
    /// The exchange without its parts.
    init(row: Row) {
        self.init(
            key: ExchangeKey(row: row),
            attempt: row["attempt"],
            sequence: row["sequence"],
            time: Timestamp(nanoseconds: row["began"]),
            version: row["version"],
            statusCode: row["status"],
            latencyMilliseconds: row["latency"],
            flags: VerdictKind.kinds(in: row["flags"]).map(\.rawValue)
        )
    }
}

extension StoredEvent {
    /// - Throws: `.corrupt` when the attributes are no event of ours, or the payload is damaged or gone.
    init(row: Row, files: PayloadFiles) throws {
        let attributes: Data = row["attributes"]
        let payload: Data? = row["payload"]
        let form = StoredPayload.Form(rawValue: row["form"]) ?? .plain
        try self.init(
            sequence: row["sequence"],
            attributes: [UInt8](attributes),
            payload: form == .removed
                ? StoredPayload(form: .removed, bytes: [])
                : try payload.map { try files.whole(StoredPayload(form: form, bytes: [UInt8]($0))) },
            arrivedAt: Timestamp(nanoseconds: row["arrived"])
        )
    }
}

extension Alert {
    init(row: Row) throws {
        let document: Data = row["document"]
        self = try Alert(json: JSONValue(parsing: document))
    }

    static func fetch(_ database: Database, id: String) throws -> Alert? {
        try Row.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM alerts WHERE id = ?"),
            arguments: [id]
        ).map(Alert.init(row:))
    }
}

extension Errand {
    /// Nil when a newer version wrote a purpose that this one does not know.
    init?(row: Row) throws {
        guard let purpose = Purpose(rawValue: row["purpose"]) else { return nil }
        let document: Data = row["document"]
        self.init(
            sequence: row["sequence"],
            purpose: purpose,
            document: try JSONValue(parsing: document),
            attempts: row["attempts"],
            dueAt: Timestamp(nanoseconds: row["due"])
        )
    }
}
