import Synchronization

/// Whether whoever has a connection still waits at its other end.
///
/// A client that ends its half of a connection while its request is with us counts as gone, as it does for nginx and for
/// Go's server: what it does then is close.
package final class ClientPresence: Sendable {
    private let left = Atomic<Bool>(false)
    /// The IP address from which it connects; nil where nobody knows.
    package let ipAddress: String?

    package init(ipAddress: String? = nil) {
        self.ipAddress = ipAddress
    }

    /// Whether nobody reads an answer any more.
    package var isGone: Bool { left.load(ordering: .relaxed) }

    /// Says that the client has left.
    package func leave() { left.store(true, ordering: .relaxed) }
}
