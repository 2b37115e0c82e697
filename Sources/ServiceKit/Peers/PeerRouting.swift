import CloudEvents
import ServiceLifecycle
import Synchronization

/// Where an event belongs: into the journal of this process, into that of a lost replica that this process goes on with,
/// or to another replica.
package final class PeerRouting: Service {
    /// A place of an event.
    enum Place {
        /// The journal of this process.
        case here
        /// Another door of this process.
        case adopted(EventIntake)
        /// Another replica.
        case there(PeerLine)
    }

    /// Who the replicas are.
    package let ring: PeerRing
    private let lines: [PeerLine?]
    private let state = Mutex(State())

    private struct State {
        /// The doors to the states that this process goes on with, by whose they are.
        var adopted: [Int: EventIntake] = [:]
        /// Who goes on with whose state, besides this process.
        var holders: [Int: Int] = [:]
    }

    package init(ring: PeerRing, context: SidecarContext) throws {
        self.ring = ring
        lines = try ring.peers.indices.map { place in
            place == ring.own
                ? nil : try PeerLine(to: ring.peers[place], from: ring.peers[ring.own], context: context)
        }
    }

    /// The replicas of the settings; nil for a single process.
    package convenience init?(context: SidecarContext) throws {
        guard let ring = try PeerRing(context.settings) else { return nil }
        try self.init(ring: ring, context: context)
    }

    /// Where an event belongs.
    ///
    /// Of an event that names no model by its attributes the body is not asked: its partition is that of no model.
    func place(of event: CloudEvent) -> Place {
        let owner = ring.owner(of: ExchangeIdentity(of: event).partition)
        if owner == ring.own { return .here }
        return state.withLock { state in
            if let intake = state.adopted[owner] { return .adopted(intake) }
            let holder = state.holders[owner] ?? owner
            return lines[holder].map { .there($0) } ?? .here
        }
    }

    /// Takes the events of a replica from now on, through a door of its state.
    package func adopt(_ place: Int, intake: EventIntake) { state.withLock { $0.adopted[place] = intake } }

    /// Takes them no longer.
    package func release(_ place: Int) { state.withLock { $0.adopted[place] = nil } }

    /// Sends a replica's events to whoever goes on with its state; nil to itself.
    package func redirect(_ place: Int, to holder: Int?) {
        state.withLock { $0.holders[place] = holder == ring.own ? nil : holder }
    }

    /// Carries events to the other replicas until a graceful stop.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for line in lines.compactMap({ $0 }) { group.addTask { try await line.run() } }
            if ring.peers.count == 1 { group.addTask { try? await gracefulShutdown() } }
            try await group.waitForAll()
        }
    }
}
