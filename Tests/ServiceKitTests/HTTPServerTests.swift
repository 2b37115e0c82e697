import AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import NIOHTTP1
import ServiceKit
import ServiceLifecycle
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Listener` {
    static let listen = HTTPSettings.listen(default: "127.0.0.1:0")

    /// Runs a listener with a hot route that echoes, one that waits at a gate, and control routes.
    private func serving<Result: Sendable>(
        _ arguments: [String] = [],
        gate: Gate = Gate(),
        readiness: Readiness = Readiness(),
        _ body: @escaping @Sendable (Int, ServiceGroup, SidecarContext) async throws -> Result
    ) async throws -> Result {
        let test = try TestContext(HTTPSettings.keys(listen: "127.0.0.1:0"), arguments)
        let server = try HTTPServer(
            context: test.context,
            listen: Self.listen,
            hotRoutes: [
                HotRoute(.post, "/") { HotResponse(status: .accepted, body: $0.body) },
                HotRoute(.post, "/gate") { request in
                    await gate.pass()
                    return HotResponse(status: .ok, body: request.body)
                },
                HotRoute(.post, "/v2/models/{model}/infer") { request in
                    HotResponse(
                        status: .ok,
                        body: ByteBuffer(string: "\(request.parameters["model"] ?? "")?\(request.query ?? "")")
                    )
                },
                HotRoute(.post, "/fails") { _ in
                    throw ServiceError(.full, "no room", remedy: "Wait", retryAfter: .seconds(7))
                },
            ],
            readiness: readiness
        ) { router in
            router.get("/hello") { _, _ in Response(json: ["hello": "world"]) }
            router.post("/length") { request, _ in
                Response(json: ["length": .integer(Int64(try await request.collectedBody(upTo: 1 << 20).count))])
            }
            router.get("/fails") { _, _ -> Response in throw Unforeseen() }
            router.get("/parts") { _, _ in
                Response(
                    status: .ok,
                    body: ResponseBody { writer in
                        try await writer.write(ByteBuffer(string: "one"))
                        try await writer.finish([.cacheControl: "no-store"])
                    }
                )
            }
        }
        return try await test.running([server]) { group in
            try await body(await server.address.value.port, group, test.context)
        }
    }

    private struct Unforeseen: Error {}

    private static func post(_ path: String, _ body: String, _ headers: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nhost: x\r\n\(headers)content-length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test func `answers hot and control requests in the order in which they were pipelined`() async throws {
        let gate = Gate()
        try await serving(gate: gate) { port, _, _ in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(
                    Self.post("/gate", "first") + "GET /hello HTTP/1.1\r\nhost: x\r\n\r\n" + Self.post("/", "third")
                        + Self.post("/length", "four") + Self.post("/v2/models/a%20b/infer?x=1", "")
                )
                await gate.waitForArrivals(1)
                await gate.open()
                let text = try await connection.receive { $0.contains("a b?x=1") }
                let order = ["first", "hello", "third", "{\"length\":4}", "a b?x=1"].map {
                    text.range(of: $0)?.lowerBound
                }
                #expect(!order.contains(nil))
                #expect(order.compactMap(\.self) == order.compactMap(\.self).sorted())
            }
        }
    }

    @Test func `fields that are known only then follow the last chunk`() async throws {
        try await serving { port, _, _ in
            try await RawConnection.with(port: port) { connection in
                try await connection.send("GET /parts HTTP/1.1\r\nhost: x\r\n\r\n")
                let text = try await connection.receive { $0.contains("\r\n0\r\n") && $0.hasSuffix("\r\n\r\n") }
                #expect(text.lowercased().hasSuffix("\r\n3\r\none\r\n0\r\ncache-control: no-store\r\n\r\n"))
            }
            // Who takes no chunks gets the body alone.
            try await RawConnection.with(port: port) { connection in
                try await connection.send("GET /parts HTTP/1.0\r\nhost: x\r\n\r\n")
                let text = try await connection.receiveAll()
                #expect(text.hasSuffix("\r\n\r\none"))
            }
        }
    }

    @Test func `keeps order when hundreds are pipelined`() async throws {
        try await serving { port, _, _ in
            try await RawConnection.with(port: port) { connection in
                let requests = (0..<400).map {
                    Self.post($0 % 3 == 0 ? "/length" : "/", String(repeating: "x", count: $0))
                }
                try await connection.send(requests.joined())
                let text = try await connection.receive {
                    $0.split(separator: "HTTP/1.1 ").count == 400 && $0.hasSuffix("{\"length\":399}")
                }
                let answers = text.split(separator: "HTTP/1.1 ")
                #expect(answers.count == 400)
                for (number, answer) in answers.enumerated() where number % 3 == 0 {
                    #expect(answer.hasSuffix("{\"length\":\(number)}"))
                }
            }
        }
    }

    @Test func `refuses a body over the limit, by length and as it comes, and goes on`() async throws {
        try await serving(["--http-body-limit-bytes", "1000"]) { port, _, context in
            try await RawConnection.with(port: port) { connection in
                let large = String(repeating: "y", count: 1001)
                for path in ["/", "/length"] { try await connection.send(Self.post(path, large)) }
                try await connection.send(
                    "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3e9\r\n\(large)\r\n0\r\n\r\n"
                )
                try await connection.send(Self.post("/", "small"))
                let text = try await connection.receive { $0.hasSuffix("small") }
                #expect(text.components(separatedBy: "HTTP/1.1 413").count == 4)
                #expect(text.contains("\"code\":\"payload_too_large\"") && text.contains("HTTP/1.1 202"))
                #expect(context.metrics.value("vedette_http_refusals_total", ["code": "payload_too_large"]) == 3)
            }
        }
    }

    @Test func `answers HEAD as GET without the body, and 405 with Allow to a wrong method`() async throws {
        try await serving { port, _, _ in
            try await RawConnection.with(port: port) { connection in
                try await connection.send("HEAD /livez HTTP/1.1\r\nhost: x\r\n\r\n")
                try await connection.send("DELETE /livez HTTP/1.1\r\nhost: x\r\n\r\n")
                try await connection.send("GET /none HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                let text = try await connection.receiveAll()
                #expect(text.hasPrefix("HTTP/1.1 200"))
                #expect(!text.contains("\"live\""))
                #expect(text.contains("HTTP/1.1 405") && text.lowercased().contains("allow: get, head\r\n"))
                #expect(text.contains("HTTP/1.1 404"))
            }
        }
    }

    @Test func `tells a slow sender 408 and closes`() async throws {
        for path in ["/", "/length"] {
            try await serving(["--http-request-timeout", "50ms"]) { port, _, _ in
                try await RawConnection.with(port: port) { connection in
                    try await connection.send("POST \(path) HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc")
                    let text = try await connection.receiveAll()
                    #expect(text.hasPrefix("HTTP/1.1 408"))
                    #expect(text.contains("request_timeout"))
                }
            }
        }
    }

    @Test func `tells a sender 408 whose head does not end, however its bytes trickle in`() async throws {
        try await serving(["--http-request-timeout", "300ms", "--http-idle-timeout", "10s"]) { port, _, context in
            try await RawConnection.with(port: port) { connection in
                // Behind a whole request on the same connection, whose time is its own.
                try await connection.send(Self.post("/", "one") + "POST / HT")
                _ = try await connection.receive { $0.hasSuffix("one") }
                for _ in 0..<50 {
                    try? await connection.send("x")  // nobody may read it any more
                    try await Task.sleep(for: .milliseconds(20))
                }
                // While bytes still came.
                #expect(context.metrics.value("vedette_http_refusals_total", ["code": "request_timeout"]) == 1)
                _ = try? await connection.receiveAll()  // a reset, where bytes came too late, is an end too
                let text = connection.received
                #expect(text.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0.prefix(3) } == ["202", "408"])
                #expect(text.lowercased().contains("connection: close"))
            }
        }
    }

    @Test func `refuses a head that is too long with 431`() async throws {
        try await serving { port, _, _ in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(
                    "POST / HTTP/1.1\r\nhost: x\r\nx: \(String(repeating: "y", count: 70_000))\r\n\r\n"
                )
                let text = try await connection.receiveAll()
                #expect(text.hasPrefix("HTTP/1.1 431") && text.contains("head_too_large"))
            }
        }
    }

    @Test func `takes a path with one slash at its end, as other servers do`() async throws {
        try await serving { port, _, _ in
            try await RawConnection.with(port: port) { connection in
                for path in ["/fails/", "/v2/models/a/infer/?x=1", "/v2/models//infer", "/v2/models/a/infer//"] {
                    try await connection.send(Self.post(path, ""))
                }
                try await connection.send("GET /livez/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                let text = try await connection.receiveAll()
                let codes = text.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0.prefix(3) }
                #expect(codes == ["503", "200", "404", "404", "200"])
                #expect(text.contains("a?x=1"))
            }
        }
    }

    @Test(arguments: [
        ("/v2/models/m/infer", "br", "415"), ("/v2/models/m/infer", "gzip, br", "415"),
        ("/v2/models/m/infer", "gzip, gzip", "415"), ("/length", "zstd", "415"), ("/v2/models/m/infer", "GZIP", "200"),
        ("/v2/models/m/infer", "deflate", "200"), ("/v2/models/m/infer", "identity", "200"),
        ("/length", "x-gzip", "200"),
    ])
    func `refuses with 415 a coding that nothing reads, and says which there are`(
        path: String,
        coding: String,
        status: String
    ) async throws {
        try await serving { port, _, _ in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(
                    Self.post(path, "body", "content-encoding: \(coding)\r\nconnection: close\r\n")
                )
                let text = try await connection.receiveAll()
                #expect(text.hasPrefix("HTTP/1.1 \(status)"), "\(text)")
                #expect(text.lowercased().contains("accept-encoding: gzip, deflate") == (status == "415"))
            }
        }
    }

    @Test func `closes a connection on which nothing is asked`() async throws {
        try await serving(["--http-idle-timeout", "50ms"]) { port, _, _ in
            try await RawConnection.with(port: port) { connection in
                let text = try await connection.receiveAll()
                #expect(text == "")
            }
        }
    }

    @Test func `answers 503 with Retry-After to one connection too many`() async throws {
        try await serving(["--http-connections-limit", "1"]) { port, _, _ in
            try await RawConnection.with(port: port) { first in
                try await first.send(Self.post("/", "one"))
                _ = try await first.receive { $0.hasSuffix("one") }
                try await RawConnection.with(port: port) { second in
                    try await second.send(Self.post("/", "two"))
                    let text = try await second.receiveAll()
                    #expect(text.hasPrefix("HTTP/1.1 503") && text.contains("Retry-After: 1"))
                }
                try await first.send(Self.post("/", "three"))
                #expect(try await first.receive { $0.hasSuffix("three") }.contains("202"))
            }
        }
    }

    @Test func `invites a body that waits for 100-continue, and only one that it wants`() async throws {
        try await serving(["--http-body-limit-bytes", "1000"]) { port, _, _ in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(
                    "POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n"
                )
                _ = try await connection.receive { $0.contains("100 Continue\r\n\r\n") }
                try await connection.send("hello")
                #expect(try await connection.receive { $0.hasSuffix("hello") }.contains("HTTP/1.1 202"))
            }
            try await RawConnection.with(port: port) { connection in
                try await connection.send(
                    "POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 5000\r\n\r\n"
                )
                #expect(try await connection.receive { $0.contains("}") }.hasPrefix("HTTP/1.1 413"))
            }
        }
    }

    @Test func `asks for a token everywhere but at the probes`() async throws {
        let folder = TemporaryDirectory()
        let file = folder.write(Array("old-token\nnew-token\n".utf8), to: "tokens")
        try await serving(["--auth-token-file", file]) { port, _, _ in
            let url = "http://127.0.0.1:\(port)"
            for path in ["/metrics", "/version", "/openapi.json", "/hello", "/nowhere"] {
                #expect(try await Self.get(url + path).status == 401)
                #expect(try await Self.get(url + path, token: "wrong-token").status == 401)
            }
            for path in ["/livez", "/readyz"] { #expect(try await Self.get(url + path).status == 200) }
            for token in ["old-token", "new-token"] {
                #expect(try await Self.get(url + "/hello", token: token).status == 200)
            }
            let answer = try await Self.get(url + "/hello")
            #expect(answer.body.contains("\"code\":\"unauthorized\"") && !answer.body.contains("new-token"))
            try await RawConnection.with(port: port) { connection in
                try await connection.send(
                    Self.post("/", "x") + Self.post("/", "yes", "Authorization: Bearer new-token\r\n")
                )
                let text = try await connection.receive { $0.hasSuffix("yes") }
                #expect(text.hasPrefix("HTTP/1.1 401") && text.contains("HTTP/1.1 202"))
            }
        }
    }

    @Test(arguments: ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"])
    func `listens to the world only with a token or when told`(address: String) throws {
        let keys = HTTPSettings.keys(listen: "127.0.0.1:0")
        let error = try #require(throws: SettingsError.self) {
            let test = try TestContext(keys, ["--http-listen", address])
            return try HTTPServer(context: test.context, listen: Self.listen)
        }
        #expect(error.code == .conflict && error.remedy.contains("--auth-token-file"))
        let told = try TestContext(keys, ["--http-listen", address, "--insecure", "true"])
        _ = try HTTPServer(context: told.context, listen: Self.listen)
    }

    @Test func `gives every refusal one shape and tells nothing of the inside`() async throws {
        try await serving { port, _, _ in
            let url = "http://127.0.0.1:\(port)"
            let missing = try await Self.get(url + "/nowhere")
            #expect(missing.status == 404)
            let inside = try await Self.get(url + "/fails")
            #expect(inside.status == 500 && !inside.body.contains("Unforeseen"))
            for body in [missing.body, inside.body] {
                let object = try #require(try JSONValue(parsing: body).object)
                #expect(object.keys == ["error", "code", "remedy"])
                #expect(object.allSatisfy { $0.value.string?.isEmpty == false })
            }
            try await RawConnection.with(port: port) { connection in
                try await connection.send(Self.post("/fails", ""))
                let text = try await connection.receive { $0.contains("}") }
                #expect(text.hasPrefix("HTTP/1.1 503") && text.contains("Retry-After: 7"))
            }
            try await RawConnection.with(port: port) { connection in
                try await connection.send("this is no HTTP\r\n\r\n")
                #expect(try await connection.receiveAll().hasPrefix("HTTP/1.1 400"))
            }
        }
    }

    @Test func `is ready when every condition holds`() async throws {
        let readiness = Readiness()
        readiness.set("store", notReady: "it is not open")
        try await serving(readiness: readiness) { port, _, _ in
            let answer = try await Self.get("http://127.0.0.1:\(port)/readyz")
            #expect(answer.status == 503 && answer.body.contains("it is not open"))
            readiness.set("store", notReady: nil)
            #expect(try await Self.get("http://127.0.0.1:\(port)/readyz").status == 200)
        }
    }

    @Test func `describes its routes`() async throws {
        try await serving { port, _, _ in
            let body = try await Self.get("http://127.0.0.1:\(port)/openapi.json").body
            let document = try JSONValue(parsing: body)
            #expect(document["openapi"]?.string == "3.1.0")
            #expect(document["paths"]?["/metrics"]?["get"]?["summary"] != nil)
        }
    }

    @Test func `answers a client that has finished sending`() async throws {
        let gate = Gate()
        try await serving(gate: gate) { port, _, _ in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(Self.post("/gate", "still here"))
                await gate.waitForArrivals(1)
                connection.finishSending()
                await gate.open()
                #expect(try await connection.receiveAll().hasSuffix("still here"))
            }
        }
    }

    @Test func `answers what is under way before it stops`() async throws {
        let gate = Gate()
        let text = try await serving(gate: gate) { port, group, _ in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(Self.post("/gate", "in hand"))
                await gate.waitForArrivals(1)
                await group.triggerGracefulShutdown()
                await gate.open()
                return try await connection.receiveAll()
            }
        }
        #expect(text.hasPrefix("HTTP/1.1 200") && text.hasSuffix("in hand"))
    }

    @Test func `says which port is taken and what to do`() async throws {
        try await serving { port, _, _ in
            let test = try TestContext(
                HTTPSettings.keys(listen: "127.0.0.1:0"),
                ["--http-listen", "127.0.0.1:\(port)"]
            )
            let server = try HTTPServer(context: test.context, listen: Self.listen)
            let error = try #require(await #expect(throws: StartError.self) { try await server.run() })
            #expect(error.exitCode == .unavailable && error.errorCode == "port_in_use")
            #expect(error.remedy.contains("--http-listen"))
        }
    }

    private static func get(_ url: String, token: String? = nil) async throws -> (status: Int, body: String) {
        var request = HTTPClientRequest(url: url)
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        let body = try await response.body.collect(upTo: 1 << 20)
        return (Int(response.status.code), String(buffer: body))
    }
}
