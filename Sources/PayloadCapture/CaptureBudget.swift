import Synchronization

/// The memory that captures may hold between them, in bytes: whoever gets nothing more of it goes without.
///
/// One atomic addition per reservation; shared by all event loops and the worker that gives back.
package final class CaptureBudget: Sendable {
    /// The bound, in bytes.
    package let limit: Int
    private let used = Atomic<Int>(0)

    package init(limit: Int) {
        self.limit = limit
    }

    /// Bytes held now.
    package var bytes: Int { used.load(ordering: .relaxed) }

    /// Takes `count` bytes, or nothing and says false.
    package func reserve(_ count: Int) -> Bool {
        let after = used.add(count, ordering: .relaxed).newValue
        if after <= limit { return true }
        used.subtract(count, ordering: .relaxed)
        return false
    }

    /// Gives `count` bytes back.
    package func release(_ count: Int) {
        used.subtract(count, ordering: .relaxed)
    }
}
