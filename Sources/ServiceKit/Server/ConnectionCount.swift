import Synchronization

/// How many connections a listener has.
final class ConnectionCount: Sendable {
    private let count = Atomic<Int>(0)

    /// Counts a new one and returns how many there are with it.
    func open() -> Int { count.add(1, ordering: .relaxed).newValue }
    func close() { count.subtract(1, ordering: .relaxed) }
    var current: Int { count.load(ordering: .relaxed) }
}
