package import CloudEvents
package import EventStore
import Foundation
import GRDB

extension SQLiteEventStore {
    /// - Complexity: One pass over the units of the time, whatever the number of exchanges.
    package func traffic(_ query: TrafficQuery) async throws -> [TrafficStep] {
        try await read { database in
            var sql = "SELECT * FROM traffic WHERE unit = ? AND start >= ? AND start < ?"
            var arguments: StatementArguments = [
                query.unit.rawValue, query.range.lowerBound, query.range.upperBound,
            ]
            for (column, value) in [("namespace", query.namespace), ("model", query.model)] {
                guard let value else { continue }
                sql += " AND \(column) = ?"
                arguments += [value]
            }
            let rows = try Row.fetchCursor(database, sql: sql, arguments: arguments)
            var steps = TrafficSteps(of: query)
            while let row = try rows.next() {
                steps.add(TrafficChanges.Place(row: row, query.unit), try TrafficSums(row: row))
            }
            return steps.all
        }
    }

    package func trimTraffic(before time: Timestamp, unit: TrafficUnit) async throws {
        try await writing { database in
            try database.execute(
                sql: "DELETE FROM traffic WHERE unit = ? AND start < ?",
                arguments: [unit.rawValue, time.nanoseconds / 1_000_000_000]
            )
        }
    }
}

extension TrafficChanges.Place {
    fileprivate init(row: Row, _ unit: TrafficUnit) {
        self.init(
            unit: unit,
            start: row["start"],
            namespace: row["namespace"],
            model: row["model"],
            version: row["version"]
        )
    }
}

extension TrafficSums {
    fileprivate init(row: Row) throws {
        self.init()
        exchanges = row["exchanges"]
        failures = row["failures"]
        timed = row["timed"]
        milliseconds = row["milliseconds"]
        slowest = row["slowest"]
        flagged = row["flagged"]
        served.exchanges = row["served"]
        served.failures = row["servedFailures"]
        served.timed = row["servedTimed"]
        served.milliseconds = row["servedMilliseconds"]
        served.flagged = row["servedFlagged"]
        let bytes: Data = row["latencies"]
        latencies = try LatencySketch(bytes: [UInt8](bytes))
    }
}
