import CloudEvents
import Logging
import Monitoring

/// How the monitors are written into a snapshot, and found again: which there are, and what each remembers.
extension MonitorHost {
    private static let formatVersion: UInt32 = 1

    package func snapshot() -> [UInt8] {
        var writer = StateWriter()
        writer.write(Self.formatVersion)
        writer.write(hosted.sorted { $0.key < $1.key }) { writer, entry in
            writer.write(entry.key)
            writer.write(entry.value.origin.rawValue)
            writer.write(entry.value.key)
        }
        writer.write(retired.sorted { $0.key < $1.key }) { writer, entry in
            writer.write(entry.key)
            writer.write(entry.value)
        }
        writer.write(set.snapshot())
        let kept = keepsVerdicts ? verdicts.sorted { $0.key < $1.key }.flatMap(\.value) : []
        writer.write(kept) { $0.write(JSONFormat.encode($1)) }
        return writer.bytes
    }

    package func restore(_ snapshot: [UInt8]) throws {
        var reader = StateReader(snapshot)
        let version = try reader.read(UInt32.self)
        guard version == Self.formatVersion else {
            throw MonitoringError(
                code: .unreadableState,
                message: "the snapshot of the monitors has format version \(version)",
                remedy: "Start the build that wrote it, or remove the state directory to start as learning"
            )
        }
        let roster = try reader.readArray { reader throws(MonitoringError) in
            let name = try reader.readString()
            let origin = HostedMonitor.Origin(rawValue: try reader.readString()) ?? .folder
            return (name, HostedMonitor(origin: origin, key: try reader.readString()))
        }
        let retired = try reader.readArray { reader throws(MonitoringError) in
            (try reader.readString(), try reader.read(UInt64.self))
        }
        let state = try reader.readBytes()
        let kept = try reader.readArray { reader throws(MonitoringError) in try reader.readBytes() }

        set = MonitorSet(mappings: mappings)
        hosted = [:]
        self.retired = Dictionary(retired) { _, later in later }
        let start = Timestamp(nanoseconds: 0)  // nothing is archived: there is nothing yet
        for (name, entry) in roster {
            do {
                set.add(try monitor(named: name, from: entry.key), at: start)
                hosted[name] = entry
            } catch {
                refuse(name, origin: entry.origin, because: error)
            }
        }
        try set.restore(state)
        for (name, error) in set.unreadable {
            logger.warning("a monitor starts anew", metadata: ["detector.name": "\(name)", "error": "\(error)"])
        }
        verdicts = [:]
        keep(try kept.map { try JSONFormat.decode($0) })
        showMonitors()
    }
}
