import NIOCore
import Synchronization

/// The connections of a listener: no more than a limit, told to end when the listener stops, and waited for.
final class GRPCConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isStopping = false
        /// Who waits until there is none.
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes in a new connection; whether there may be one more.
    func open(_ channel: any Channel) -> Bool {
        state.withLock { state in
            guard state.channels.count < limit, !state.isStopping else { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
    }

    func close(_ channel: any Channel) {
        let waiter = state.withLock { state in
            state.channels.removeValue(forKey: ObjectIdentifier(channel))
            return Self.takeWaiter(&state)
        }
        waiter?.resume()
    }

    /// Asks every connection to end when the calls under way on it are answered; takes in no more.
    func stop() {
        for channel in channelsOfStop() { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }

    /// Ends every connection, whatever is under way on it; takes in no more.
    func closeAll() {
        for channel in channelsOfStop() { channel.close(promise: nil) }
    }

    /// Waits until there is no connection after ``stop()`` or ``closeAll()``; for one waiter.
    func ended() async {
        await withCheckedContinuation { continuation in
            let waiter = state.withLock { state in
                state.waiter = continuation
                return Self.takeWaiter(&state)
            }
            waiter?.resume()
        }
    }

    private func channelsOfStop() -> [any Channel] {
        let (channels, waiter) = state.withLock { state in
            state.isStopping = true
            return (Array(state.channels.values), Self.takeWaiter(&state))
        }
        waiter?.resume()
        return channels
    }

    private static func takeWaiter(_ state: inout State) -> CheckedContinuation<Void, Never>? {
        guard state.isStopping, state.channels.isEmpty else { return nil }
        defer { state.waiter = nil }
        return state.waiter
    }
}
