import HTTPMessages
import NIOCore
import NIOPosix
import PayloadCapture
import PayloadTapService
import Testing

@Suite(.timeLimit(.minutes(1)))
struct `Proxy of HTTP2 over loopback` {
    /// A tap between a client and a model that a test speaks frame by frame.
    private struct Bench {
        let group: MultiThreadedEventLoopGroup
        let listener: LoopbackListener
        let recorder: RecordingRecorder
        let proxy: ProxyServer
        let client: FramePeer

        init(_ limits: ProxyLimits) async throws {
            group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            listener = try await LoopbackListener(group: group)
            recorder = RecordingRecorder()
            proxy = try await ProxyServer(
                host: "127.0.0.1",
                port: 0,
                upstream: UpstreamConnectors(
                    both: UpstreamConnector(
                        address: UpstreamAddress(host: "127.0.0.1", port: listener.port),
                        tls: nil,
                        timeout: limits.connectTimeout,
                        logger: nil
                    )
                ),
                limits: limits,
                recorder: recorder,
                group: group
            )
            let port = try #require(proxy.localAddress?.port)
            client = FramePeer(try await .connect(to: port, group: group), hearing: .server)
        }

        func end() async {
            await client.connection.close()
            await proxy.stop()
            await listener.close()
            try? await group.shutdownGracefully()
        }

        /// The model's end of the client's connection.
        func model() async -> FramePeer { FramePeer(await listener.accept(), hearing: .client) }
    }

    private func bench(_ change: (inout ProxyLimits) -> Void = { _ in }, _ body: (Bench) async throws -> Void)
        async throws
    {
        var limits = ProxyLimits()
        limits.shutdownTimeout = .milliseconds(200)
        change(&limits)
        let bench = try await Bench(limits)
        do { try await body(bench) } catch {
            await bench.end()
            throw error
        }
        await bench.end()
    }

    private let ok: [(String, String)] = [(":status", "200"), ("content-type", "application/grpc")]

    @Test func `passes a call and its trailers on, adds an id both ways, and captures both bodies`() async throws {
        try await bench { bench in
            try await bench.client.send(FramePeer.start, FramePeer.call(1), FramePeer.data(1, "ask", ends: true))
            let model = await bench.model()
            let request = try await model.nextHeaders()
            let id = try #require(request.section["x-request-id"])
            #expect(request.section.path == "/s/M" && request.section["te"] == "trailers")
            #expect(request.section["vedette-tap"] == "1")
            #expect(try await model.nextData(1) == "ask")
            try await model.send(FramePeer.settings, FramePeer.headers(1, ok), FramePeer.data(1, "ans"))
            let head = try await bench.client.nextHeaders()
            #expect(head.section.status == 200 && head.section["x-request-id"] == id)
            #expect(try await bench.client.nextData(1, until: "ans") == "ans")
            try await model.send(FramePeer.data(1, "wer"), FramePeer.headers(1, [("grpc-status", "0")], ends: true))
            #expect(try await bench.client.nextData(1, until: "wer") == "wer")
            let trailers = try await bench.client.nextHeaders()
            #expect(trailers.endsStream && trailers.section["grpc-status"] == "0")
            #expect(trailers.section["x-request-id"] == nil)
            let exchange = try #require(await bench.recorder.next())
            #expect(exchange.requestID.text == id && exchange.target == "/s/M")
            #expect(exchange.status == 200 && exchange.grpcStatus == .ok && exchange.outcome == .answered)
            #expect(exchange.requestBody.bytes == Array("ask".utf8))
            #expect(exchange.responseBody.bytes == Array("answer".utf8))
        }
    }

