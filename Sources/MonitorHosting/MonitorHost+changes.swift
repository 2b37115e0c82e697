import CloudEvents
import Logging
import Methods
package import Monitoring
import ServiceKit

/// How monitors come, go and begin anew.
extension MonitorHost {
    /// Takes a monitor that a change will name: the door lets its events in from now on.
    package func prepare(_ monitor: Monitor, key: String) {
        prepared[Preparation(name: monitor.name, key: key)] = monitor
        refusals[monitor.name] = nil
        store.settle(key)
        watchList.add(WatchList.Traffic(monitor.selection))
    }

    /// Notes that an artefact was refused; what ran under its name goes on.
    package func refuse(_ name: String, origin: HostedMonitor.Origin, because error: any Error) {
        logger.error("monitor refused", metadata: ["detector.name": "\(name)", "error": "\(error)"])
        refusals[name] = MonitorRefusal(origin: origin, error: error)
    }

    /// Notes that the copy of a monitor's artefact had gone bad, and was made anew from the monitor's folder.
    package func noteReplacedCopy(of name: String, key: String, because error: any Error) {
        logger.warning(
            "copy of an artefact was damaged and is made anew",
            metadata: ["detector.name": "\(name)", "artefact": "\(key)", "error": "\(error)"]
        )
    }

    /// Forgets what was refused under names that the owner has no more.
    ///
    /// Refusals are of this process: a journal that is read again neither knows nor forgets them.
    package func forgetRefusals(of origin: HostedMonitor.Origin, besides names: Set<String>) {
        refusals = refusals.filter { $0.value.origin != origin || names.contains($0.key) }
    }

    /// Forgets what was refused under a name.
    package func forgetRefusal(_ name: String) { refusals[name] = nil }

    func make(_ change: MonitorChange, position: UInt64, at time: Timestamp) {
        switch change {
        case .roster(let origin, let keys):
            for (name, key) in keys.sorted(by: { $0.key < $1.key }) {
                if let key { run(name, HostedMonitor(origin: origin, key: key), position: position, at: time) }
            }
            let known = Set(keys.keys)
            let gone = hosted.filter { $0.value.origin == origin && !known.contains($0.key) }.keys.sorted()
            for name in gone { take(name, position: position, at: time) }
            FreedMemory.giveBack()
        case .put(let name, let key):
            run(name, HostedMonitor(origin: .uploaded, key: key), position: position, at: time)
        case .remove(let name):
            take(name, position: position, at: time)
        case .reset(let name):
            do { try set.reset(name) } catch {
                logger.warning("there was no monitor to reset", metadata: ["detector.name": "\(name)"])
            }
            if let monitor = set.monitors[name] { gauges.show(monitor) }
        }
        showMonitors()
    }

    /// Lets a monitor run, in the place of the one of its name.
    private func run(_ name: String, _ new: HostedMonitor, position: UInt64, at time: Timestamp) {
        defer { prepared[Preparation(name: name, key: new.key)] = nil }
        do {
            try requireOwner(new.origin, of: name)
            guard hosted[name] != new else { return }
            let monitor = try monitor(named: name, from: new.key)
            set.add(monitor, at: time)
            retire(hosted.updateValue(new, forKey: name)?.key, at: position)
            logger.notice(
                "monitor runs",
                metadata: [
                    "detector.name": "\(name)", "model.name": "\(monitor.selection.model)",
                    "method": "\(monitor.fitted.configuration.method)", "config.hash": "\(monitor.fitted.configHash)",
                ]
            )
        } catch {
            refuse(name, origin: new.origin, because: error)
        }
    }

    /// Takes a monitor out; its state is kept for seven days.
    private func take(_ name: String, position: UInt64, at time: Timestamp) {
        set.remove(name, at: time)
        retire(hosted.removeValue(forKey: name)?.key, at: position)
        verdicts[name] = nil
        logger.notice("monitor removed", metadata: ["detector.name": "\(name)"])
    }

    private func retire(_ key: String?, at position: UInt64) {
        if let key, !hosted.values.contains(where: { $0.key == key }) { retired[key] = position }
    }

    /// The monitor of an artefact: the one that is prepared, or read anew for a journal that is read again.
    func monitor(named name: String, from key: String) throws -> Monitor {
        if let monitor = prepared[Preparation(name: name, key: key)] { return monitor }
        return try loader.monitor(named: name, from: try store.read(key))
    }

    /// Removes the copies of artefacts that nobody asks for any more.
    package func tidy() {
        let keys = Set(hosted.values.map(\.key)).union(retired.keys).union(prepared.keys.map(\.key))
        do { try store.keepOnly(keys) } catch {
            logger.debug("an artefact cannot be removed now", metadata: ["error": "\(error)"])
        }
    }

    func showMonitors() {
        gauges.showOnly(set.monitors.values)
        let monitors = Array(set.monitors.values) + prepared.values
        watchList.set(monitors.map { WatchList.Traffic($0.selection) })
    }

    /// - Throws: ``ServiceError`` 409 for a name that somebody else owns.
    package func requireOwner(_ origin: HostedMonitor.Origin, of name: String) throws {
        guard let owner = hosted[name]?.origin ?? refusals[name]?.origin, owner != origin else { return }
        throw ServiceError(
            .conflict,
            owner == .folder ? "the watched folder owns the monitor \(name)" : "a PUT owns the monitor \(name)",
            remedy: owner == .folder
                ? "Change it there, or choose another name"
                : "DELETE /v1/monitors/\(name) first, or choose another name"
        )
    }
}
