import NIOCore
import NIOPosix
import PayloadCapture
import PayloadTapService
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct `Proxy over loopback` {
    /// A tap between a client and a model that a test speaks by hand.
    private struct Bench {
        let group: MultiThreadedEventLoopGroup
        let model: LoopbackListener
        let recorder: RecordingRecorder
        let proxy: ProxyServer
        let port: Int

        init(_ limits: ProxyLimits = ProxyLimits(), recorder: RecordingRecorder = RecordingRecorder()) async throws {
            group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            model = try await LoopbackListener(group: group)
            self.recorder = recorder
            let address = UpstreamAddress(host: "127.0.0.1", port: model.port)
            proxy = try await ProxyServer(
                host: "127.0.0.1",
                port: 0,
                upstream: UpstreamConnectors(
                    both: UpstreamConnector(address: address, tls: nil, timeout: limits.connectTimeout, logger: nil)
                ),
                limits: limits,
                recorder: recorder,
                group: group
            )
            port = try #require(proxy.localAddress?.port)
        }

        func client() async throws -> LoopbackConnection { try await .connect(to: port, group: group) }

        func end() async {
            await proxy.stop()
            await model.close()
            try? await group.shutdownGracefully()
        }
    }

    private func bench(
        _ limits: ProxyLimits = ProxyLimits(),
        recorder: RecordingRecorder = RecordingRecorder(),
        _ body: (Bench) async throws -> Void
    ) async throws {
        var limits = limits
        limits.shutdownTimeout = .milliseconds(200)
        let bench = try await Bench(limits, recorder: recorder)
        do { try await body(bench) } catch {
            await bench.end()
            throw error
        }
        await bench.end()
    }

    @Test func `passes a request and its answer on and adds an id where none came`() async throws {
        try await bench { bench in
            let client = try await bench.client()
            try await client.send("POST /v2/models/m/infer HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello")
            let model = await bench.model.accept()
            let request = await model.receive(until: "hello")
            let lines = request.split(separator: "\r\n").map(String.init)
            #expect(lines[0] == "POST /v2/models/m/infer HTTP/1.1")
            #expect(lines.contains("Host: h"))
            let id = try #require(lines.first { $0.hasPrefix("X-Request-Id: ") }?.dropFirst(14))
            #expect(id.count == 36)
            #expect(lines.contains("Vedette-Tap: 1"))
            try await model.send("HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\n\r\nok")
            let answer = await client.receive(until: "\r\n\r\nok")
            #expect(answer == "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\nX-Request-Id: \(id)\r\n\r\nok")
            let exchange = try #require(await bench.recorder.next())
            #expect(exchange.requestID.text == id)
            #expect(exchange.status == 200)
            #expect(exchange.requestBody.bytes == Array("hello".utf8))
            #expect(exchange.responseBody.bytes == Array("ok".utf8))
        }
    }

    @Test func `keeps the client's own request id and uses one model connection for one request after another`()
        async throws
    {
        try await bench { bench in
            let client = try await bench.client()
            try await client.send("GET /a HTTP/1.1\r\nx-request-id: mine\r\n\r\n")
            let model = await bench.model.accept()
            #expect(
                await model.receive(until: "\r\n\r\n")
                    == "GET /a HTTP/1.1\r\nx-request-id: mine\r\nVedette-Tap: 1\r\n\r\n"
            )
            try await model.send("HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n")
            #expect(await client.receive(until: "\r\n\r\n") == "HTTP/1.1 204 No Content\r\nX-Request-Id: mine\r\n\r\n")
            try await client.send("GET /b HTTP/1.1\r\nx-request-id: mine\r\n\r\n")
            #expect(await model.receive(until: "\r\n\r\n").hasPrefix("GET /b "))
        }
    }

    @Test func `passes chunks and events as they come, in both directions`() async throws {
        try await bench { bench in
            let client = try await bench.client()
            try await client.send("POST /s HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
            let model = await bench.model.accept()
            #expect(await model.receive(until: "one\r\n").hasSuffix("3\r\none\r\n"))
            try await client.send("3\r\ntwo\r\n0\r\nT: v\r\n\r\n")
            #expect(await model.receive(until: "T: v\r\n\r\n") == "3\r\ntwo\r\n0\r\nT: v\r\n\r\n")
            try await model.send(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            try await model.send("9\r\ndata: a\n\n\r\n")
            #expect(await client.receive(until: "data: a\n\n\r\n").contains("9\r\n"))
            try await model.send("0\r\nX-Sum: 1\r\n\r\n")
            #expect(await client.receive(until: "\r\n\r\n") == "0\r\nX-Sum: 1\r\n\r\n")
            let exchange = try #require(await bench.recorder.next())
            #expect(exchange.requestBody.bytes == Array("onetwo".utf8))
            #expect(exchange.responseBody.bytes == Array("data: a\n\n".utf8))
        }
    }

    @Test func `lets a client wait for 100 Continue`() async throws {
        try await bench { bench in
            let client = try await bench.client()
            try await client.send("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
            let model = await bench.model.accept()
            #expect(await model.receive(until: "\r\n\r\n").contains("Expect: 100-continue"))
            try await model.send("HTTP/1.1 100 Continue\r\n\r\n")
            #expect(await client.receive(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            try await client.send("body")
            #expect(await model.receive(until: "body") == "body")
            try await model.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            #expect(await client.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 OK"))
        }
    }

    @Test func `answers a HEAD without a body and goes on`() async throws {
        try await bench { bench in
            let client = try await bench.client()
            try await client.send("HEAD / HTTP/1.1\r\n\r\n")
            let model = await bench.model.accept()
            _ = await model.receive(until: "\r\n\r\n")
            try await model.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
            #expect(await client.receive(until: "\r\n\r\n").contains("Content-Length: 10"))
            try await client.send("GET /next HTTP/1.1\r\n\r\n")
            #expect(await model.receive(until: "\r\n\r\n").hasPrefix("GET /next"))
        }
    }

    @Test func `relays another protocol after an upgrade, with the bytes that came early`() async throws {
        try await bench { bench in
            let client = try await bench.client()
            try await client.send("GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly")
            let model = await bench.model.accept()
            #expect(await model.receive(until: "\r\n\r\n").contains("Upgrade: echo"))
            try await model.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhi")
            #expect(await client.receive(until: "hi").hasSuffix("\r\n\r\nhi"))
            #expect(await model.receive(until: "early") == "early")
            try await client.send("GET not HTTP any more")
            #expect(await model.receive(until: "more") == "GET not HTTP any more")
            await model.close()
            #expect(await client.receiveAll() == "")
        }
    }

    @Test func `keeps an offer to upgrade to HTTP/2 to itself, so that the answer stays in sight`() async throws {
        try await bench { bench in
            let client = try await bench.client()
            try await client.send(
                "GET /a HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
                    + "x-request-id: mine\r\n\r\n"
            )
            let model = await bench.model.accept()
            #expect(
                await model.receive(until: "\r\n\r\n")
                    == "GET /a HTTP/1.1\r\nx-request-id: mine\r\nVedette-Tap: 1\r\n\r\n"
            )
        }
    }

    @Test func `answers pipelined requests in their order`() async throws {
        try await bench { bench in
            let client = try await bench.client()
            try await client.send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n")
            let model = await bench.model.accept()
            #expect(!(await model.receive(until: "\r\n\r\n").contains("/2")))
            try await model.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none")
            #expect(await model.receive(until: "\r\n\r\n").hasPrefix("GET /2"))
            try await model.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo")
            let answers = await client.receive(until: "two")
            #expect(answers.contains("one"))
        }
    }

    @Test func `opens another connection where a pooled one has gone stale`() async throws {
        try await bench { bench in
            let client = try await bench.client()
            try await client.send("POST /1 HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
            let first = await bench.model.accept()
            _ = await first.receive(until: "\r\n\r\n")
            try await first.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            _ = await client.receive(until: "\r\n\r\n")
            await first.close()
            try await client.send("POST /2 HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
            let second = await bench.model.accept()
            #expect(await second.receive(until: "\r\n\r\n").hasPrefix("POST /2"))
        }
    }

    @Test func `answers 502 where nothing listens, and says what to do`() async throws {
        try await bench { bench in
            await bench.model.close()
            let client = try await bench.client()
            try await client.send("POST /1 HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi")
            let answer = await client.receive(until: "}")
            #expect(answer.hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
            #expect(answer.contains(#""code":"upstream_gone""#))
            let exchange = try #require(await bench.recorder.next())
            #expect(exchange.status == 502)
            #expect(exchange.outcome == .upstreamGone)
            #expect(exchange.requestBody.bytes == Array("hi".utf8))
        }
    }

    @Test func `does not send a request twice that the model may have begun`() async throws {
        try await bench { bench in
            let client = try await bench.client()
            try await client.send("GET /1 HTTP/1.1\r\n\r\n")
            let model = await bench.model.accept()
            _ = await model.receive(until: "\r\n\r\n")
            await model.close()
            #expect(await client.receive(until: "}").hasPrefix("HTTP/1.1 502"))
        }
    }

    @Test func `answers 504 where the model is silent for too long`() async throws {
        var limits = ProxyLimits()
        limits.responseTimeout = .milliseconds(50)
        try await bench(limits) { bench in
            let client = try await bench.client()
            try await client.send("GET /1 HTTP/1.1\r\n\r\n")
            let model = await bench.model.accept()
            #expect(await client.receive(until: "}").hasPrefix("HTTP/1.1 504 Gateway Timeout\r\n"))
            _ = await model.receiveAll()  // returns, because the tap gave the connection up
            #expect(await bench.recorder.next()?.outcome == .upstreamSilent)
        }
    }

    @Test func `cuts the client off where the model breaks off its answer`() async throws {
        try await bench { bench in
            let client = try await bench.client()
            try await client.send("GET /1 HTTP/1.1\r\n\r\n")
            let model = await bench.model.accept()
            _ = await model.receive(until: "\r\n\r\n")
            try await model.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            _ = await client.receive(until: "half")
            await model.close()
            #expect(await client.receiveAll() == "")
            #expect(await bench.recorder.next()?.outcome == .upstreamGone)
        }
    }

    @Test func `closes the model's connection when the client leaves and records 499`() async throws {
        try await bench { bench in
            let client = try await bench.client()
            try await client.send("POST /1 HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi")
            let model = await bench.model.accept()
            _ = await model.receive(until: "hi")
            await client.close()
            _ = await model.receiveAll()
            let exchange = try #require(await bench.recorder.next())
            #expect(exchange.status == 499)
            #expect(exchange.outcome == .clientGone)
        }
    }

    @Test func `refuses a request with two lengths before the model sees a byte of it`() async throws {
        try await bench { bench in
            let client = try await bench.client()
            try await client.send("POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
            let answer = await client.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            #expect(answer.contains("ambiguous_length"))
            let next = try await bench.client()
            try await next.send("GET /ok HTTP/1.1\r\n\r\n")
            let model = await bench.model.accept()
            #expect(await model.receive(until: "\r\n\r\n").hasPrefix("GET /ok"))
        }
    }

    @Test func `passes an early answer on and closes, where the request is not complete`() async throws {
        try await bench { bench in
            let client = try await bench.client()
            try await client.send("POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\nstart")
            let model = await bench.model.accept()
            _ = await model.receive(until: "start")
            try await model.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig")
            let answer = await client.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 413"))
            #expect(answer.hasSuffix("big"))
        }
    }

    @Test func `ends an undelimited answer by closing, and says so beforehand`() async throws {
        try await bench { bench in
            let client = try await bench.client()
            try await client.send("GET / HTTP/1.1\r\nX-Request-Id: a\r\n\r\n")
            let model = await bench.model.accept()
            _ = await model.receive(until: "\r\n\r\n")
            try await model.send("HTTP/1.0 200 OK\r\n\r\nuntil the end")
            await model.close()
            let answer = await client.receiveAll()
            #expect(answer == "HTTP/1.1 200 OK\r\nX-Request-Id: a\r\nConnection: close\r\n\r\nuntil the end")
        }
    }

    @Test func `reads no more from a client than a model takes that does not read`() async throws {
        try await bench(recorder: RecordingRecorder(bodyLimit: 1000)) { bench in
            let client = try await bench.client()
            try await client.send("POST / HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n")
            let model = await bench.model.accept()
            try await model.channel.setOption(.autoRead, value: false).get()
            let block = ByteBuffer(repeating: 0x61, count: 1 << 20)
            var written = 0
            // Both kernels' buffers and the tap's own high-water mark hold a few megabytes; then a write must wait.
            for _ in 0..<60 {
                let promise = client.channel.eventLoop.makePromise(of: Void.self)
                client.channel.writeAndFlush(block, promise: promise)
                promise.futureResult.whenComplete { _ in }
                written += 1
            }
            let stuck = try await client.channel.eventLoop.flatSubmit {
                client.channel.eventLoop.scheduleTask(in: .milliseconds(300)) { client.channel.isWritable }.futureResult
            }.get()
            #expect(!stuck, "the tap took \(written) MB that the model did not read")
            await client.close()
        }
    }

    @Test func `reads no more from a model than a client takes that does not read, and goes on when it does`()
        async throws
    {
        let recorder = RecordingRecorder(bodyLimit: 1000)
        try await bench(recorder: recorder) { bench in
            let client = try await bench.client()
            try await client.channel.setOption(.autoRead, value: false).get()
            try await client.send("GET /large HTTP/1.1\r\nConnection: close\r\n\r\n")
            let model = await bench.model.accept()
            _ = await model.receive(until: "\r\n\r\n")
            let (blocks, block) = (40, ByteBuffer(repeating: 0x61, count: 1 << 20))
            try await model.send("HTTP/1.1 200 OK\r\nContent-Length: \(blocks << 20)\r\n\r\n")
            let written = (0..<blocks).map { _ in model.channel.writeAndFlush(block) }
            // Both kernels' buffers and the tap's own high-water mark hold a few megabytes; then a write must wait.
            let isWritable = try await model.channel.eventLoop.flatSubmit {
                model.channel.eventLoop.scheduleTask(in: .milliseconds(300)) { model.channel.isWritable }.futureResult
            }.get()
            #expect(!isWritable, "the tap took \(blocks) MB that the client did not read")
            try await client.channel.setOption(.autoRead, value: true).get()
            client.channel.read()
            let answer = await client.receiveAll()
            #expect(answer.utf8.count > blocks << 20)
            for write in written { try await write.get() }
            let exchange = await recorder.next()
            #expect(exchange?.responseBody.total == blocks << 20)
            #expect(exchange?.responseBody.kept == 1000)
        }
    }

    @Test func `reaches a model at a Unix domain socket`() async throws {
        let folder = TemporaryDirectory()
        let path = folder.file("model.socket")
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let model = try await LoopbackListener(group: group, socketPath: path)
        let proxy = try await ProxyServer(
            host: "127.0.0.1",
            port: 0,
            upstream: UpstreamConnectors(
                both: UpstreamConnector(
                    address: try #require(UpstreamAddress("unix:\(path)")),
                    tls: nil,
                    timeout: .seconds(5),
                    logger: nil
                )
            ),
            limits: ProxyLimits(),
            recorder: RecordingRecorder(),
            group: group
        )
        let client = try await LoopbackConnection.connect(to: try #require(proxy.localAddress?.port), group: group)
        try await client.send("POST /v2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")
        let connection = await model.accept()
        #expect(await connection.receive(until: "hi").hasPrefix("POST /v2 HTTP/1.1\r\nHost: h\r\n"))
        try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        #expect(await client.receive(until: "ok").hasPrefix("HTTP/1.1 200 OK\r\n"))
        await client.close()
        await proxy.stop()
        await model.close()
        try await group.shutdownGracefully()
    }

    @Test func `waits with stopping until the exchange in hand is over`() async throws {
        var limits = ProxyLimits()
        limits.shutdownTimeout = .seconds(30)
        let bench = try await Bench(limits)
        let client = try await bench.client()
        try await client.send("GET /slow HTTP/1.1\r\n\r\n")
        let model = await bench.model.accept()
        _ = await model.receive(until: "\r\n\r\n")
        async let stopped: Void = bench.proxy.stop()
        try await model.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
        let answer = await client.receiveAll()
        #expect(answer.hasSuffix("done"))
        await stopped
        await bench.model.close()
        try await bench.group.shutdownGracefully()
    }
}
