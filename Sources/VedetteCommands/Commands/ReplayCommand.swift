package import ArgumentParser
import CloudEvents
import JSON
import ServiceKit

/// `vedette replay`: events from the request logger to a detector, or to a whole mesh.
package struct ReplayCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Send recorded events again, to see what a new monitor would have said.",
        discussion: """
            Reads the request logger's record, oldest first, and sends each event as it was, id included.

            Example:
              vedette replay --from http://127.0.0.1:8090 --model digits \\
                --since 24h --to http://127.0.0.1:8091
            """
    )

    @Option(help: "The request logger's URL.")
    var from = "http://127.0.0.1:8090"

    @Option(help: "Only this model's events.")
    var model: String?

    @Option(help: "From this time on: RFC 3339, or a duration before now such as 24h.")
    var since: String?

    @Option(help: "Up to this time: RFC 3339, or a duration before now.")
    var until: String?

    @OptionGroup var destination: EventDestination

    package init() {}

    package func validate() throws {
        for (flag, value) in [("--since", since), ("--until", until)] {
            guard let value, !Self.isTime(value) else { continue }
            throw ValidationError(
                "\(flag) \(value) is no time. Give RFC 3339, 2026-11-29T12:00:00Z, or a duration such as 24h."
            )
        }
    }

    /// Whether the record reads it so.
    private static func isTime(_ text: String) -> Bool {
        Duration(settingText: text) != nil || (try? Timestamp(rfc3339: text)) != nil
    }

    package func run() async throws {
        let client = try destination.client()
        var sent = EventDestination.Report()
        var cursor: String?
        repeat {
            var query = ["limit=500", "order=oldest"]
            for (name, value) in [("model", model), ("since", since), ("until", until), ("cursor", cursor)] {
                if let value { query.append("\(name)=\(value.percentEncodedForQuery)") }
            }
            let page = try await client.get("\(from)/v1/events?\(query.joined(separator: "&"))")
            let events = try (page["items"]?.array ?? []).map { item in
                do {
                    return try JSONFormat.decode(item.serialized())
                } catch {
                    throw CommandError.unavailable(
                        "the record holds an event that cannot be read: \(error)",
                        remedy: "Check that \(from) is a request logger"
                    )
                }
            }
            // Verdicts, alerts and explanations are what a replay makes anew.
            sent.add(
                try await destination.send(
                    events.filter { EventType.isInferenceRequest($0.type) || EventType.isInferenceResponse($0.type) }
                )
            )
            cursor = page["next"]?.string
        } while cursor != nil
        try sent.report(as: destination.format)
    }
}
