package import ArgumentParser
import Foundation

/// `vedette demo`: the whole mesh once through, on real images, with a verdict on itself.
package struct DemoCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Train, fit, start a mesh, send it phases of traffic, and check what it says of each.",
        discussion: """
            Exits with code 1 when an expectation fails. What is trained and fitted stays in --directory for the next run; \
            the mesh's state is made anew.

            Example:
              vedette demo --dataset digits --directory vedette-demo
            """
    )

    @Option(help: "digits or cifar10:DIR.")
    var dataset = DatasetReference.digits

    @Option(help: "Where models, monitors and state are kept.", completion: .directory)
    var directory = "vedette-demo"

    @Option(help: "The first of the mesh's ports; each service's own when absent.")
    var firstPort: Int?

    @Flag(help: "Leave the mesh running until Ctrl-C.")
    var keep = false

    package init() {}

    package func run() async throws {
        let folder = URL(fileURLWithPath: directory)
        // Windows, budgets and counts begin anew, so that the outcome depends on the seed and not on earlier runs.
        try? FileManager.default.removeItem(at: folder.appendingPathComponent("state"))
        try? FileManager.default.removeItem(at: folder.appendingPathComponent("mesh.log"))
        let prepared = try await Demonstration(dataset: dataset, directory: folder, firstPort: firstPort).prepare()
        let log = try MeshLog(path: folder.appendingPathComponent("mesh.log").path)
        let supervisor = MeshSupervisor(
            mesh: prepared.mesh.description,
            directory: folder,
            log: log,
            client: MeshClient()
        )
        let passed = try await InterruptibleMesh(supervisor: supervisor).run { wait in
            let run = DemoRun(prepared: prepared, client: MeshClient(), directory: folder)
            let passed = try await run.all()
            if keep {
                print("\nThe mesh stays up; Ctrl-C stops it.")
                for service in prepared.mesh.description.services {
                    print("  \(service.name)  \(service.settings["http.listen"].map { "http://\($0)" } ?? "")")
                }
                try await wait()
            }
            return passed
        }
        guard passed ?? true else { throw ExitCode(1) }
    }
}
