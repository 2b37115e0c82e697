import UnixSignals

/// A mesh that is up while something runs, and that a signal takes down with it.
package struct InterruptibleMesh: Sendable {
    private let supervisor: MeshSupervisor

    package init(supervisor: MeshSupervisor) {
        self.supervisor = supervisor
    }

    /// Starts the mesh, runs `body`, and stops the mesh: after `body`, on SIGINT, SIGTERM or SIGHUP, or when anything throws.
    ///
    /// - Parameters:
    ///   - each: Called when a service is ready.
    ///   - body: What needs the mesh; its argument waits until a signal comes.
    /// - Returns: What `body` returned; nil when a signal came first.
    package func run<Result: Sendable>(
        each: @escaping @Sendable (MeshDescription.Service) -> Void = { _ in },
        body: @escaping @Sendable (_ wait: @Sendable () async throws -> Void) async throws -> Result
    ) async throws -> Result? {
        // Before the first process is started, so that Ctrl-C never leaves one behind.
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let (stops, stop) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        // Listens until the mesh is down, beyond the first signal: a sequence that nobody reads gives the signals back
        // to the system, and a second one (`timeout` sends two) would end this process before its services.
        async let _: Void = {
            for await _ in signals { stop.yield() }
        }()
        let supervisor = supervisor
        do {
            let result = try await withThrowingTaskGroup(of: Result?.self) { group in
                group.addTask {
                    try await supervisor.start(each: each)
                    return try await body { try await Task.sleep(for: .seconds(1 << 30)) }
                }
                group.addTask {
                    for await _ in stops { break }
                    return nil
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
            await supervisor.stop()
            return result
        } catch {
            await supervisor.stop()
            throw error
        }
    }
}
