package import Monitoring

/// A change of the monitors of a process, as its journal has it.
///
/// Monitors come, go and begin anew between two records and nowhere else, so a journal that is read again changes them
/// at the same places and gives the same verdicts. An artefact is named by its key in the ``ArtefactStore``.
package enum MonitorChange: Sendable, Equatable {
    /// All monitors that an owner has now, each with the key of its artefact; nil for one that is refused, whose
    /// predecessor goes on. What the owner had besides is gone.
    case roster(HostedMonitor.Origin, [String: String?])
    /// A PUT: this artefact takes the name, or the place of the one before.
    case put(String, key: String)
    /// A DELETE.
    case remove(String)
    /// All traffic is forgotten.
    case reset(String)

    private static let formatVersion: UInt8 = 1

    private enum Code {
        static let roster: UInt8 = 1
        static let put: UInt8 = 2
        static let remove: UInt8 = 3
        static let reset: UInt8 = 4
    }

    /// The payload of the record.
    package var bytes: [UInt8] {
        var writer = StateWriter()
        writer.write(Self.formatVersion)
        switch self {
        case .roster(let origin, let keys):
            writer.write(Code.roster)
            writer.write(origin.rawValue)
            writer.write(keys.sorted { $0.key < $1.key }) { writer, entry in
                writer.write(entry.key)
                writer.write(entry.value) { $0.write($1) }
            }
        case .put(let name, let key):
            writer.write(Code.put)
            writer.write(name)
            writer.write(key)
        case .remove(let name):
            writer.write(Code.remove)
            writer.write(name)
        case .reset(let name):
            writer.write(Code.reset)
            writer.write(name)
        }
        return writer.bytes
    }

    /// Reads what ``bytes`` wrote.
    ///
    /// - Throws: `.unreadableState` for a record of another format.
    package init(_ bytes: [UInt8]) throws(MonitoringError) {
        var reader = StateReader(bytes)
        let version = try reader.read(UInt8.self)
        guard version == Self.formatVersion else { throw Self.unreadable("its format version is \(version)") }
        switch try reader.read(UInt8.self) {
        case Code.roster:
            guard let origin = HostedMonitor.Origin(rawValue: try reader.readString()) else {
                throw Self.unreadable("its owner is not known")
            }
            let entries = try reader.readArray { reader throws(MonitoringError) in
                let name = try reader.readString()
                return (name, try reader.readOptional { reader throws(MonitoringError) in try reader.readString() })
            }
            self = .roster(origin, Dictionary(entries) { _, later in later })
        case Code.put: self = .put(try reader.readString(), key: try reader.readString())
        case Code.remove: self = .remove(try reader.readString())
        case Code.reset: self = .reset(try reader.readString())
        case let code: throw Self.unreadable("its code is \(code)")
        }
    }

    private static func unreadable(_ reason: String) -> MonitoringError {
        MonitoringError(
            code: .unreadableState,
            message: "a change of monitors in the journal cannot be read: \(reason)",
            remedy: "Start the build that wrote it, or remove the state directory to start as learning"
        )
    }
}
