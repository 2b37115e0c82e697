import CloudEvents
import Synchronization

/// Where senders wait for the verdict of their event, under a ticket that travels with the event.
package final class ReplyDesk: Sendable {
    private struct State {
        var next: UInt64 = 1
        var waiting: [UInt64: @Sendable (CloudEvent?) -> Void] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Waits under a new ticket; `answer` is called at most once, with nil when there is nothing to say.
    func take(answer: @escaping @Sendable (CloudEvent?) -> Void) -> UInt64 {
        state.withLock { state in
            defer { state.next += 1 }
            state.waiting[state.next] = answer
            return state.next
        }
    }

    /// Whether somebody waits under a ticket.
    func isWaiting(_ ticket: UInt64) -> Bool {
        state.withLock { $0.waiting[ticket] != nil }
    }

    /// Takes whoever waits under a ticket off the desk; nil when nobody does any more.
    func remove(_ ticket: UInt64) -> (@Sendable (CloudEvent?) -> Void)? {
        state.withLock { $0.waiting.removeValue(forKey: ticket) }
    }
}