    @Test func `keeps streams of one connection apart, however they are interleaved`() async throws {
        try await bench { bench in
            let named = { (id: String) in [("x-request-id", id)] }
            try await bench.client.send(
                FramePeer.start,
                FramePeer.call(1, named("one")),
                FramePeer.call(3, named("three")),
                FramePeer.data(3, "c"),
                FramePeer.data(1, "a", ends: true),
                FramePeer.data(3, "d", ends: true)
            )
            let model = await bench.model()
            #expect(try await model.nextHeaders().section["x-request-id"] == "one")
            #expect(try await model.nextHeaders().section["x-request-id"] == "three")
            try await model.send(
                FramePeer.settings,
                FramePeer.headers(3, ok),
                FramePeer.headers(1, ok),
                FramePeer.data(3, "C"),
                FramePeer.data(1, "A"),
                FramePeer.data(3, "D"),
                FramePeer.headers(3, [("grpc-status", "5"), ("grpc-message", "no%20such")], ends: true),
                FramePeer.headers(1, [("grpc-status", "0")], ends: true)
            )
            let first = try #require(await bench.recorder.next())
            #expect(first.requestID.text == "three" && first.status == 404 && first.grpcMessage == "no%20such")
            #expect(first.requestBody.bytes == Array("cd".utf8) && first.responseBody.bytes == Array("CD".utf8))
            let second = try #require(await bench.recorder.next())
            #expect(second.requestID.text == "one" && second.status == 200)
            #expect(second.requestBody.bytes == Array("a".utf8) && second.responseBody.bytes == Array("A".utf8))
        }
    }

    @Test func `answers in the model's place where nothing listens, and sends the client away`() async throws {
        try await bench { bench in
            await bench.listener.close()
            let plain = FramePeer.headers(1, [(":method", "POST"), (":path", "/x"), (":scheme", "http")])
            try await bench.client.send(FramePeer.start, plain, FramePeer.data(1, "{}", ends: true), FramePeer.call(3))
            let answer = try await bench.client.nextHeaders()
            #expect(answer.streamID == 1 && answer.section.status == 502)
            #expect(try await bench.client.nextData(1).contains(#""code":"upstream_gone""#))
            let call = try await bench.client.nextHeaders()
            #expect(call.streamID == 3 && call.section.status == 200 && call.endsStream)
            #expect(call.section["grpc-status"] == "14")
            #expect(call.section["grpc-message"]?.hasPrefix("upstream_gone") == true)
            #expect(try await bench.client.nextGoAway().last == 3)
            let first = try #require(await bench.recorder.next())
            #expect(first.status == 502 && first.outcome == .upstreamGone && first.grpcStatus == nil)
            let second = try #require(await bench.recorder.next())
            #expect(second.status == 503 && second.outcome == .upstreamGone && second.grpcStatus == .unavailable)
        }
    }

    @Test func `gives a client without a model SETTINGS before it asks, and an answer when it does`() async throws {
        try await bench { bench in
            await bench.listener.close()
            try await bench.client.send(FramePeer.start)
            guard case .settings(let settings)? = try await bench.client.next() else {
                Issue.record("SETTINGS come first")
                return
            }
            #expect(!settings.isAcknowledgement)
            try await bench.client.send(FramePeer.acknowledgement, FramePeer.call(1))
            #expect(try await bench.client.nextHeaders().section["grpc-status"] == "14")
            #expect(try await bench.client.nextGoAway().last == 1)
        }
    }

