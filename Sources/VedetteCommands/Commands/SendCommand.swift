package import ArgumentParser
import CloudEvents
import Foundation

/// `vedette send`: events from a file to the mesh.
package struct SendCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Send the events of a file to a service: exports, dead letters, or your own.",
        discussion: """
            The file holds JSON lines, each a structured CloudEvent. An event keeps its id, so a service that has seen it \
            drops it.

            Example:
              vedette send --input events.jsonl --to http://127.0.0.1:8091 --rate 100
            """
    )

    @Option(help: "A file of JSON lines, or - for standard input.", completion: .file(extensions: ["jsonl"]))
    var input: String

    @OptionGroup var destination: EventDestination

    package init() {}

    package func run() async throws {
        let bytes: [UInt8]
        do {
            bytes =
                input == "-"
                ? Array(FileHandle.standardInput.readDataToEndOfFile())
                : Array(try Data(contentsOf: URL(fileURLWithPath: input)))
        } catch {
            throw CommandError.unavailable("\(input) cannot be read", remedy: "Give a file of JSON lines")
        }
        let events: [CloudEvent]
        do throws(CloudEventError) {
            events = try JSONFormat.decodeLines(bytes)
        } catch {
            throw CommandError.badInput(
                "\(input), \(error.message)",
                remedy: "Nothing was sent. Each line is a structured CloudEvent: correct this one, or remove it"
            )
        }
        try await destination.send(events).report(as: destination.format)
    }
}
