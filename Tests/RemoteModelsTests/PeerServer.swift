import AsyncHTTPClient
import HTTPTypes
import Logging
import NIOCore
import NIOPosix
import Prediction
import RemoteModels
import ServiceKit
import ServiceLifecycle
import Synchronization
import TestSupport

/// A model server that answers as a test says, and writes down what it was asked.
final class PeerServer: Sendable {
    /// What it was asked.
    struct Asked: Sendable {
        let method: String
        let path: String
        let headers: [String: String]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    private let asked = Mutex<[Asked]>([])
    private let answer: @Sendable (_ request: Asked, _ count: Int) async throws -> HotResponse

    /// - Parameter answer: Given the request and how many came before it.
    init(_ answer: @escaping @Sendable (_ request: Asked, _ count: Int) async throws -> HotResponse) {
        self.answer = answer
    }

    /// A server that always says the same.
    convenience init(json: String, status: Int = 200) {
        self.init { _, _ in Self.json(json, status: status) }
    }

    static func json(_ text: String, status: Int = 200, headers: [(name: String, value: String)] = []) -> HotResponse {
        HotResponse(
            status: .init(code: status),
            headers: [(name: "Content-Type", value: "application/json")] + headers,
            body: Array(text.utf8)
        )
    }

    /// All requests, in the order in which they came.
    var requests: [Asked] { asked.withLock { $0 } }

    /// Follows no redirect, as the client of a process of the mesh.
    static let client = HTTPClient(
        eventLoopGroupProvider: .singleton,
        configuration: HTTPClient.Configuration(redirectConfiguration: .disallow)
    )

    private static let paths = [
        "/v2/models/{model}/infer", "/v2/models/{model}/versions/{version}/infer", "/v1/models/{model}",
        "/v1/models/{model}/versions/{version}", "/api/v1.0/predictions", "/invocations",
    ]

    /// Listens while `body` runs on a thread that may block.
    func listening<Result: Sendable>(_ body: @escaping @Sendable (_ url: String) throws -> Result) async throws
        -> Result
    {
        let folder = TemporaryDirectory()
        let context = SidecarContext(
            name: "peer",
            settings: try Settings(HTTPSettings.keys(listen: "127.0.0.1:0"), arguments: []),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            metrics: MetricsRegistry(),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            httpClient: .shared,
            stateDirectory: folder.path
        )
        let respond: @Sendable (HotRequest) async throws -> HotResponse = { [self] request in
            let asked = Asked(
                method: request.method.rawValue,
                path: request.path,
                headers: Dictionary(request.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first },
                body: request.bytes
            )
            let count = self.asked.withLock { list in
                list.append(asked)
                return list.count - 1
            }
            return try await answer(asked, count)
        }
        let server = try HTTPServer(
            context: context,
            listen: HTTPSettings.listen(default: "127.0.0.1:0"),
            hotRoutes: Self.paths.map { HotRoute(.post, $0, answer: respond) }
                + ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"].map {
                    HotRoute(.get, $0, answer: respond)
                }
        )
        let group = ServiceGroup(services: [server], logger: context.logger)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let url = "http://\(await server.address.value)"
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await NIOThreadPool.singleton.runIfActive { try body(url) }) } catch {
                result = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return try result.get()
        }
    }
}

extension RemoteRuntime {
    /// Opens a model as `models.toml` would say it.
    func open(
        _ url: String,
        _ dialect: ModelMap.Dialect = .v2,
        schema: ModelSchema?,
        version: String? = nil,
        timeout: Duration = .seconds(10),
        maxConcurrency: Int = 4,
        tokenFile: String? = nil,
        maxRows: Int = 512
    ) throws -> any Predictor {
        try open(
            "m",
            version: version,
            url: url,
            entry: ModelMap.Entry(
                location: .url(url),
                dialect: dialect,
                timeout: timeout,
                maxConcurrency: maxConcurrency,
                tokenFile: tokenFile,
                maxRows: maxRows
            ),
            schema: schema
        )
    }
}

extension PeerServer {
    /// Runs what blocks on a thread that may.
    static func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await NIOThreadPool.singleton.runIfActive(body)
    }
}
