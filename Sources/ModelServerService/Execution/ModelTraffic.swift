import Synchronization

/// The requests of one model, whatever their version: how many are under way, how many there may be, how large batches of
/// them are.
package final class ModelTraffic: Sendable {
    private let underWay = Atomic<Int>(0)
    // What `serving.toml` says; -1 where it says nothing.
    private let most = Atomic<Int>(-1)
    private let rows = Atomic<Int>(-1)
    private let nanoseconds = Atomic<Int>(-1)

    package init(_ settings: ServingSettings = ServingSettings()) {
        serve(by: settings)
    }

    /// Takes other settings.
    package func serve(by settings: ServingSettings) {
        most.store(settings.concurrency ?? -1, ordering: .relaxed)
        rows.store(settings.batchRows ?? -1, ordering: .relaxed)
        nanoseconds.store(settings.batchLatency.map { Int($0 / .nanoseconds(1)) } ?? -1, ordering: .relaxed)
    }

    /// The most rows of a batch; nil for what the settings of the process say.
    var batchRows: Int? { Self.known(rows) }
    /// How long a batch may be expected to take; nil for what the settings of the process say.
    var batchNanoseconds: Int? { Self.known(nanoseconds) }

    /// How many are under way.
    package var count: Int { underWay.load(ordering: .relaxed) }

    /// Counts one more.
    ///
    /// - Parameter otherwise: How many there may be where `serving.toml` says nothing.
    /// - Returns: The limit that is reached; nil when there may be one more.
    package func enter(limit otherwise: Int) -> Int? {
        let limit = Self.known(most) ?? otherwise
        guard underWay.add(1, ordering: .relaxed).newValue > limit else { return nil }
        leave()
        return limit
    }

    package func leave() { underWay.subtract(1, ordering: .relaxed) }

    private static func known(_ value: borrowing Atomic<Int>) -> Int? {
        let value = value.load(ordering: .relaxed)
        return value < 0 ? nil : value
    }
}
