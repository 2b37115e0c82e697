package import CloudEvents

/// As much of an exchange as its counting needs.
package struct CountedExchange: Sendable, Hashable {
    package var namespace: String
    package var model: String
    package var version: String
    package var began: Timestamp
    package var status: Int64?
    package var latency: Double?
    package var flags: Int64
    package var weight: Double

    package init(
        namespace: String,
        model: String,
        version: String?,
        began: Timestamp,
        status: Int64?,
        latency: Double?,
        flags: Int64,
        weight: Double
    ) {
        self.namespace = namespace
        self.model = model
        self.version = version ?? ""
        self.began = began
        self.status = status
        self.latency = latency
        self.flags = flags
        self.weight = weight
    }
}

/// What a transaction changes in the counts of each unit of time, gathered in memory and written once.
package struct TrafficChanges: Sendable {
    /// A unit of time of one model version.
    package struct Place: Sendable, Hashable {
        package var unit: TrafficUnit
        /// Where it begins, in seconds since 1970.
        package var start: Int64
        package var namespace: String
        package var model: String
        package var version: String

        package init(unit: TrafficUnit, start: Int64, namespace: String, model: String, version: String) {
            self.unit = unit
            self.start = start
            self.namespace = namespace
            self.model = model
            self.version = version
        }
    }

    /// By minute; the larger units are made of these at the end.
    private var minutes: [Place: TrafficSums] = [:]

    package init() {}

    /// How many places it holds.
    package var count: Int { minutes.count }

    /// Counts what became of an exchange; what it was before is taken out.
    package mutating func replace(_ before: CountedExchange?, by after: CountedExchange?) {
        guard before != after else { return }
        if let before { minutes[Self.place(of: before), default: TrafficSums()].add(before, sign: -1) }
        if let after { minutes[Self.place(of: after), default: TrafficSums()].add(after, sign: 1) }
    }

    /// Counts what drafts make of their exchanges.
    package mutating func add(_ drafts: ExchangeDrafts) {
        for change in drafts.countedChanges { replace(change.before, by: change.after) }
    }

    private static func place(of exchange: CountedExchange) -> Place {
        Place(
            unit: .minute,
            start: TrafficUnit.minute.start(of: exchange.began),
            namespace: named(exchange.namespace),
            model: named(exchange.model),
            version: named(exchange.version)
        )
    }

    /// With U+FFFD for NUL, which PostgreSQL cannot hold: two places would be one row there, which a statement may not
    /// write twice, and nothing more would ever be recorded.
    private static func named(_ text: String) -> String {
        guard text.utf8.contains(0) else { return text }
        return text.split(separator: "\0", omittingEmptySubsequences: false).joined(separator: "\u{FFFD}")
    }

    /// What to add to each place, in one order for every writer.
    package var sums: [(place: Place, sums: TrafficSums)] {
        var all: [Place: TrafficSums] = [:]
        for (place, sums) in minutes where !sums.isEmpty {
            for unit in TrafficUnit.allCases {
                var wider = place
                wider.unit = unit
                wider.start = unit.start(of: Timestamp(nanoseconds: place.start &* 1_000_000_000))
                all[wider, default: TrafficSums()] += sums
            }
        }
        return all.sorted {
            ($0.key.unit.rawValue, $0.key.start, $0.key.namespace, $0.key.model, $0.key.version)
                < ($1.key.unit.rawValue, $1.key.start, $1.key.namespace, $1.key.model, $1.key.version)
        }.map { ($0.key, $0.value) }
    }
}
