import AsyncHTTPClient
import Logging
import NIOPosix
import ServiceKit
import ServiceLifecycle
import TestSupport

/// A context with settings of the test's own, state in a folder of its own, and a silent log.
struct TestContext {
    let folder: TemporaryDirectory
    let context: SidecarContext

    /// Follows no redirect, as that of a process of the mesh.
    private static let client = HTTPClient(
        eventLoopGroupProvider: .singleton,
        configuration: HTTPClient.Configuration(redirectConfiguration: .disallow)
    )

    init(_ settings: [any Setting], _ arguments: [String] = [], folder: TemporaryDirectory = TemporaryDirectory())
        throws
    {
        self.folder = folder
        context = SidecarContext(
            name: "test",
            settings: try Settings(settings, arguments: arguments),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            metrics: MetricsRegistry(),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            httpClient: Self.client,
            stateDirectory: folder.path
        )
    }

    /// Runs services while `body` does, then stops them gracefully and waits for them.
    func running<Result: Sendable>(
        _ services: [any Service],
        _ body: @escaping @Sendable (ServiceGroup) async throws -> Result
    ) async throws -> Result {
        let group = ServiceGroup(services: services, logger: context.logger)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let result: Result
            do {
                result = try await body(group)
            } catch {
                tasks.cancelAll()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return result
        }
    }
}

/// A door that is shut until somebody opens it.
actor Gate {
    private var isOpen = false
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var arrived = 0
    private var arrivalWaiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

    func pass() async {
        arrived += 1
        for waiter in arrivalWaiters where waiter.count <= arrived { waiter.continuation.resume() }
        arrivalWaiters.removeAll { $0.count <= arrived }
        if isOpen { return }
        await withCheckedContinuation { waiters.append($0) }
    }

    func open() {
        isOpen = true
        for waiter in waiters { waiter.resume() }
        waiters = []
    }

    /// Returns when so many have come to the door.
    func waitForArrivals(_ count: Int) async {
        guard arrived < count else { return }
        await withCheckedContinuation { arrivalWaiters.append((count, $0)) }
    }
}
