import CloudEvents

/// What a transaction adds to the counts of each model version, gathered in memory and written once.
package struct ModelCounts {
    package struct Version: Sendable, Hashable {
        package var namespace: String
        package var model: String
        package var version: String
    }

    package struct Delta: Sendable {
        package var exchanges = 0
        package var estimated = 0.0
        package var failures = 0
        package var labels = 0
        package var flagged: [VerdictKind: Int] = [:]
        /// Nanoseconds since 1970.
        package var seen: Int64 = 0
    }

    package private(set) var deltas: [Version: Delta] = [:]

    package init() {}

    private func version(_ namespace: String?, _ model: String?, _ version: String?) -> Version {
        Version(namespace: namespace ?? "default", model: model ?? "", version: version ?? "")
    }

    /// Counts an exchange under the version that its first half names.
    package mutating func addExchange(of record: ClassifiedEvent, key: ExchangeKey) {
        let version = version(key.namespace, key.model, record.version)
        deltas[version, default: Delta()].exchanges += 1
        deltas[version, default: Delta()].estimated += record.sampledRate
        if let status = record.statusCode, status >= 400 { deltas[version, default: Delta()].failures += 1 }
        see(version, record)
    }

    /// Takes in what only the second half knows: its model and version, where the first had none, and its status.
    package mutating func completeExchange(_ outline: ExchangeOutline, with record: ClassifiedEvent) {
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

    package mutating func addFlag(_ kind: VerdictKind, to outline: ExchangeOutline) {
        let version = version(outline.key.namespace, outline.key.model, outline.version)
        deltas[version, default: Delta()].flagged[kind, default: 0] += 1
    }

    package mutating func addLabel(of record: ClassifiedEvent) {
        guard let model = record.model else { return }
        deltas[version(record.namespace, model, record.version), default: Delta()].labels += 1
    }

    private mutating func see(_ version: Version, _ record: ClassifiedEvent) {
        let seen = deltas[version]?.seen ?? 0
        deltas[version, default: Delta()].seen = max(seen, record.arrivedAt.nanoseconds)
    }
}
