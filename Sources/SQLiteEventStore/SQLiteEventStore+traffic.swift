import CloudEvents
package import EventStore
import GRDB

extension SQLiteEventStore {
    /// - Complexity: One pass over the exchanges of the time, by an index.
    package func traffic(_ query: TrafficQuery) async throws -> [TrafficStep] {
        try await read { database in
            let start = query.since.nanoseconds
            let flags = VerdictKind.outlier.bit | VerdictKind.adversarial.bit
            var sql = """
                SELECT namespace, model, IFNULL(version, '') AS version, (began - ?) / ? AS step,
                COUNT(*) AS exchanges, IFNULL(SUM(status >= 400), 0) AS failures, COUNT(latency) AS timed,
                TOTAL(latency) AS milliseconds, MAX(latency) AS slowest, IFNULL(SUM(flags & ? != 0), 0) AS flagged,
                TOTAL(weight) AS served, TOTAL(weight * (status >= 400)) AS servedFailures,
                TOTAL(weight * (latency IS NOT NULL)) AS servedTimed, TOTAL(weight * latency) AS servedMilliseconds,
                TOTAL(weight * (flags & ? != 0)) AS servedFlagged
                FROM exchanges WHERE began >= ? AND began < ?
                """
            var arguments: StatementArguments = [
                start, (query.until.nanoseconds - start) / Int64(query.count),
                flags, flags, start, query.until.nanoseconds,
            ]
            for (column, value) in [("namespace", query.namespace), ("model", query.model)] {
                guard let value else { continue }
                sql += " AND \(column) = ?"
                arguments += [value]
            }
            sql += " GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
            return try Row.fetchAll(database, sql: sql, arguments: arguments).map { row in
                TrafficStep(
                    namespace: row["namespace"],
                    model: row["model"],
                    version: row["version"],
                    index: row["step"],
                    exchanges: row["exchanges"],
                    failures: row["failures"],
                    timed: row["timed"],
                    milliseconds: row["milliseconds"],
                    slowest: row["slowest"],
                    flagged: row["flagged"],
                    served: TrafficStep.Served(
                        exchanges: row["served"],
                        failures: row["servedFailures"],
                        timed: row["servedTimed"],
                        milliseconds: row["servedMilliseconds"],
                        flagged: row["servedFlagged"]
                    )
                )
            }
        }
    }
}
