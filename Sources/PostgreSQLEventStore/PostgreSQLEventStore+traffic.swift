import CloudEvents
package import EventStore

extension PostgreSQLEventStore {
    /// - Complexity: One pass over the exchanges of the time, by an index.
    package func traffic(_ query: TrafficQuery) async throws -> [TrafficStep] {
        let start = query.since.nanoseconds
        let length = (query.until.nanoseconds - start) / Int64(query.count)
        let flags = VerdictKind.outlier.bit | VerdictKind.adversarial.bit
        return try await read { connection in
            var condition = PostgreSQLCondition()
            condition.add("began >=", .init(start), type: "bigint")
            condition.add("began <", .init(query.until.nanoseconds), type: "bigint")
            condition.add("namespace =", query.namespace.map { .text($0) })
            condition.add("model", equals: query.model)
            return try connection.query(
                """
                SELECT namespace, model, COALESCE(version, '') AS version, (began - \(start)) / \(length) AS step,
                COUNT(*) AS exchanges, COUNT(*) FILTER (WHERE status >= 400) AS failures, COUNT(latency) AS timed,
                COALESCE(SUM(latency), 0) AS milliseconds, MAX(latency) AS slowest,
                COUNT(*) FILTER (WHERE flags & \(flags) != 0) AS flagged, SUM(weight) AS served,
                SUM(weight) FILTER (WHERE status >= 400) AS servedfailures,
                SUM(weight) FILTER (WHERE latency IS NOT NULL) AS servedtimed, SUM(weight * latency) AS servedmilliseconds,
                SUM(weight) FILTER (WHERE flags & \(flags) != 0) AS servedflagged
                FROM exchanges \(condition.sql) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
                """,
                condition.parameters
            ).map { row in
                TrafficStep(
                    namespace: row.text("namespace") ?? "",
                    model: row.text("model") ?? "",
                    version: row.text("version") ?? "",
                    index: Int(row.integer("step") ?? 0),
                    exchanges: Int(row.integer("exchanges") ?? 0),
                    failures: Int(row.integer("failures") ?? 0),
                    timed: Int(row.integer("timed") ?? 0),
                    milliseconds: row.number("milliseconds") ?? 0,
                    slowest: row.number("slowest"),
                    flagged: Int(row.integer("flagged") ?? 0),
                    served: TrafficStep.Served(
                        exchanges: row.number("served") ?? 0,
                        failures: row.number("servedfailures") ?? 0,
                        timed: row.number("servedtimed") ?? 0,
                        milliseconds: row.number("servedmilliseconds") ?? 0,
                        flagged: row.number("servedflagged") ?? 0
                    )
                )
            }
        }
    }
}