    @Test func `says so where the model does not speak HTTP/2`() async throws {
        try await bench { bench in
            try await bench.client.send(FramePeer.start, FramePeer.call(1))
            let model = await bench.listener.accept()
            try await model.send("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            let answer = try await bench.client.nextHeaders()
            #expect(answer.section["grpc-message"]?.hasPrefix("upstream_not_http2") == true)
        }
    }

    @Test func `passes on that the client resets a stream, and records it`() async throws {
        try await bench { bench in
            try await bench.client.send(FramePeer.start, FramePeer.call(1), FramePeer.data(1, "x"))
            let model = await bench.model()
            #expect(try await model.nextData(1, until: "x") == "x")
            try await bench.client.send(FramePeer.frame(.reset, 1, [0, 0, 0, 8]))
            #expect(try await model.nextReset(1) == .cancel)
            let exchange = try #require(await bench.recorder.next())
            #expect(exchange.outcome == .clientGone && exchange.status == 499 && exchange.grpcStatus == .cancelled)
        }
    }

    @Test func `records what the client has asked when its connection breaks`() async throws {
        try await bench { bench in
            try await bench.client.send(FramePeer.start, FramePeer.call(1), FramePeer.data(1, "x"))
            let model = await bench.model()
            #expect(try await model.nextData(1, until: "x") == "x")
            await bench.client.connection.close()
            #expect(try await model.next() == nil)
            #expect(await bench.recorder.next()?.outcome == .clientGone)
        }
    }

    @Test func `passes on that the model resets a stream, and records it as clients take it`() async throws {
        try await bench { bench in
            try await bench.client.send(FramePeer.start, FramePeer.call(1), FramePeer.data(1, "", ends: true))
            let model = await bench.model()
            _ = try await model.nextHeaders()
            try await model.send(FramePeer.settings, FramePeer.frame(.reset, 1, [0, 0, 0, 11]))
            #expect(try await bench.client.nextReset(1) == .enhanceYourCalm)
            let exchange = try #require(await bench.recorder.next())
            #expect(exchange.outcome == .upstreamGone && exchange.status == 429)
        }
    }

    @Test func `ends what the model leaves unanswered when its connection breaks`() async throws {
        try await bench { bench in
            let plain = FramePeer.headers(5, [(":method", "GET"), (":path", "/x"), (":scheme", "http")], ends: true)
            try await bench.client.send(FramePeer.start, FramePeer.call(1), FramePeer.call(3), plain)
            let model = await bench.model()
            for _ in 1...3 { _ = try await model.nextHeaders() }
            try await model.send(
                FramePeer.settings,
                FramePeer.headers(3, ok),
                FramePeer.data(3, "part"),
                FramePeer.headers(5, [(":status", "200")])
            )
            for _ in 1...2 { _ = try await bench.client.nextHeaders() }
            await model.connection.close()
            let begun = try await bench.client.nextHeaders()
            #expect(begun.streamID == 1 && begun.section.status == 200 && begun.section["grpc-status"] == "14")
            let cut = try await bench.client.nextHeaders()
            #expect(
                cut.streamID == 3 && cut.section.status == 0 && cut.section["grpc-status"] == "14" && cut.endsStream
            )
            #expect(try await bench.client.nextReset(5) == .internalError)
            #expect(try await bench.client.nextGoAway().last == 5)
            #expect(try await bench.client.next() == nil)
            for status in [503, 503, 200] {
                let exchange = try #require(await bench.recorder.next())
                #expect(exchange.outcome == .upstreamGone && exchange.status == status)
            }
        }
    }

    @Test func `closes where the model breaks off within a frame`() async throws {
        try await bench { bench in
            try await bench.client.send(FramePeer.start, FramePeer.call(1))
            let model = await bench.model()
            _ = try await model.nextHeaders()
            try await model.send(
                FramePeer.settings,
                FramePeer.headers(1, ok),
                Array(FramePeer.data(1, "cut").dropLast())
            )
            #expect(try await bench.client.nextData(1, until: "cu") == "cu")
            await model.connection.close()
            #expect(try await bench.client.next() == nil)
            #expect(await bench.recorder.next()?.outcome == .upstreamGone)
        }
    }

    @Test func `answers what the model is silent about for too long, and only that`() async throws {
        try await bench({ $0.responseTimeout = .milliseconds(60) }) { bench in
            try await bench.client.send(FramePeer.start)
            let model = await bench.model()
            try await model.send(FramePeer.settings)
            _ = try await bench.client.next()
            try await bench.client.send(
                FramePeer.call(1),
                FramePeer.call(3),
                FramePeer.data(3, "", ends: true)
            )
            let answer = try await bench.client.nextHeaders()
            #expect(answer.streamID == 3 && answer.section["grpc-status"] == "14")
            #expect(answer.section["grpc-message"]?.hasPrefix("upstream_silent") == true)
            #expect(try await model.nextReset(3) == .cancel)
            #expect(await bench.recorder.next()?.outcome == .upstreamSilent)
            // The stream that the client has not ended may be quiet, and goes on.
            try await bench.client.send(FramePeer.data(1, "more"))
            #expect(try await model.nextData(1, until: "more") == "more")
        }
    }

