import AsyncHTTPClient
import Journal
import Logging
import NIOCore
import NIOHTTP1
import ServiceKit
import ServiceLifecycle

/// Goes on with the state of replicas that are lost, and gives it back when they return.
///
/// A replica that has not answered `/livez` for `peer.takeover` is lost. Of those that are there the first in the
/// rendezvous order of its name opens its state in the shared folder, which the folder's lock allows only when its
/// process is gone, and works on it as it would have: from its last snapshot and its journal, with its outbox. Nothing
/// that it acknowledged is lost, and its verdicts have the ids and the content that they would have had.
struct StateTakeover: Service {
    private static let interval = Duration.milliseconds(250)
    private static let patience = TimeAmount.seconds(1)

    let claim: StateClaim
    let routing: PeerRouting
    let parts: DetectorParts
    let context: SidecarContext

    func run() async throws {
        let lifetime = try context.settings.value(PeerSettings.takeover)
        let held = context.metrics.gauge(
            "vedette_replica_states_held",
            "States of lost replicas that are worked on here."
        )
        held.set(0)
        let others = claim.ring.peers.indices.filter { $0 != claim.ring.own }
        await withTaskGroup(of: Void.self) { group in
            for place in others {
                group.addTask {
                    try? await cancelWhenGracefulShutdown { try await watch(place, lifetime: lifetime, held: held) }
                }
            }
        }
    }

    private func watch(_ place: Int, lifetime: Duration, held: Gauges) async throws {
        var lastSeen = ContinuousClock.now
        while !Task.isCancelled {
            routing.redirect(place, to: claim.holder(of: place))
            if await isThere(place) {
                lastSeen = .now
            } else if ContinuousClock.now - lastSeen >= lifetime, await isNext(for: place), claim.exists(place) {
                try await workOn(place, held: held)
                lastSeen = .now
            }
            try await Task.sleep(for: Self.interval)
        }
    }

    /// Works on the state of a replica until the replica wants it, or this process stops.
    private func workOn(_ place: Int, held: Gauges) async throws {
        let peer = claim.ring.peers[place]
        // Of its own, since gauges of monitors name neither replica; its events and sinks are counted there too.
        let own = SidecarContext(
            name: context.name,
            settings: context.settings,
            logger: context.logger,
            logThreshold: context.logThreshold,
            metrics: MetricsRegistry(),
            eventLoopGroup: context.eventLoopGroup,
            httpClient: context.httpClient,
            stateDirectory: claim.directory(of: place)
        )
        let lock: FolderLock
        let estate: DetectorEstate
        do {
            lock = try claim.lock(place)
            try claim.hold(place)
            estate = try await DetectorEstate(parts, context: own, readiness: Readiness(), subscribes: false)
        } catch let error as JournalError where error.code == .inUse {
            return  // it lives and is only slow, or another replica was faster
        } catch {
            context.logger.error("state cannot be taken over", metadata: ["peer": "\(peer)", "error": "\(error)"])
            return
        }
        context.logger.warning("goes on with the state of a lost replica", metadata: ["peer": "\(peer)"])
        let group = ServiceGroup(
            configuration: .init(
                services: estate.services.map { .init(service: $0, successTerminationBehavior: .ignore) },
                logger: Logger(label: context.name) { _ in SwiftLogNoOpLogHandler() }
            )
        )
        routing.adopt(place, intake: estate.line.intake)
        held.with().add(1)
        defer { held.with().add(-1) }
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                do { try await group.run() } catch {
                    context.logger.error("work on a state ended", metadata: ["peer": "\(peer)", "error": "\(error)"])
                }
            }
            while !Task.isCancelled, !claim.isWanted(place) { try? await Task.sleep(for: Self.interval) }
            routing.release(place)
            routing.redirect(place, to: nil)
            claim.leave(place)
            await group.triggerGracefulShutdown()  // what is in hand is done, and a snapshot written
            await tasks.waitForAll()
        }
        estate.line.journal.close()
        lock.release()
        context.logger.notice("gave a state back", metadata: ["peer": "\(peer)"])
    }

    /// Whether this process is the first of those that are there who would take a replica's state.
    private func isNext(for place: Int) async -> Bool {
        for other in claim.ring.order(of: "state of \(claim.ring.peers[place])") where other != place {
            if other == claim.ring.own { return true }
            if await isThere(other) { return false }
        }
        return false
    }

    private func isThere(_ place: Int) async -> Bool {
        let request = HTTPClientRequest(url: claim.ring.peers[place] + "/livez")
        guard let response = try? await context.httpClient.execute(request, timeout: Self.patience) else {
            return false
        }
        _ = try? await response.body.collect(upTo: 64 << 10)  // the connection is free when it is read
        return response.status == .ok
    }
}
