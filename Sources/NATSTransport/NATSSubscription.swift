/// Listens at one subject until it is let go.
package final class NATSSubscription: Sendable {
    /// What the library's callback reaches.
    private final class Listener: Sendable {
        let handler: @Sendable (NATSMessage) -> Void

        init(_ handler: @escaping @Sendable (NATSMessage) -> Void) { self.handler = handler }
    }

    /// A pointer of the library's.
    ///
    /// `@unchecked Sendable`: a pointer is not. This one never changes, and the library locks what it points to.
    private struct Pointer: @unchecked Sendable {
        let handle: OpaquePointer?
    }

    private let library: NATSLibrary
    private let subscription: Pointer

    init(
        _ library: NATSLibrary,
        _ connection: OpaquePointer?,
        _ subject: String,
        _ handler: @escaping @Sendable (NATSMessage) -> Void
    ) throws(NATSError) {
        self.library = library
        // A callback may be under way on the library's thread when the subscription is freed, so the listener stays
        // with the process: a few words for each subscription, of which a process has one or two.
        let listener = Unmanaged.passRetained(Listener(handler)).toOpaque()
        var subscription: OpaquePointer?
        let status = library.subscribe(&subscription, connection, subject, Self.arrived, listener)
        self.subscription = Pointer(handle: subscription)
        try library.check(status, "listening at \(subject)")
        // Bounded by how many are asked for, not by the library, which would drop what comes after its own bound.
        try library.check(library.setPendingLimits(subscription, -1, -1), "bounds of \(subject)")
    }

    deinit { library.freeSubscription(subscription.handle) }

    private static let arrived: NATSLibrary.MessageHandler = { _, _, message, listener in
        guard case .success(let library) = NATSLibrary.shared, let listener else { return }
        defer { library.freeMessage(message) }
        Unmanaged<Listener>.fromOpaque(listener).takeUnretainedValue().handler(NATSMessage(message, library))
    }
}
