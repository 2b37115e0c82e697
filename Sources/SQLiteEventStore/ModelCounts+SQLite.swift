import EventStore
import GRDB

extension ModelCounts {
    /// Adds them to the tables.
    func write(to database: Database) throws {
        for (version, delta) in deltas {
            try database.cachedStatement(
                sql: """
                    INSERT INTO models (namespace, model, version, exchanges, estimated, failures, labels, seen)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET exchanges = exchanges + excluded.exchanges,
                    estimated = estimated + excluded.estimated, failures = failures + excluded.failures,
                    labels = labels + excluded.labels, seen = MAX(seen, excluded.seen)
                    """
            ).execute(arguments: [
                version.namespace, version.model, version.version, delta.exchanges, delta.estimated, delta.failures,
                delta.labels, delta.seen,
            ])
            for (kind, count) in delta.flagged {
                try database.cachedStatement(
                    sql: """
                        INSERT INTO model_flags (namespace, model, version, kind, exchanges) VALUES (?, ?, ?, ?, ?)
                        ON CONFLICT DO UPDATE SET exchanges = exchanges + excluded.exchanges
                        """
                ).execute(arguments: [version.namespace, version.model, version.version, kind.rawValue, count])
            }
        }
    }
}
