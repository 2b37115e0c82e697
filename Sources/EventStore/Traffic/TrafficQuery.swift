package import CloudEvents

/// How a time is divided to count exchanges in.
package struct TrafficQuery: Sendable, Hashable {
    package let namespace: String?
    package let model: String?
    /// Where the first step begins: a whole ``unit``.
    package let since: Timestamp
    /// How long a step is: whole minutes.
    package let step: Duration
    /// How many steps there are, at least 1.
    package let count: Int

    /// - Parameter since: Moved back to where its unit begins.
    package init(namespace: String? = nil, model: String? = nil, since: Timestamp, step: Duration, count: Int) {
        precondition(
            step >= .seconds(60) && step.components.seconds.isMultiple(of: 60) && step.components.attoseconds == 0
                && count >= 1,
            "steps are whole minutes and have a number"
        )
        self.namespace = namespace
        self.model = model
        self.since = Timestamp(nanoseconds: TrafficUnit(of: step).start(of: since) &* 1_000_000_000)
        self.step = step
        self.count = count
    }

    /// What its steps are added up from.
    package var unit: TrafficUnit { TrafficUnit(of: step) }

    /// Where the last step ends.
    package var until: Timestamp { since + step * count }

    /// The first unit and the one after the last, in seconds since 1970.
    package var range: Range<Int64> {
        let start = since.nanoseconds / 1_000_000_000
        return start..<start + step.components.seconds * Int64(count)
    }
}

/// Adds units up to steps while they are read: what is in memory are the steps, however many units there are.
package struct TrafficSteps: Sendable {
    private struct Name: Hashable {
        var namespace: String
        var model: String
        var version: String
        var index: Int
    }

    private let start: Int64
    private let length: Int64
    private var sums: [Name: TrafficSums] = [:]

    package init(of query: TrafficQuery) {
        start = query.range.lowerBound
        length = query.step.components.seconds
    }

    /// Adds a unit of the query's time.
    package mutating func add(_ place: TrafficChanges.Place, _ unit: TrafficSums) {
        guard unit.exchanges > 0 else { return }
        let index = Int((place.start - start) / length)
        let name = Name(namespace: place.namespace, model: place.model, version: place.version, index: index)
        sums[name, default: TrafficSums()] += unit
    }

    /// In the order of names and time.
    package var all: [TrafficStep] {
        sums.map { name, sums in
            TrafficStep(
                namespace: name.namespace,
                model: name.model,
                version: name.version,
                index: name.index,
                sums: sums
            )
        }.sorted { ($0.namespace, $0.model, $0.version, $0.index) < ($1.namespace, $1.model, $1.version, $1.index) }
    }
}

/// The exchanges of one model version that began within one step of a ``TrafficQuery``.
@dynamicMemberLookup
package struct TrafficStep: Sendable, Hashable {
    package var namespace: String
    package var model: String
    package var version: String
    /// Which step, from 0.
    package var index: Int
    package var sums: TrafficSums

    package init(namespace: String, model: String, version: String, index: Int, sums: TrafficSums) {
        self.namespace = namespace
        self.model = model
        self.version = version
        self.index = index
        self.sums = sums
    }

    package typealias Served = TrafficSums.Served

    package subscript<Value>(dynamicMember path: KeyPath<TrafficSums, Value>) -> Value { sums[keyPath: path] }
}
