package import CloudEvents
package import EventStore

extension PostgreSQLEventStore {
    /// - Complexity: One pass over the units of the time, whatever the number of exchanges.
    package func traffic(_ query: TrafficQuery) async throws -> [TrafficStep] {
        try await read { connection in
            var condition = PostgreSQLCondition()
            condition.add("unit =", .init(query.unit.rawValue))
            condition.add("start >=", .init(query.range.lowerBound))
            condition.add("start <", .init(query.range.upperBound))
            condition.add("namespace =", query.namespace.map { .text($0) })
            condition.add("model", equals: query.model)
            var steps = TrafficSteps(of: query)
            for row in try connection.query("SELECT * FROM traffic \(condition.sql)", condition.parameters) {
                steps.add(TrafficChanges.Place(row: row, query.unit), try TrafficSums(row: row))
            }
            return steps.all
        }
    }

    package func trimTraffic(before time: Timestamp, unit: TrafficUnit) async throws {
        try await writing { connection -> Void in
            try connection.query(
                "DELETE FROM traffic WHERE unit = $1 AND start < $2",
                [.init(unit.rawValue), .init(time.nanoseconds / 1_000_000_000)]
            )
        }
    }
}

extension TrafficChanges.Place {
    fileprivate init(row: PostgreSQLRow, _ unit: TrafficUnit) {
        self.init(
            unit: unit,
            start: row.integer("start") ?? 0,
            namespace: row.text("namespace") ?? "",
            model: row.text("model") ?? "",
            version: row.text("version") ?? ""
        )
    }
}

extension TrafficSums {
    fileprivate init(row: PostgreSQLRow) throws {
        self.init()
        exchanges = Int(row.integer("exchanges") ?? 0)
        failures = Int(row.integer("failures") ?? 0)
        timed = Int(row.integer("timed") ?? 0)
        milliseconds = row.number("milliseconds") ?? 0
        slowest = row.number("slowest")
        flagged = Int(row.integer("flagged") ?? 0)
        served.exchanges = row.number("served") ?? 0
        served.failures = row.number("servedfailures") ?? 0
        served.timed = row.number("servedtimed") ?? 0
        served.milliseconds = row.number("servedmilliseconds") ?? 0
        served.flagged = row.number("servedflagged") ?? 0
        latencies = try LatencySketch(bytes: row.bytes("latencies") ?? [])
    }
}
