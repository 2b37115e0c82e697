package import ArgumentParser
import Foundation
import JSON

/// `vedette status`: how the mesh is.
package struct StatusCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show whether each service is ready, what its monitors say, and which alerts are open.",
        discussion: """
            Example:
              vedette status vedette-demo/mesh.yaml
            """
    )

    @Argument(help: "The mesh.yaml that was started.", completion: .file(extensions: ["yaml", "yml"]))
    var mesh = "vedette-demo/mesh.yaml"

    @Option(help: "A file with the bearer token of the mesh.", completion: .file())
    var tokenFile: String?

    @OptionGroup
    var trust: ServerTrust

    @Option(help: "table or json.")
    var format = OutputFormat.table

    package init() {}

    /// What one service says of itself.
    private struct ServiceStatus {
        let name: String
        let url: String
        let isLogger: Bool
        let isReady: Bool
        let version: String
        let monitors: [JSONValue]
        let openAlerts: [JSONValue]
    }

    package func run() async throws {
        let description = try MeshDescription(file: URL(fileURLWithPath: mesh))
        let token = try tokenFile.map {
            try String(contentsOfFile: $0, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let client = MeshClient(http: try trust.client(), token: token)
        var statuses: [ServiceStatus] = []
        for service in description.services {
            guard let url = service.controlURL else { continue }
            statuses.append(try await status(of: service, at: url, client: client))
        }
        switch format {
        case .json:
            for status in statuses {
                print(
                    JSONValue.object([
                        "service": .string(status.name), "url": .string(status.url), "ready": .bool(status.isReady),
                        "version": .string(status.version), "monitors": .array(status.monitors),
                        "open_alerts": .array(status.openAlerts),
                    ]).text
                )
            }
        case .table:
            printTables(statuses)
        }
        guard statuses.allSatisfy(\.isReady) else {
            throw CommandError.unavailable(
                "a service is not ready",
                remedy: "Its lines in mesh.log say why; start the mesh with `vedette up`"
            )
        }
    }

    private func status(of service: MeshDescription.Service, at url: String, client: MeshClient) async throws
        -> ServiceStatus
    {
        let isReady = (try? await client.status(of: url + "/readyz")) == 200
        func list(_ path: String) async -> [JSONValue] {
            guard isReady, let page = try? await client.get(url + path) else { return [] }
            return page["items"]?.array ?? []
        }
        let isDetector = service.executable.hasSuffix("-detector")
        let isLogger = service.executable == "request-logger"
        return ServiceStatus(
            name: service.name,
            url: url,
            isLogger: isLogger,
            isReady: isReady,
            version: isReady ? (try? await client.get(url + "/version"))?["version"]?.string ?? "?" : "",
            monitors: isDetector ? await list("/v1/monitors") : [],
            openAlerts: isLogger ? await list("/v1/alerts?state=open") : []
        )
    }

    private func printTables(_ statuses: [ServiceStatus]) {
        var services = TextTable(header: ["service", "state", "version", "url"])
        for status in statuses {
            services.append([status.name, status.isReady ? "ready" : "not ready", status.version, status.url])
        }
        print(services.text)
        let monitors = statuses.flatMap(\.monitors)
        if !monitors.isEmpty {
            var table = TextTable(header: ["monitor", "model", "method", "status"])
            for monitor in monitors {
                table.append(["name", "model", "method", "status"].map { monitor[$0]?.string ?? "" })
            }
            print("\n" + table.text)
        }
        let alerts = statuses.flatMap(\.openAlerts)
        let isKnown = statuses.contains { $0.isLogger && $0.isReady }
        print(
            !isKnown ? "\nalerts are not known: no request-logger is ready" : alerts.isEmpty ? "\nno open alerts" : ""
        )
        for alert in alerts {
            print(
                "● \(alert["severity"]?.string ?? "") \(alert["kind"]?.string ?? "") \(alert["model"]?.string ?? ""): \(alert["summary"]?.string ?? "")"
            )
        }
    }
}
