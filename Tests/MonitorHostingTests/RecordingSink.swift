import AsyncHTTPClient
import CloudEvents
import HTTPTypes
import Logging
import NIOPosix
import ServiceKit
import ServiceLifecycle
import Synchronization
import TestSupport

/// A sink over HTTP that writes down which events came in one request.
final class RecordingSink: Sendable {
    private let requests = Mutex<[[CloudEvent]]>([])

    /// The events of each request, in the order in which they came.
    var received: [[CloudEvent]] { requests.withLock { $0 } }

    /// Listens while `body` runs.
    func listening(_ body: @Sendable (_ url: String) async throws -> Void) async throws {
        let folder = TemporaryDirectory()
        let context = SidecarContext(
            name: "sink",
            settings: try Settings(HTTPSettings.keys(listen: "127.0.0.1:0"), arguments: []),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            metrics: MetricsRegistry(),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            httpClient: .shared,
            stateDirectory: folder.path
        )
        let route = HotRoute(.post, "/") { [self] request in
            let events = try HTTPBinding.decode(headers: request.headers, body: request.bytes)
            requests.withLock { $0.append(events) }
            return HotResponse(status: .accepted)
        }
        let server = try HTTPServer(
            context: context,
            listen: HTTPSettings.listen(default: "127.0.0.1:0"),
            hotRoutes: [route]
        )
        let group = ServiceGroup(services: [server], logger: context.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do { try await body("http://\(await server.address.value)/") } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// Waits until a condition holds of what came.
    func wait(until condition: @Sendable ([[CloudEvent]]) -> Bool) async throws {
        try await eventually(within: .seconds(10)) { condition(received) }
    }
}
