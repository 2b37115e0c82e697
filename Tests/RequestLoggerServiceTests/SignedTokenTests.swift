import CloudEvents
import JSON
import NIOHTTP1
import ServiceKit
import TestSupport
import Testing

@Suite struct `Signed tokens at request-logger` {
    /// The provider, keys and tokens of IdentityTokensTests.
    static func reference(_ source: String = #filePath) throws -> JSONValue {
        let tests = source.split(separator: "/").dropLast(2).joined(separator: "/")
        return try ReferenceValues.read("identity_tokens", beside: "/\(tests)/IdentityTokensTests/any")
    }

    static func run(_ body: @Sendable (RunningLogger, JSONValue) async throws -> Void) async throws {
        let reference = try Self.reference()
        let folder = TemporaryDirectory()
        let keys = folder.write(reference["keys"]?.serialized() ?? [], to: "keys.json")
        try await RunningLogger.run(
            [
                "--auth-jwt-keys-file=\(keys)", "--auth-jwt-issuer=\(reference["issuer"]?.string ?? "")",
                "--auth-jwt-audience=\(reference["audience"]?.string ?? "")",
            ],
            directory: folder
        ) { logger in try await body(logger, reference) }
    }

    static func bearer(_ token: JSONValue?) -> [String: String] { ["authorization": "Bearer \(token?.string ?? "")"] }

    @Test func `open every route to the role that they give, and nothing without one`() async throws {
        try await Self.run { logger, reference in
            let lasting = reference["lasting"]
            let (read, write, admin) = (
                Self.bearer(lasting?["read"]), Self.bearer(lasting?["write"]), Self.bearer(lasting?["admin"])
            )
            #expect(try await logger.get("/v1/models").status == 401)
            #expect(try await logger.get("/v1/models", headers: Self.bearer(reference["over"])).status == 401)
            #expect(try await logger.get("/v1/models", headers: read).status == 200)
            #expect(try await logger.get("/v1/audit", headers: write).status == 403)
            #expect(try await logger.get("/v1/audit", headers: admin).status == 200)
            let session = try await logger.get("/v1/session", headers: write).json
            #expect(session["name"]?.string == "u-write" && session["way"]?.string == "jwt")
            // The door of events, which is answered on the event loop.
            let (headers, body) = HTTPBinding.encodeBatch(try Samples.exchange("r-1"))
            let pairs = Dictionary(headers.map { ($0.name, $0.value) }) { first, _ in first }
            func send(_ token: [String: String]) async throws -> Int {
                try await logger.send("POST", "/", body: body, headers: pairs.merging(token) { $1 }).status
            }
            #expect(try await send([:]) == 401)
            #expect(try await send(Self.bearer(reference["over"])) == 401)
            #expect(try await send(read) == 403)
            #expect(try await send(write) == 202)
            try await logger.waitForPosition(2)
            let text = try await logger.get("/metrics", headers: read).text
            #expect(text.contains(#"vedette_identity_tokens_total{outcome="expired"} 2"#))
        }
    }

    @Test func `sign a browser in, and the cookie ends no later than the token`() async throws {
        try await Self.run { logger, reference in
            let page = ["content-type": "application/x-www-form-urlencoded"]
            let token = reference["lasting"]?["write"]?.string ?? ""
            let signedIn = try await logger.raw("POST", "/login", "token=\(token)", headers: page)
            #expect(signedIn.status == 303)
            let cookie = try #require(signedIn.headers.first(name: "set-cookie")?.split(separator: ";").first)
            let session = try await logger.get("/v1/session", headers: ["cookie": String(cookie)]).json
            #expect(session["name"]?.string == "u-write" && session["role"]?.string == "write")
            let over = try await logger.raw("POST", "/login", "token=\(reference["over"]?.string ?? "")", headers: page)
            #expect(over.status == 401)
        }
    }

    @Test func `a shared key makes who signed in at one logger known at another`() async throws {
        let folder = TemporaryDirectory()
        let key = folder.write(Array(repeating: 7, count: 32), to: "shared.key")
        let tokens = folder.write(Array("may-act write ada\n".utf8), to: "tokens")
        let settings = ["--auth-session-key-file=\(key)", "--auth-token-file=\(tokens)"]
        try await RunningLogger.run(settings) { one in
            try await RunningLogger.run(settings) { two in
                let signedIn = try await one.raw(
                    "POST",
                    "/login",
                    "token=may-act",
                    headers: ["content-type": "application/x-www-form-urlencoded"]
                )
                let cookie = try #require(signedIn.headers.first(name: "set-cookie")?.split(separator: ";").first)
                for logger in [one, two] {
                    let session = try await logger.get("/v1/session", headers: ["cookie": String(cookie)])
                    #expect(session.status == 200 && session.json["name"]?.string == "ada")
                }
                let tokens = try await [one, two].asyncMap {
                    try await $0.get("/v1/session", headers: ["cookie": String(cookie)]).json["page_token"]
                }
                #expect(tokens[0] == tokens[1])
            }
        }
        let short = folder.write([1, 2, 3], to: "short.key")
        await #expect(throws: SettingsError.self) {
            try await RunningLogger.run(["--auth-session-key-file=\(short)"]) { _ in }
        }
    }
}

extension Array {
    fileprivate func asyncMap<Other>(_ transform: (Element) async throws -> Other) async throws -> [Other] {
        var others: [Other] = []
        for element in self { others.append(try await transform(element)) }
        return others
    }
}
