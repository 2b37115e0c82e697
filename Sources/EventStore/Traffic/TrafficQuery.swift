package import CloudEvents

/// How a time is divided to count exchanges in.
package struct TrafficQuery: Sendable, Hashable {
    package var namespace: String?
    package var model: String?
    /// Where the first step begins.
    package var since: Timestamp
    /// How long a step is, at least 1 ms.
    package var step: Duration
    /// How many steps there are, at least 1.
    package var count: Int

    package init(namespace: String? = nil, model: String? = nil, since: Timestamp, step: Duration, count: Int) {
        precondition(step >= .milliseconds(1) && count >= 1, "steps have a length and a number")
        self.namespace = namespace
        self.model = model
        self.since = since
        self.step = step
        self.count = count
    }

    /// Where the last step ends.
    package var until: Timestamp { since + step * count }
}

/// The recorded exchanges of one model version that began within one step of a ``TrafficQuery``.
///
/// Where a tap samples, ``served`` reckons with what was not recorded: every exchange counts as often as its `sampledrate`
/// says.
package struct TrafficStep: Sendable, Hashable {
    package var namespace: String
    package var model: String
    package var version: String
    /// Which step, from 0.
    package var index: Int
    package var exchanges: Int
    /// Those whose response has a status of 400 or more.
    package var failures: Int
    /// Those with a latency on record.
    package var timed: Int
    /// The sum of the latencies on record, in milliseconds.
    package var milliseconds: Double
    /// The greatest of them; nil when there is none.
    package var slowest: Double?
    /// Those that a verdict flagged as outlier or adversarial.
    package var flagged: Int
    /// The same of all exchanges that were served, as far as the recorded ones tell.
    package var served: Served

    /// Counts of exchanges, recorded or not: what rates, shares and means are made of.
    package struct Served: Sendable, Hashable {
        package var exchanges: Double
        package var failures: Double
        package var timed: Double
        package var milliseconds: Double
        package var flagged: Double

        package init(exchanges: Double, failures: Double, timed: Double, milliseconds: Double, flagged: Double) {
            self.exchanges = exchanges
            self.failures = failures
            self.timed = timed
            self.milliseconds = milliseconds
            self.flagged = flagged
        }
    }

    /// - Parameter served: What the exchanges stand for; nil where each stands for itself.
    package init(
        namespace: String,
        model: String,
        version: String,
        index: Int,
        exchanges: Int,
        failures: Int,
        timed: Int,
        milliseconds: Double,
        slowest: Double?,
        flagged: Int,
        served: Served? = nil
    ) {
        self.namespace = namespace
        self.model = model
        self.version = version
        self.index = index
        self.exchanges = exchanges
        self.failures = failures
        self.timed = timed
        self.milliseconds = milliseconds
        self.slowest = slowest
        self.flagged = flagged
        self.served =
            served
            ?? Served(
                exchanges: Double(exchanges),
                failures: Double(failures),
                timed: Double(timed),
                milliseconds: milliseconds,
                flagged: Double(flagged)
            )
    }
}
