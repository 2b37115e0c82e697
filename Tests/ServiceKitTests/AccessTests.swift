import CloudEvents
import ServiceKit
import TestSupport
import Testing

@Suite struct `Who may do what` {
    let folder = TemporaryDirectory()

    func tokens(_ text: String) throws -> BearerTokens {
        try BearerTokens(file: folder.write(Array(text.utf8), to: "tokens"))
    }

    @Test func `a line of the token file has a token, a role and a name`() throws {
        let tokens = try tokens("old\n\n  r1 read\nw1 write Ada Lovelace \r\na1\tadmin  grace\n")
        func principal(_ token: String) -> Principal? { tokens.principal(authorization: "Bearer \(token)") }
        #expect(principal("old") == Principal(name: nil, role: .admin, way: .token))
        #expect(principal("r1") == Principal(name: nil, role: .read, way: .token))
        #expect(principal("w1") == Principal(name: "Ada Lovelace", role: .write, way: .token))
        #expect(principal("a1") == Principal(name: "grace", role: .admin, way: .token))
        for wrong in ["r1 read", "", "write", "R1"] { #expect(principal(wrong) == nil) }
        for header in [nil, "r1", "Basic r1", "Bearer", "Bearer "] {
            #expect(tokens.principal(authorization: header) == nil)
        }
        #expect(tokens.accept(authorization: "bearer r1"))
    }

    @Test func `a role that is none stops the start, without showing what the line holds`() throws {
        let error = #expect(throws: SettingsError.self) { _ = try tokens("one read\nsecret owner ada\n") }
        #expect(error?.message.contains("token 2") == true && error?.message.contains("secret") == false)
        #expect(error?.message.contains("owner") == false && error?.remedy.contains("read, write, admin") == true)
    }

    @Test func `what is sent to others is the token alone`() throws {
        let path = folder.write(Array("abc write peer\nnext\n".utf8), to: "t")
        #expect(try BearerTokens.first(in: path) == "abc")
        #expect(try SecretFile.first(in: path) == "abc write peer")
    }

    @Test func `each role may do what the one before it may`() throws {
        let all = Role.allCases
        #expect(all == all.sorted())
        for (index, role) in all.enumerated() {
            let principal = Principal(name: nil, role: role, way: .token)
            for (other, needed) in all.enumerated() {
                if other <= index {
                    try principal.require(needed)
                } else {
                    let error = #expect(throws: ServiceError.self) { try principal.require(needed) }
                    #expect(error?.code == .forbidden)
                }
            }
        }
    }

    // MARK: Browsers that signed in

    let now = Timestamp(seconds: 1_700_000_000)
    let ada = Principal(name: "ada; Path=/\"<>", role: .write, way: .token)

    @Test func `a cookie says who, until it is over, also to the next process`() throws {
        let key = folder.file("session.key")
        let cookie = try PageSessions(keyFile: key).cookie(for: ada, at: now)
        #expect(cookie.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) || $0 == 0x2E })
        let next = try PageSessions(keyFile: key)
        let known = Principal(name: ada.name, role: .write, way: .session)
        #expect(next.principal(cookie: cookie, at: now) == known)
        #expect(next.principal(cookie: cookie, at: now + PageSessions.lifetime - .seconds(1)) == known)
        #expect(next.principal(cookie: cookie, at: now + PageSessions.lifetime) == nil)
        #expect(try PageSessions(keyFile: folder.file("other.key")).principal(cookie: cookie, at: now) == nil)
    }

    @Test func `a cookie that was changed by one sign is none`() throws {
        let sessions = try PageSessions(keyFile: folder.file("session.key"))
        let cookie = sessions.cookie(for: ada, at: now)
        for index in cookie.indices {
            var other = cookie
            other.replaceSubrange(index...index, with: cookie[index] == "0" ? "1" : "0")
            #expect(sessions.principal(cookie: other, at: now) == nil)
        }
        for other in ["", ".", "a.b", cookie + "00", cookie + "." + cookie] {
            #expect(sessions.principal(cookie: other, at: now) == nil)
        }
    }

    @Test func `what a page sends back goes with its cookie alone`() throws {
        let sessions = try PageSessions(keyFile: folder.file("session.key"))
        let (one, two) = (sessions.cookie(for: ada, at: now), sessions.cookie(for: ada, at: now + .seconds(1)))
        #expect(sessions.accepts(pageToken: sessions.pageToken(cookie: one), cookie: one))
        #expect(sessions.accepts(pageToken: sessions.pageToken(cookie: nil), cookie: nil))
        #expect(!sessions.accepts(pageToken: sessions.pageToken(cookie: one), cookie: two))
        #expect(!sessions.accepts(pageToken: sessions.pageToken(cookie: nil), cookie: one))
        #expect(!sessions.accepts(pageToken: nil, cookie: nil) && !sessions.accepts(pageToken: "", cookie: nil))
        // A cookie's own signature is no token of a page.
        #expect(
            !sessions.accepts(
                pageToken: String(one.split(separator: ".")[1]),
                cookie: String(one.split(separator: ".")[0])
            )
        )
    }
}
