import AsyncHTTPClient
import CloudEvents
import IdentityTokens
import JSON
import Logging
import NIOPosix
import ServiceKit
import TestSupport
import Testing

@Suite struct `Tokens of an identity provider` {
    static let references = (try? ReferenceValues.read("identity_tokens")) ?? .null
    static let now = Timestamp(seconds: references["now"]?.double ?? 0)

    let folder = TemporaryDirectory()
    let metrics = MetricsRegistry()

    /// Takes the tokens of the reference's provider, by keys that are written into a file.
    func open(_ keys: JSONValue?, _ arguments: [String] = [], log: Logger? = nil) async throws -> IdentityTokens {
        let path = folder.write(keys?.serialized() ?? [], to: "keys.json")
        return try #require(try await opened(["--auth-jwt-keys-file=\(path)"] + arguments, log: log))
    }

    func opened(_ arguments: [String], whole: Bool = true, log: Logger? = nil) async throws -> IdentityTokens? {
        let names = ["issuer", "audience"]
        let usual = names.map { "--auth-jwt-\($0)=\(Self.references[$0]?.string ?? "")" }
        let context = SidecarContext(
            name: "test",
            settings: try Settings(IdentityTokenSettings.keys, arguments: (whole ? usual : []) + arguments),
            logger: log ?? Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            metrics: metrics,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            httpClient: .shared,
            stateDirectory: folder.path
        )
        return try await IdentityTokens.open(context) { Self.now }
    }

    func token(_ name: String) throws -> String { try #require(Self.references[name]?.string) }

    static let cases = references["cases"]?.array ?? []

    @Test(arguments: cases.indices)
    func `each is taken or refused for the right reason`(index: Int) async throws {
        let one = Self.cases[index]
        let name = one["name"]?.string ?? ""
        let tokens = try await open(Self.references["keys"])
        let principal = await tokens.principal(token: try #require(one["token"]?.string))
        let outcome = one["expected"]?.string ?? "accepted"
        #expect(metrics.value("vedette_identity_tokens_total", ["outcome": outcome]) == 1, "\(name)")
        guard let expected = one["expected"]?.object else {
            #expect(principal == nil, "\(name)")
            return
        }
        #expect(principal?.role.rawValue == expected["role"]?.string, "\(name)")
        #expect(principal?.name == expected["name"]?.string, "\(name)")
        #expect(principal?.way == .jwt, "\(name)")
    }

    @Test func `there are cases of every refusal`() {
        let seen = Set(Self.cases.compactMap { $0["expected"]?.string })
        #expect(seen == Set(TokenRefusal.allCases.map(\.rawValue)))
        #expect(Self.cases.count > 45)
    }

    @Test func `roles may be named otherwise, and lie deeper`() async throws {
        let nested = ["--auth-jwt-role-claim=realm_access.roles", "--auth-jwt-name-claim=preferred_username"]
        let tokens = try await open(Self.references["keys"], nested + ["--auth-jwt-roles=ml-oncall=write,sre=admin"])
        let ada = try #require(await tokens.principal(token: try token("nested")))
        #expect(ada.role == .write && ada.name == "Ada")
        #expect(ada.until == Self.now + .seconds(630))
        // With roles of one's own the usual ones stand for nothing.
        let usual = try #require(Self.cases[0]["token"]?.string)
        #expect(await tokens.principal(token: usual) == nil)
        let dotted = ["--auth-jwt-role-claim=https://x.example/roles", "--auth-jwt-roles=ml-oncall=read"]
        let others = try await open(Self.references["keys"], dotted)
        #expect(await others.principal(token: try token("dotted"))?.role == .read)
    }

    @Test func `a token that names no key is taken where there is one alone`() async throws {
        let single = try await open(Self.references["single"])
        #expect(await single.principal(token: try token("unnamed")) != nil)
        let several = try await open(Self.references["keys"])
        #expect(await several.principal(token: try token("unnamed")) == nil)
    }

    @Test func `keys are exchanged while it runs, and one that is gone opens nothing`() async throws {
        let tokens = try await open(Self.references["keys"])
        let (old, new) = (try #require(Self.cases[0]["token"]?.string), try token("byLater"))
        #expect(await tokens.principal(token: old) != nil)
        #expect(await tokens.principal(token: new) == nil)
        _ = folder.write(Self.references["later"]?.serialized() ?? [], to: "keys.json")
        // A key that is not known is looked for at once.
        #expect(await tokens.principal(token: new) != nil)
        #expect(await tokens.principal(token: old) == nil)
        // What cannot be read leaves the keys as they were.
        _ = folder.write(Array("{".utf8), to: "keys.json")
        #expect(await tokens.principal(token: old) == nil)
        #expect(await tokens.principal(token: new) != nil)
        #expect(await tokens.principal(token: try token("byP256")) != nil)
    }

    static let refused = references["refusedFiles"]?.array ?? []

    @Test(arguments: refused.indices)
    func `a file of keys that cannot be used stops the start`(index: Int) async throws {
        let one = Self.refused[index]
        let error = await #expect(throws: SettingsError.self) { _ = try await open(["keys": one["keys"] ?? .null]) }
        #expect(error?.message.contains(one["says"]?.string ?? "?") == true, "\(String(describing: error))")
        #expect(error?.remedy.isEmpty == false)
    }

    @Test func `a file that is missing or no key set stops the start`() async throws {
        for content in ["", "[]", "{\"keys\": 3}", "-----BEGIN PUBLIC KEY-----"] {
            let path = folder.write(Array(content.utf8), to: "other.json")
            let error = await #expect(throws: SettingsError.self) {
                _ = try await opened(["--auth-jwt-keys-file=\(path)"])
            }
            #expect(error?.message.contains("no JSON Web Key Set") == true)
        }
        await #expect(throws: SettingsError.self) { _ = try await opened(["--auth-jwt-keys-file=/nowhere/keys"]) }
    }

    @Test func `whose tokens they are has to be said, with the keys`() async throws {
        let path = folder.write(Self.references["keys"]?.serialized() ?? [], to: "keys.json")
        for arguments in [
            ["--auth-jwt-keys-file=\(path)"], ["--auth-jwt-keys-file=\(path)", "--auth-jwt-issuer=x"],
            ["--auth-jwt-keys-file=\(path)", "--auth-jwt-audience=x"], ["--auth-jwt-issuer=x"],
        ] {
            let error = await #expect(throws: SettingsError.self) { _ = try await opened(arguments, whole: false) }
            #expect(error?.code == .conflict)
        }
        #expect(try await opened([], whole: false) == nil)
        #expect(throws: SettingsError.self) {
            _ = try Settings(IdentityTokenSettings.keys, arguments: ["--auth-jwt-roles=ops=owner"])
        }
    }
}
