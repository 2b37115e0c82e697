import HTTPTypes
import JSON
import Logging
import NIOPosix
import RequestLoggerService
import ServiceKit
import ServiceLifecycle
import Synchronization
import TestSupport

/// Somebody else's server that takes what is posted, remembers it, and answers as it is told.
final class Receiver: Sendable {
    struct Call: Sendable {
        let path: String
        let headers: [String: String]
        let body: JSONValue
        let bytes: [UInt8]
    }

    private struct State {
        var calls: [Call] = []
        var answers: [Int] = []
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// What was posted, in order.
    var calls: [Call] { state.withLock { $0.calls } }

    /// Answers the next calls with these, and then 200.
    func answer(_ statuses: Int...) { state.withLock { $0.answers = statuses } }

    /// Waits until so many calls have come.
    func wait(for count: Int) async {
        while calls.count < count {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.calls.count < count { state.waiters.append(continuation) }
                    return state.calls.count >= count
                }
                if isThere { continuation.resume() }
            }
        }
    }

    private static let names = ["idempotency-key", "vedette-signature", "authorization", "ce-id", "content-type"]

    private func take(_ request: HotRequest) -> HotResponse {
        var headers: [String: String] = [:]
        for name in Self.names { headers[name] = request.header(name) }
        let call = Call(
            path: request.path,
            headers: headers,
            body: (try? JSONValue(parsing: request.bytes)) ?? .null,
            bytes: request.bytes
        )
        let (status, waiters) = state.withLock { state in
            state.calls.append(call)
            defer { state.waiters = [] }
            return (state.answers.isEmpty ? 200 : state.answers.removeFirst(), state.waiters)
        }
        for waiter in waiters { waiter.resume() }
        return HotResponse(status: HTTPResponse.Status(code: status), headers: [], body: [])
    }

    /// Runs `body` with the address of a receiver that runs.
    static func run(_ body: @Sendable (Receiver, String) async throws -> Void) async throws {
        let receiver = Receiver()
        let context = try RunningLogger.context([], directory: TemporaryDirectory())
        let server = try HTTPServer(
            context: context,
            listen: HTTPSettings.listen(default: "127.0.0.1:0"),
            hotRoutes: ["/hook", "/api/v2/alerts"].map { path in
                HotRoute(.post, path) { request in receiver.take(request) }
            }
        )
        let group = ServiceGroup(services: [server], logger: context.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let address = await server.address.value
            do { try await body(receiver, "http://\(address)") } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}
