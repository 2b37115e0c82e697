import AsyncHTTPClient
import CloudEvents
import EventStore
import JSON
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import RequestLoggerService
import ServiceKit
import ServiceLifecycle
import TestSupport

/// A request-logger inside the test's process, at a free port, stopped when the closure ends.
struct RunningLogger: Sendable {
    struct Answer: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let text: String
        var json: JSONValue { (try? JSONValue(parsing: text)) ?? .null }
    }

    let assembly: RequestLoggerService.Assembly
    let metrics: MetricsRegistry
    let base: String

    /// Runs `body` while the service runs.
    static func run(
        _ arguments: [String] = [],
        directory: TemporaryDirectory = TemporaryDirectory(),
        _ body: @Sendable (RunningLogger) async throws -> Void
    ) async throws {
        let context = try context(arguments, directory: directory)
        let assembly = try await RequestLoggerService.assembled(context)
        let group = ServiceGroup(
            configuration: .init(services: assembly.services.map { .init(service: $0) }, logger: context.logger)
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let address = await assembly.server.address.value
            let logger = RunningLogger(assembly: assembly, metrics: context.metrics, base: "http://\(address)")
            do { try await body(logger) } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    static func context(_ arguments: [String], directory: TemporaryDirectory) throws -> SidecarContext {
        SidecarContext(
            name: "request-logger",
            settings: try Settings(
                RequestLoggerConfiguration.keys + ProcessSettings.all(of: "request-logger"),
                arguments: ["--http-listen=127.0.0.1:0"] + arguments
            ),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            metrics: MetricsRegistry(),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            httpClient: .shared,
            stateDirectory: directory.path
        )
    }

    func get(_ path: String, headers: [String: String] = [:]) async throws -> Answer {
        try await send("GET", path, headers: headers)
    }

    @discardableResult
    func post(_ path: String, _ body: String = "", headers: [String: String] = [:]) async throws -> Answer {
        try await send("POST", path, body: Array(body.utf8), headers: headers)
    }

    /// The same without following a redirect.
    func raw(_ method: String, _ path: String, _ body: String = "", headers: [String: String]) async throws -> Answer {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let answer = try await send(method, path, body: Array(body.utf8), headers: headers, client: client)
            try await client.shutdown()
            return answer
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    func send(
        _ method: String,
        _ path: String,
        body: [UInt8]? = nil,
        headers: [String: String] = [:],
        client: HTTPClient = .shared
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: base + path)
        request.method = .RAW(value: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await client.execute(request, timeout: .seconds(20))
        let text = String(buffer: try await response.body.collect(upTo: 64 << 20))
        return Answer(status: Int(response.status.code), headers: response.headers, text: text)
    }

    /// The bytes of an answer at an address.
    func bytes(_ url: String) async throws -> [UInt8] {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(20))
        return Array(buffer: try await response.body.collect(upTo: 64 << 20))
    }

    /// Posts events as a batch and waits until they are in the store.
    func record(_ events: [CloudEvent]) async throws {
        let before = try await assembly.store.position()
        let (headers, body) = HTTPBinding.encodeBatch(events)
        let pairs = Dictionary(headers.map { ($0.name, $0.value) }) { first, _ in first }
        let answer = try await send("POST", "/", body: body, headers: pairs)
        guard answer.status == 202 else { throw Refusal(answer: answer) }
        try await waitForPosition(before + UInt64(events.count))
    }

    /// Waits until the journal has been read that far.
    func waitForPosition(_ position: UInt64) async throws {
        try await wait { try await assembly.store.position() >= position }
    }

    /// Waits until the store has grown so that `condition` holds.
    func wait(until condition: () async throws -> Bool) async throws {
        for await _ in assembly.tail.signals() where try await condition() { return }
    }

    struct Refusal: Error {
        let answer: Answer
    }
}
