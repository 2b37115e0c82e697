import CloudEvents
import JSON
import Journal
import NIOPosix

/// The events that a sink will never take: JSON lines of structured events that say why, for `vedette replay`.
struct DeadLetters: Sendable {
    let path: String
    let sink: String
    let capacityBytes: Int

    /// Keeps events.
    ///
    /// - Returns: Whether there was room for them.
    func append(_ events: [CloudEvent], reason: String, code: Int?) async throws -> Bool {
        let marked = try events.map { event throws(CloudEventError) in
            var event = event
            try event.setExtension("deadletterreason", to: .string(reason))
            try event.setExtension("deadlettercode", to: code.map { .integer(Int32(clamping: $0)) })
            try event.setExtension("deadlettersink", to: .string(sink))
            return event
        }
        let lines = JSONFormat.encodeLines(marked)
        let (path, capacity) = (path, capacityBytes)
        return try await NIOThreadPool.singleton.runIfActive {
            guard LineFile.size(path) + lines.count <= capacity else { return false }
            try LineFile.append(lines, to: path)
            return true
        }
    }
}
