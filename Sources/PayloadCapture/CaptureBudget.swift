import Synchronization

/// The memory that captures may hold between them, in bytes: whoever gets nothing more of it goes without.
///
/// An exchange is not begun either while nobody downstream would keep anything of it: then a capture costs nothing.
///
/// One atomic addition per reservation; shared by all event loops and the worker that gives back.
package final class CaptureBudget: Sendable {
    /// The bound, in bytes.
    package let limit: Int
    private let used = Atomic<Int>(0)

    private let hasRoom: @Sendable () -> Bool

    /// - Parameter hasRoom: Whether a spool would keep anything of an event; asked once for each exchange.
    package init(limit: Int, hasRoom: @escaping @Sendable () -> Bool = { true }) {
        self.limit = limit
        self.hasRoom = hasRoom
    }

    /// Takes the first `count` bytes of an exchange, or nothing and says false.
    package func admit(_ count: Int) -> Bool { hasRoom() && reserve(count) }

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
