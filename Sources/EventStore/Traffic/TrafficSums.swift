/// What a number of exchanges come to; sums add up, and what was added can be taken out again.
package struct TrafficSums: Sendable, Hashable {
    /// What rates, shares and means are made of: counts of all exchanges that were served.
    ///
    /// As far as the recorded ones tell: each counts as often as its `sampledrate` says.
    package struct Served: Sendable, Hashable {
        package var exchanges = 0.0
        package var failures = 0.0
        package var timed = 0.0
        package var milliseconds = 0.0
        package var flagged = 0.0

        package init() {}
    }

    /// Those on record.
    package var exchanges = 0
    /// Those whose response has a status of 400 or more.
    package var failures = 0
    /// Those with a latency on record.
    package var timed = 0
    /// The sum of the latencies on record, in milliseconds.
    package var milliseconds = 0.0
    /// The greatest of them, also when what had it is taken out; nil when there is none.
    package var slowest: Double?
    /// Those that a verdict flagged as outlier or adversarial.
    package var flagged = 0
    package var served = Served()
    /// The latencies of those that were served.
    package var latencies = LatencySketch()

    package init() {}

    /// Whether nothing is counted.
    var isEmpty: Bool { exchanges == 0 && failures == 0 && timed == 0 && flagged == 0 && slowest == nil }

    /// Adds one exchange, `sign` times.
    mutating func add(_ exchange: CountedExchange, sign: Int) {
        let weight = exchange.weight * Double(sign)
        exchanges += sign
        served.exchanges += weight
        if let status = exchange.status, status >= 400 {
            failures += sign
            served.failures += weight
        }
        if exchange.flags & (VerdictKind.outlier.bit | VerdictKind.adversarial.bit) != 0 {
            flagged += sign
            served.flagged += weight
        }
        guard let latency = exchange.latency else { return }
        timed += sign
        milliseconds += latency * Double(sign)
        served.timed += weight
        served.milliseconds += latency * weight
        latencies.add(latency, weight: weight)
        if sign > 0 { slowest = max(slowest ?? latency, latency) }
    }

    package static func += (left: inout TrafficSums, right: TrafficSums) {
        left.exchanges += right.exchanges
        left.failures += right.failures
        left.timed += right.timed
        left.milliseconds += right.milliseconds
        if let slowest = right.slowest { left.slowest = max(left.slowest ?? slowest, slowest) }
        left.flagged += right.flagged
        left.served.exchanges += right.served.exchanges
        left.served.failures += right.served.failures
        left.served.timed += right.served.timed
        left.served.milliseconds += right.served.milliseconds
        left.served.flagged += right.served.flagged
        left.latencies += right.latencies
    }
}
