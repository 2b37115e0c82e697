import CloudEvents
import EventStore
import Foundation
import GRDB
import JSON

// What a row of each table is as a value.

extension ExchangeOutline {
    /// The exchanges with this request id, in the order of their attempts.
    static func fetch(_ database: Database, requestID: String) throws -> [ExchangeOutline] {
        let statement = try database.cachedStatement(sql: SQLiteLookups.outlines)
        return try Row.fetchAll(statement, arguments: [requestID]).map(ExchangeOutline.init(row:))
    }

    init(row: Row) {
        self.init(key: ExchangeKey(row: row), attempt: row["attempt"], sequence: row["sequence"])
        began = Timestamp(nanoseconds: row["began"])
        version = row["version"]
        requestEventID = row["requestevent"]
        responseEventID = row["responseevent"]
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
    /// - Throws: `.corrupt` when the attributes are no event of ours.
    init(row: Row) throws {
        let attributes: Data = row["attributes"]
        let payload: Data? = row["payload"]
        try self.init(
            sequence: row["sequence"],
            attributes: [UInt8](attributes),
            payload: payload.map { [UInt8]($0) },
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
