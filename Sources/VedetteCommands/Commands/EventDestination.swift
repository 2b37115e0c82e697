import ArgumentParser
package import CloudEvents
import Foundation
import JSON

/// Where `send` and `replay` put events, and how fast.
package struct EventDestination: ParsableArguments {
    @Option(help: "The service's URL; events are posted to it.")
    var to: String

    @Option(help: "Events a second at most; as fast as the service takes them when absent.")
    var rate: Double?

    @Option(help: "A file with the bearer token of the mesh.", completion: .file())
    var tokenFile: String?

    @Option(help: "table or json.")
    var format = OutputFormat.table

    @OptionGroup
    var trust: ServerTrust

    package init() {}

    package func validate() throws {
        let address = URL(string: to)
        guard let scheme = address?.scheme, ["http", "https"].contains(scheme), address?.host?.isEmpty == false else {
            throw ValidationError("--to \(to) is no URL. Give one such as http://127.0.0.1:8091.")
        }
        if let rate, !(rate > 0) { throw ValidationError("--rate must be more than 0 events a second.") }
    }

    /// A client that sends the token.
    ///
    /// - Throws: `CommandError` when the token's file cannot be read: nothing is sent without it.
    package func client() throws -> MeshClient {
        MeshClient(http: try trust.client(), token: try tokenFile.map(Self.token))
    }

    private static func token(inFile path: String) throws -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        } catch {
            throw CommandError.unavailable(
                "the token file \(path) cannot be read",
                remedy: "Give --token-file a file with the mesh's bearer token"
            )
        }
    }

    /// What became of the events.
    package struct Report: Sendable {
        package var accepted = 0
        package var refused: [(id: String, status: Int, answer: String)] = []

        package init() {}

        package mutating func add(_ other: Report) {
            accepted += other.accepted
            refused += other.refused
        }

        /// Prints the counts.
        ///
        /// - Throws: `CommandError` when an event was refused, after all were tried.
        package func report(as format: OutputFormat) throws {
            switch format {
            case .json:
                print(
                    JSONValue.object([
                        "accepted": .integer(Int64(accepted)), "refused": .integer(Int64(refused.count)),
                    ]).text
                )
            case .table:
                print("\(accepted) accepted, \(refused.count) refused")
            }
            guard let first = refused.first else { return }
            throw CommandError.badInput(
                "event \(first.id) was answered \(first.status): \(first.answer.prefix(200))",
                remedy: "The answer names the rule that was broken"
            )
        }
    }

    /// Sends the events in binary mode, in their order, one after the other.
    ///
    /// - Throws: `CommandError` when the service does not answer.
    package func send(_ events: [CloudEvent]) async throws -> Report {
        var report = Report()
        let client = try client()
        let start = ContinuousClock.now
        for (index, event) in events.enumerated() {
            if let rate {
                try await Task.sleep(until: start + .seconds(Double(index) / rate))
            }
            let message = HTTPBinding.encodeBinary(event)
            let answer = try await client.send("POST", to, headers: message.headers, body: message.body)
            if (200..<300).contains(answer.status) {
                report.accepted += 1
            } else {
                report.refused.append((event.id, answer.status, String(decoding: answer.body, as: UTF8.self)))
            }
        }
        return report
    }
}

extension String {
    /// The text as one value of a URL's query.
    var percentEncodedForQuery: String {
        addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~"))) ?? self
    }
}
