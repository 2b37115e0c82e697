import CloudEvents
import EventStore
import GRDB

/// What a transaction adds to the counts of each model version.
struct ModelCounts {
    private struct Version: Hashable {
        var namespace: String
        var model: String
        var version: String
    }

    private struct Delta {
        var exchanges = 0
        var estimated = 0.0
        var failures = 0
        var labels = 0
        var flagged: [VerdictKind: Int] = [:]
        var seen: Int64 = 0
    }

    private var deltas: [Version: Delta] = [:]

    private func version(_ namespace: String?, _ model: String?, _ version: String?) -> Version {
        Version(namespace: namespace ?? "default", model: model ?? "", version: version ?? "")
    }

    /// Counts an exchange under the version that its first half names.
    mutating func addExchange(of record: ClassifiedEvent, key: ExchangeKey) {
        let version = version(key.namespace, key.model, record.version)
        deltas[version, default: Delta()].exchanges += 1
        deltas[version, default: Delta()].estimated += record.sampledRate
        if let status = record.statusCode, status >= 400 { deltas[version, default: Delta()].failures += 1 }
        see(version, record)
    }

    /// Takes in what only the second half knows: its model and version, where the first had none, and its status.
    mutating func completeExchange(_ outline: ExchangeOutline, with record: ClassifiedEvent) {
        let before = version(outline.key.namespace, outline.key.model, outline.version)
        let model = outline.key.model.isEmpty ? record.model : outline.key.model
        let after = version(outline.key.namespace, model, outline.version ?? record.version)
        if before != after {
            deltas[before, default: Delta()].exchanges -= 1
            deltas[before, default: Delta()].estimated -= record.sampledRate
            deltas[after, default: Delta()].exchanges += 1
            deltas[after, default: Delta()].estimated += record.sampledRate
        }
        if let status = record.statusCode, status >= 400 { deltas[after, default: Delta()].failures += 1 }
        see(after, record)
    }

    mutating func addFlag(_ kind: VerdictKind, to outline: ExchangeOutline) {
        let version = version(outline.key.namespace, outline.key.model, outline.version)
        deltas[version, default: Delta()].flagged[kind, default: 0] += 1
    }

    mutating func addLabel(of record: ClassifiedEvent) {
        guard let model = record.model else { return }
        deltas[version(record.namespace, model, record.version), default: Delta()].labels += 1
    }

    private mutating func see(_ version: Version, _ record: ClassifiedEvent) {
        let seen = deltas[version]?.seen ?? 0
        deltas[version, default: Delta()].seen = max(seen, record.arrivedAt.nanoseconds)
    }

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
