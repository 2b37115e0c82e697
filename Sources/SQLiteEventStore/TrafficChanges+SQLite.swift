import CloudEvents
import EventStore
import Foundation
import GRDB

extension TrafficChanges {
    /// Adds them to the table; latencies are added up here, since SQL knows nothing of them.
    func write(to database: Database) throws {
        let known = try database.cachedStatement(
            sql: """
                SELECT latencies FROM traffic
                WHERE unit = ? AND start = ? AND namespace = ? AND model = ? AND version = ?
                """
        )
        let addition = try database.cachedStatement(
            sql: """
                INSERT INTO traffic VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET exchanges = exchanges + excluded.exchanges,
                failures = failures + excluded.failures, timed = timed + excluded.timed,
                milliseconds = milliseconds + excluded.milliseconds,
                slowest = MAX(COALESCE(slowest, excluded.slowest), COALESCE(excluded.slowest, slowest)),
                flagged = flagged + excluded.flagged, served = served + excluded.served,
                servedFailures = servedFailures + excluded.servedFailures,
                servedTimed = servedTimed + excluded.servedTimed,
                servedMilliseconds = servedMilliseconds + excluded.servedMilliseconds,
                servedFlagged = servedFlagged + excluded.servedFlagged, latencies = excluded.latencies
                """
        )
        for (place, sums) in sums {
            let key: StatementArguments = [
                place.unit.rawValue, place.start, place.namespace, place.model, place.version,
            ]
            var latencies = sums.latencies
            if let before = try Data.fetchOne(known, arguments: key) {
                latencies += try LatencySketch(bytes: [UInt8](before))
            }
            let served = sums.served
            let values: StatementArguments = [
                sums.exchanges, sums.failures, sums.timed, sums.milliseconds, sums.slowest, sums.flagged,
                served.exchanges, served.failures, served.timed, served.milliseconds, served.flagged,
                Data(latencies.bytes),
            ]
            try addition.execute(arguments: key + values)
        }
    }

    /// Counts the exchanges that are there already, for a file from before they were counted as they came.
    static func fill(from database: Database) throws {
        var changes = TrafficChanges()
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT namespace, model, version, began, status, latency, flags, weight FROM exchanges ORDER BY began"
        )
        while let row = try rows.next() {
            changes.replace(nil, by: CountedExchange(row: row))
            guard changes.count >= 5000 else { continue }  // what is in memory has a bound
            try changes.write(to: database)
            changes = TrafficChanges()
        }
        try changes.write(to: database)
    }
}

extension CountedExchange {
    fileprivate init(row: Row) {
        self.init(
            namespace: row["namespace"],
            model: row["model"],
            version: row["version"],
            began: Timestamp(nanoseconds: row["began"]),
            status: row["status"],
            latency: row["latency"],
            flags: row["flags"],
            weight: row["weight"]
        )
    }
}
