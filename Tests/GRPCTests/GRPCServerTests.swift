import AsyncHTTPClient
import GRPC
import HTTPMessages
import HTTPTypes
import Logging
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import OpenInference
import ServiceKit
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

/// A listener with an echo, a call that waits, a stream, and one that refuses; stopped when the body is done.
private struct Listener {
    /// Answers of `/test.Service/Wait`, given by the test.
    final class Waiting: Sendable {
        let calls = Mutex<[(request: GRPCRequest, promise: EventLoopPromise<HotResponse>)]>([])
        let signal = AsyncStream<Void>.makeStream()
    }

    static let listen = SettingKey(
        "grpc.listen",
        default: ListenAddress?.some(ListenAddress(host: "127.0.0.1", port: 0)),
        "The address."
    )

    static func echo(_ request: GRPCRequest) -> HotResponse {
        HotResponse(
            status: .ok,
            headers: [(name: "Content-Type", value: "x"), (name: "X-Index", value: String(request.index))],
            body: request.request.body
        )
    }

    static func running(
        _ arguments: [String] = [],
        token: String? = nil,
        _ body: @escaping @Sendable (Int, Waiting, ServiceGroup) async throws -> Void
    ) async throws {
        let folder = TemporaryDirectory()
        var arguments = arguments
        if let token {
            folder.write(Array(token.utf8), to: "token")
            arguments.append("--auth-token-file=\(folder.file("token"))")
        }
        let settings = HTTPSettings.keys(listen: "127.0.0.1:0")
        let context = SidecarContext(
            name: "test",
            settings: try Settings(settings, arguments: arguments),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            metrics: MetricsRegistry(),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            httpClient: .shared,
            stateDirectory: folder.path
        )
        let waiting = Waiting()
        let server = try GRPCServer(
            context: context,
            listen: ListenAddress(host: "127.0.0.1", port: 0),
            key: listen,
            routes: [
                GRPCRoute("/test.Service/Echo", onLoop: { request, _ in .now(echo(request)) }),
                GRPCRoute("/test.Service/Open", isOpen: true, onLoop: { request, _ in .now(echo(request)) }),
                GRPCRoute("/test.Service/Stream", .bidirectional, onLoop: { request, _ in .now(echo(request)) }),
                GRPCRoute(
                    "/test.Service/Wait",
                    onLoop: { request, eventLoop in
                        let promise = eventLoop.makePromise(of: HotResponse.self)
                        waiting.calls.withLock { $0.append((request, promise)) }
                        waiting.signal.continuation.yield()
                        return .later(promise.futureResult)
                    }
                ),
                GRPCRoute(
                    "/test.Service/Refuse",
                    onLoop: { _, _ in
                        let busy = ServiceError(.unavailable, "größe", remedy: "wait", retryAfter: .seconds(2))
                        return .now(ErrorResponse(busy).hot)
                    }
                ),
            ]
        )
        let group = ServiceGroup(services: [server], logger: context.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body(await server.address.value.port, waiting, group)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct `The gRPC listener` {
    @Test func `answers a call with head, message and trailers`() async throws {
        try await Listener.running { port, _, _ in
            let client = try await GRPCClient(port: port)
            let answer = try await client.call(1, "/test.Service/Echo", [], framed([1, 2, 3]))
            #expect(answer.head.first(name: ":status") == "200")
            #expect(answer.head.first(name: "content-type") == "application/grpc")
            #expect(answer.head.first(name: "x-index") == "0")
            #expect(answer.body == framed([1, 2, 3]))
            #expect(answer.status == "0" && answer.message == nil)
            await client.close()
        }
    }

    @Test func `tells a route's refusal by status, message, code, remedy and when to come again`() async throws {
        try await Listener.running { port, _, _ in
            let client = try await GRPCClient(port: port)
            let answer = try await client.call(1, "/test.Service/Refuse", [], framed([]))
            #expect(answer.status == "14" && answer.message == "gr%C3%B6%C3%9Fe")
            #expect(answer.head.first(name: "error-code") == "unavailable")
            #expect(answer.head.first(name: "error-remedy") == "wait")
            #expect(answer.head.first(name: "grpc-retry-pushback-ms") == "2000")
            await client.close()
        }
    }

    @Test func `answers a stream's messages in their order`() async throws {
        try await Listener.running { port, _, _ in
            let client = try await GRPCClient(port: port)
            try await client.begin(1, "/test.Service/Stream")
            // More than the windows of stream and connection hold at a time.
            let messages = (0..<600).map { framed(Array(repeating: UInt8(truncatingIfNeeded: $0), count: $0 * 30)) }
            for message in messages { try await client.data(1, message, ends: false) }
            try await client.data(1, [])
            let answer = await client.answer(1)
            #expect(answer.body == messages.flatMap { $0 })
            #expect(answer.status == "0")
            await client.close()
        }
    }

    @Test(arguments: ["gzip", "deflate"])
    func `inflates messages, and compresses answers as their calls were`(encoding: String) async throws {
        try await Listener.running { port, _, _ in
            let client = try await GRPCClient(port: port)
            let plain = [UInt8](repeating: 7, count: 10_000)
            let small = Compression.deflate(plain, as: encoding == "gzip" ? .gzip : .zlib)
            let answer = try await client.call(
                1,
                "/test.Service/Echo",
                [("grpc-encoding", encoding)],
                framed(small, flag: 1)
            )
            #expect(answer.status == "0" && answer.head.first(name: "grpc-encoding") == encoding)
            #expect(answer.body.first == 1)
            #expect(try Compression.inflate(Array(answer.body.dropFirst(5)), limit: 10_000) == plain)
            await client.close()
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var path = "/test.Service/Echo"
        var headers: [(String, String)] = []
        var bytes: [UInt8]
        var status: String
    }

    static let refusals = [
        Refusal(testDescription: "an unknown method", path: "/test.Service/Nothing", bytes: framed([]), status: "12"),
        Refusal(testDescription: "no message", bytes: [], status: "3"),
        Refusal(testDescription: "two messages", bytes: framed([1]) + framed([2]), status: "3"),
        Refusal(testDescription: "a message cut short", bytes: Array(framed([1, 2]).dropLast()), status: "3"),
        Refusal(testDescription: "a broken flag", bytes: [9, 0, 0, 0, 0], status: "3"),
        Refusal(testDescription: "a message over the limit", bytes: [0, 0, 0, 4, 1], status: "8"),
        Refusal(
            testDescription: "a message that inflates beyond the limit",
            headers: [("grpc-encoding", "gzip")],
            bytes: framed(Compression.deflate([UInt8](repeating: 0, count: 2000), as: .gzip), flag: 1),
            status: "8"
        ),
        Refusal(
            testDescription: "a compression that is none",
            headers: [("grpc-encoding", "gzip")],
            bytes: framed([1, 2, 3], flag: 1),
            status: "3"
        ),
        Refusal(
            testDescription: "an unknown compression",
            headers: [("grpc-encoding", "snappy")],
            bytes: framed([1]),
            status: "12"
        ),
        Refusal(
            testDescription: "an unreadable deadline",
            headers: [("grpc-timeout", "soon")],
            bytes: framed([1]),
            status: "3"
        ),
    ]

    @Test(arguments: refusals)
    func `refuses by its status, and goes on`(refusal: Refusal) async throws {
        try await Listener.running(["--http-body-limit-bytes=1024"]) { port, _, _ in
            let client = try await GRPCClient(port: port)
            let answer = try await client.call(1, refusal.path, refusal.headers, refusal.bytes)
            #expect(answer.status == refusal.status, "\(answer)")
            #expect(answer.message?.isEmpty == false)
            let next = try await client.call(3, "/test.Service/Echo", [], framed([5]))
            #expect(next.status == "0")
            await client.close()
        }
    }

    @Test func `answers what is no gRPC as HTTP has it`() async throws {
        try await Listener.running { port, _, _ in
            let client = try await GRPCClient(port: port)
            let type = try await client.call(1, "/test.Service/Echo", [("content-type", "application/json")], [])
            #expect(type.head.first(name: ":status") == "415")
            let method = try await client.call(3, "/test.Service/Echo", [(":method", "GET")], [])
            #expect(method.head.first(name: ":status") == "405")
            await client.close()
        }
    }

    @Test func `asks for the token, but not of probes`() async throws {
        try await Listener.running(token: "secret") { port, _, _ in
            let client = try await GRPCClient(port: port)
            #expect(try await client.call(1, "/test.Service/Echo", [], framed([])).status == "16")
            let wrong = [("authorization", "Bearer wrong")]
            #expect(try await client.call(3, "/test.Service/Echo", wrong, framed([])).status == "16")
            #expect(try await client.call(5, "/test.Service/Nothing", wrong, framed([])).status == "16")
            let right = [("authorization", "Bearer secret")]
            #expect(try await client.call(7, "/test.Service/Echo", right, framed([])).status == "0")
            #expect(try await client.call(9, "/test.Service/Open", [], framed([])).status == "0")
            await client.close()
        }
    }

    @Test func `ends a call at its deadline, and tells whoever works for it`() async throws {
        try await Listener.running { port, waiting, _ in
            let client = try await GRPCClient(port: port)
            try await client.begin(1, "/test.Service/Wait", [("grpc-timeout", "2S")], message: framed([]))
            let answer = await client.answer(1)
            #expect(answer.status == "4")
            let (request, promise) = try #require(waiting.calls.withLock { $0.first })
            #expect(request.life.isOver)
            promise.succeed(Listener.echo(request))  // too late, and harmless
            #expect(try await client.call(3, "/test.Service/Echo", [], framed([])).status == "0")
            await client.close()
        }
    }

    @Test func `tells whoever works for a call that its client has cancelled it`() async throws {
        try await Listener.running { port, waiting, _ in
            let client = try await GRPCClient(port: port)
            try await client.begin(1, "/test.Service/Wait")
            try await client.data(1, framed([]))
            for await _ in waiting.signal.stream { break }
            try await client.send(1, .rstStream(.cancel))
            // Behind it on the connection, so its answer says that the reset has been seen.
            #expect(try await client.call(3, "/test.Service/Echo", [], framed([])).status == "0")
            let (request, promise) = try #require(waiting.calls.withLock { $0.first })
            #expect(request.life.isOver)
            promise.succeed(Listener.echo(request))
            await client.close()
        }
    }

    @Test func `refuses a message that does not come to its end in time`() async throws {
        try await Listener.running(["--http-request-timeout=100ms"]) { port, _, _ in
            let client = try await GRPCClient(port: port)
            try await client.begin(1, "/test.Service/Echo")
            try? await client.data(1, [0, 0], ends: false)  // the stream may be over already
            #expect(await client.answer(1).status == "4")
            await client.close()
        }
    }

    @Test func `answers calls under way when it stops, says goodbye and closes`() async throws {
        try await Listener.running { port, waiting, group in
            let client = try await GRPCClient(port: port)
            try await client.begin(1, "/test.Service/Wait")
            try await client.data(1, framed([4]))
            for await _ in waiting.signal.stream { break }
            await group.triggerGracefulShutdown()
            let (request, promise) = try #require(waiting.calls.withLock { $0.first })
            promise.succeed(Listener.echo(request))
            let answer = await client.answer(1)
            #expect(answer.status == "0" && answer.body == framed([4]))
            let codes = await client.goodbyes()
            // A window that the client opens behind the last call may cross the end, which the library takes ill.
            #expect(codes.first == .noError)
        }
    }

    @Test func `bears hostile connections, and serves the others`() async throws {
        try await Listener.running { port, _, _ in
            // Streams that are reset as soon as they are begun.
            let flood = try await GRPCClient(port: port)
            for stream in 0..<2500 {
                guard (try? await flood.begin(2 * stream + 1, "/test.Service/Wait")) != nil,
                    (try? await flood.send(2 * stream + 1, .rstStream(.cancel))) != nil
                else { break }
            }
            #expect(await flood.goodbyes().contains(.enhanceYourCalm))
            // No HTTP/2 at all.
            let garbage = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: port).get()
            try await garbage.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
            try await garbage.closeFuture.get()
            let client = try await GRPCClient(port: port)
            // A head that is longer than anybody's; behind an answer, by when the server's settings allow such a frame.
            #expect(try await client.call(1, "/test.Service/Echo", [], framed([])).status == "0")
            try await client.begin(3, "/test.Service/Echo", [("x-long", String(repeating: "x", count: 40_000))])
            #expect(await client.goodbyes().isEmpty == false)
            let other = try await GRPCClient(port: port)
            #expect(try await other.call(1, "/test.Service/Echo", [], framed([])).status == "0")
            await other.close()
        }
    }
}
