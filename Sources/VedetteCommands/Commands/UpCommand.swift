package import ArgumentParser
import Foundation
import UnixSignals

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

    package init() {}

    package func validate() throws {
        guard (mesh == nil) != (demo == nil) else {
            throw ValidationError("Give a mesh.yaml, or --demo digits.")
        }
    }

    package func run() async throws {
        let file: URL
        if let demo {
            file = try await Demonstration(dataset: demo, directory: URL(fileURLWithPath: directory)).prepare().meshFile
        } else {
            file = URL(fileURLWithPath: mesh ?? "mesh.yaml")
        }
        let folder = file.deletingLastPathComponent()
        let description = try MeshDescription(file: file)
        let log = try MeshLog(path: folder.appendingPathComponent("mesh.log").path)
        let supervisor = MeshSupervisor(mesh: description, directory: folder, log: log, client: MeshClient())

        // Before the first process is started, so that Ctrl-C never leaves one behind.
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await supervisor.start { service in
                    print("\(service.name)\t\(service.settings["http.listen"].map { "http://\($0)" } ?? "")")
                }
                StandardError.write("vedette: the mesh is up; its log is \(log.path); Ctrl-C stops it\n")
                // Now only a signal ends the command.
                while !Task.isCancelled { try await Task.sleep(for: .seconds(3600)) }
            }
            group.addTask {
                for await _ in signals { return }
            }
            // Whichever comes first: a signal, or a start that failed.
            defer { group.cancelAll() }
            do {
                try await group.next()
            } catch {
                await supervisor.stop()
                throw error
            }
        }
        StandardError.write("vedette: stopping\n")
        await supervisor.stop()
    }
}
