import AsyncHTTPClient
package import Foundation
import NIOCore

/// Runs the processes of a mesh: starts them in order, restarts what dies, stops all of them.
package actor MeshSupervisor {
    /// A process that is meant to run.
    private struct Child {
        let service: MeshDescription.Service
        let process: Process
        let startedAt: ContinuousClock.Instant
        /// Failures in a row; a run of ten seconds forgives them.
        var failures = 0
    }

    private let mesh: MeshDescription
    private let directory: URL
    private let log: MeshLog
    private let client: MeshClient
    private var children: [String: Child] = [:]
    private var isStopping = false

    /// - Parameters:
    ///   - directory: Every service's working directory.
    ///   - log: Where the services' lines go.
    package init(mesh: MeshDescription, directory: URL, log: MeshLog, client: MeshClient) {
        self.mesh = mesh
        self.directory = directory
        self.log = log
        self.client = client
    }

    /// Starts every service, each after the one before answers on `/readyz`.
    ///
    /// - Parameter each: Called once a service is ready.
    /// - Throws: `CommandError` when an executable is not there, or a service ends or is not ready within `deadline`;
    ///   what was started by then is stopped.
    package func start(
        deadline: Duration = .seconds(30),
        each: @Sendable (MeshDescription.Service) -> Void
    ) async throws {
        do {
            for service in mesh.services {
                try await requireFree(service)
                try launch(service, failures: 0)
                try await waitUntilReady(service, deadline: deadline)
                each(service)
            }
        } catch {
            await stop()
            throw error
        }
    }

    /// Asks every process to stop and waits for it; what has not stopped after `patience` is killed.
    package func stop(patience: Duration = .seconds(10)) async {
        isStopping = true
        let running = children.values.map(\.process).filter(\.isRunning)
        for process in running { process.terminate() }
        let deadline = ContinuousClock.now + patience
        while running.contains(where: \.isRunning), .now < deadline {
            try? await Task.sleep(for: .milliseconds(20))
        }
        for process in running where process.isRunning {
            kill(process.processIdentifier, SIGKILL)
        }
        children.removeAll()
    }

    /// The process identifiers of what runs, by service name.
    package var processIdentifiers: [String: Int32] {
        children.mapValues(\.process.processIdentifier)
    }

    private func launch(_ service: MeshDescription.Service, failures: Int) throws {
        let process = Process()
        process.executableURL = try Self.locate(service.executable)
        process.arguments = service.arguments
        process.currentDirectoryURL = directory
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        log.follow(pipe.fileHandleForReading, as: service.name)
        let name = service.name
        process.terminationHandler = { [weak self] process in
            let status = process.terminationStatus
            // Foundation calls back on a queue of its own, outside any task.
            Task { await self?.ended(name, status: status) }
        }
        do {
            try process.run()
        } catch {
            throw CommandError.unavailable(
                "\(service.executable) could not be started: \(error.localizedDescription)",
                remedy: "Check that the file is executable"
            )
        }
        children[name] = Child(service: service, process: process, startedAt: .now, failures: failures)
    }

    private func ended(_ name: String, status: Int32) async {
        guard !isStopping, let child = children[name] else { return }
        let ranLong = ContinuousClock.now - child.startedAt > .seconds(10)
        let failures = ranLong ? 1 : child.failures + 1
        // A bad configuration does not get better by starting again.
        guard status != 78, status != 64 else {
            children[name] = nil
            log.write("stopped for good with exit code \(status)", as: name)
            return
        }
        let pause = min(0.25 * Double(1 << min(failures, 7)), 30)
        log.write("ended with exit code \(status); starts again in \(pause) s", as: name)
        try? await Task.sleep(for: .seconds(pause))
        guard !isStopping, children[name] != nil else { return }
        do {
            try launch(child.service, failures: failures)
        } catch {
            log.write("\(error)", as: name)
        }
    }

    /// Nobody may answer in the place of a service that has not been started.
    private func requireFree(_ service: MeshDescription.Service) async throws {
        guard let url = service.controlURL,
            (try? await client.send("GET", url + "/readyz", deadline: .milliseconds(100))) != nil
        else { return }
        throw CommandError.unavailable(
            "another process answers at \(url), where \(service.name) is to listen",
            remedy: "Stop that process, or give \(service.name) another address"
        )
    }

    private func waitUntilReady(_ service: MeshDescription.Service, deadline: Duration) async throws {
        let end = ContinuousClock.now + deadline
        while .now < end {
            let asked = children[service.name]
            // What answers may be another process that holds the port, while the one that was started cannot have it.
            if let asked, await isReady(asked), asked.process.isRunning,
                children[service.name]?.process === asked.process
            {
                return
            }
            if let child = children[service.name], !child.process.isRunning,
                [64, 69, 78].contains(child.process.terminationStatus)
            {
                throw CommandError(
                    message: "\(service.name) ended with exit code \(child.process.terminationStatus) while it started",
                    remedy: "Its last lines in \(log.path) say why",
                    exitCode: child.process.terminationStatus
                )
            }
            if children[service.name] == nil {
                throw CommandError.badInput(
                    "\(service.name) refused its settings",
                    remedy: "Its last lines in \(log.path) say why"
                )
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw CommandError.unavailable(
            "\(service.name) was not ready within \(deadline)",
            remedy: "Its last lines in \(log.path) say why"
        )
    }

    /// Whether a process answers that it is ready; where its description names no address, whether it has run for so long
    /// that its settings cannot have been refused.
    private func isReady(_ child: Child) async -> Bool {
        guard let url = child.service.controlURL else { return .now - child.startedAt > .seconds(1) }
        return (try? await client.status(of: url + "/readyz")) == 200
    }

    /// Looks beside this program first, so that a build folder or an installation runs what belongs together.
    private static func locate(_ executable: String) throws -> URL {
        var folders = [
            URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        ]
        if let own = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent() {
            folders.insert(own, at: 0)
        }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        folders += path.split(separator: ":").map { URL(fileURLWithPath: String($0)) }
        for folder in folders {
            let candidate = folder.appendingPathComponent(executable)
            if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
        }
        throw CommandError.unavailable(
            "the executable \(executable) is neither beside vedette nor on the PATH",
            remedy: "Build it with `swift build -c release`, or install it beside vedette"
        )
    }
}
