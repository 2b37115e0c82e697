package import ArgumentParser
import Foundation
import JSON

/// `vedette up`: the mesh on this machine, as separate processes.
package struct UpCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Start a mesh on this machine as separate processes, and keep it running.",
        discussion: """
            Starts every service of MESH in the order of the file, each after the one before is ready, restarts what \
            dies, and stops all of them on Ctrl-C or SIGTERM. One log holds every service's lines.

            Example:
              vedette up --demo digits
            """
    )

    @Argument(help: "A mesh.yaml.", completion: .file(extensions: ["yaml", "yml"]))
    var mesh: String?

    @Option(help: "Train, fit and start the demonstration on `digits`, or on `cifar10:DIR`.")
    var demo: DatasetReference?

    @Option(help: "Where the demonstration keeps its models, monitors and state.", completion: .directory)
    var directory = "vedette-demo"

    @Option(help: "The first of the demonstration's ports; each service's own when absent.")
    var firstPort: Int?

    @Option(help: "table or json.")
    var format = OutputFormat.table

    @OptionGroup
    var trust: ServerTrust

    package init() {}

    package func validate() throws {
        guard (mesh == nil) != (demo == nil) else {
            throw ValidationError("Give a mesh.yaml, or --demo digits.")
        }
    }

    package func run() async throws {
        let file: URL
        if let demo {
            let folder = URL(fileURLWithPath: directory)
            file = try await Demonstration(dataset: demo, directory: folder, firstPort: firstPort).prepare().meshFile
        } else {
            file = URL(fileURLWithPath: mesh ?? "mesh.yaml")
        }
        let folder = file.deletingLastPathComponent()
        let log = try MeshLog(path: folder.appendingPathComponent("mesh.log").path)
        let supervisor = MeshSupervisor(
            mesh: try MeshDescription(file: file),
            directory: folder,
            log: log,
            client: MeshClient(http: try trust.client())
        )
        try await InterruptibleMesh(supervisor: supervisor).run { [format] service in
            Self.show(service, format)
        } body: { wait in
            StandardError.write("vedette: the mesh is up; its log is \(log.path); Ctrl-C stops it\n")
            try await wait()
        }
        StandardError.write("vedette: the mesh is down\n")
    }

    /// Prints a service that is ready.
    private static func show(_ service: MeshDescription.Service, _ format: OutputFormat) {
        switch format {
        case .json:
            let line: JSONObject = [
                "service": .string(service.name), "executable": .string(service.executable),
                "url": service.url.map { .string($0) } ?? .null,
                "control_url": service.controlURL.map { .string($0) } ?? .null,
            ]
            print(JSONValue.object(line).text)
        case .table: print("\(service.name)\t\(service.url ?? "")")
        }
    }
}