    @Test func `answers for a model that takes connections and says nothing`() async throws {
        try await bench({ $0.responseTimeout = .milliseconds(60) }) { bench in
            try await bench.client.send(FramePeer.start, FramePeer.call(1), FramePeer.data(1, "", ends: true))
            let model = await bench.model()
            // SETTINGS come first: `next` throws otherwise.
            let answer = try await bench.client.nextHeaders()
            #expect(answer.streamID == 1 && answer.section["grpc-status"] == "14")
            #expect(answer.section["grpc-message"]?.hasPrefix("upstream_silent") == true)
            #expect(try await bench.client.nextGoAway().last == 1)
            #expect(await bench.recorder.next()?.outcome == .upstreamSilent)
            while await model.connection.next() != nil {}  // and its connection ends
        }
    }

    @Test func `lets streams end after the order to stop, and then sends the client away`() async throws {
        try await bench({ $0.shutdownTimeout = .seconds(30) }) { bench in
            try await bench.client.send(FramePeer.start, FramePeer.call(1), FramePeer.data(1, "", ends: true))
            let model = await bench.model()
            _ = try await model.nextHeaders()
            try await model.send(FramePeer.settings, FramePeer.headers(1, ok), FramePeer.data(1, "a"))
            #expect(try await bench.client.nextData(1, until: "a") == "a")
            let proxy = bench.proxy
            async let stopped: Void = proxy.stop()
            #expect(try await bench.client.nextGoAway().last == Int(Int32.max))
            try await model.send(FramePeer.data(1, "b"), FramePeer.headers(1, [("grpc-status", "0")], ends: true))
            #expect(try await bench.client.nextData(1, until: "b") == "b")
            #expect(try await bench.client.nextHeaders().section["grpc-status"] == "0")
            #expect(try await bench.client.nextGoAway().last == 1)
            #expect(try await bench.client.next() == nil)
            await bench.client.connection.close()
            await stopped
            #expect(await bench.recorder.next()?.outcome == .answered)
        }
    }

    @Test func `sends a client away that has been silent for too long`() async throws {
        try await bench({ $0.clientTimeout = .seconds(2) }) { bench in
            try await bench.client.send(FramePeer.start)
            let model = await bench.model()
            try? await model.send(FramePeer.settings)  // on a busy machine the time may be over before
            #expect(try await bench.client.nextGoAway().last == 0)
        }
    }

    @Test func `passes more streams than it observes`() async throws {
        try await bench({ $0.streams = 1 }) { bench in
            let plain = FramePeer.headers(3, [(":method", "GET"), (":path", "/2"), (":scheme", "http")], ends: true)
            try await bench.client.send(FramePeer.start, FramePeer.call(1), plain)
            let model = await bench.model()
            _ = try await model.nextHeaders()
            let second = try await model.nextHeaders()
            #expect(second.section.path == "/2" && second.section["x-request-id"] != nil)
            try await model.send(
                FramePeer.settings,
                FramePeer.headers(3, [(":status", "204")], ends: true),
                FramePeer.headers(1, ok + [("grpc-status", "0")], ends: true)
            )
            #expect(try await bench.client.nextHeaders().section.status == 204)
            #expect(try await bench.client.nextHeaders().streamID == 1)
            #expect(await bench.recorder.next()?.target == "/s/M")
        }
    }

    @Test func `sends a client away whose bytes are not HTTP/2`() async throws {
        try await bench { bench in
            try await bench.client.send(FramePeer.start, FramePeer.call(1), FramePeer.frame(.continuation, 1, [0x88]))
            let (last, code) = try await bench.client.nextGoAway()
            #expect(last == 1 && code == .protocolError)
            #expect(await bench.recorder.next()?.status == 400)
        }
    }

    @Test func `tells HTTP/2 from HTTP/1 in whatever pieces its first bytes come`() async throws {
        try await bench { bench in
            for piece in FramePeer.start { try await bench.client.connection.send([piece]) }
            let model = await bench.model()
            guard case .settings? = try await model.next() else {
                Issue.record("the client's SETTINGS come first")
                return
            }
            let port = try #require(bench.proxy.localAddress?.port)
            let other = try await LoopbackConnection.connect(to: port, group: bench.group)
            for piece in ["P", "RI", "NT /x HTTP/1.1\r\nHost: h\r\n\r\n"] { try await other.send(piece) }
            let plain = await bench.listener.accept()
            #expect(await plain.receive(until: "\r\n\r\n").hasPrefix("PRINT /x HTTP/1.1\r\n"))
            await other.close()
        }
    }
}
