import CloudEvents
import Crypto
import Foundation
import HTTPTypes
import ServiceKit
import TestSupport
import Testing

@Suite struct `References in place of data` {
    @Test(
        arguments: [
            ("http://tap:9089/v1/payloads/", "http://tap:9089/v1/payloads/ab", "http://tap:9089/v1/payloads/ab"),
            ("https://s3/b/", "https://s3/b/c/d?X-Sig=%2E%2E/..", "https://s3/b/c/d?X-Sig=%2E%2E/.."),
            ("http://tap:9089/", "http://tap:9089@evil/x", nil),
            ("http://tap:9089/", "http://tap:90890/x", nil),
            ("http://tap:9089/", "https://tap:9089/x", nil),
            ("http://tap:9089/", "HTTP://tap:9089/x", nil),
            ("http://tap:9089/a/", "http://tap:9089/a/../b", nil),
            ("http://tap:9089/a/", "http://tap:9089/a/%2E%2e/b", nil),
            ("http://tap:9089/a/", "http://tap:9089/a/..%2fb", nil),
            ("http://tap:9089/a/", #"http://tap:9089/a/..\b"#, nil),
            ("http://tap:9089/a/", "http://tap:9089/a/b#c", nil),
            ("http://tap:9089/a/", "http://tap:9089/a/b c", nil),
            ("http://tap:9089/a/", "http://tap:9089/a/", nil),
            ("http://tap:9089/a/", "/a/b", nil),
            ("http://tap:9089/a/", "urn:sha256:ab", nil),
            ("file:///data/a%20b/", "file:///data/a%20b/c%25d", "/data/a b/c%d"),
            ("file:///data/", "file:///data/../etc/passwd", nil),
            ("file:///data/", "file:///data/x?y", nil),
            ("file:///data/", "file:///data/%00", nil),
            ("file:///data/", "file:///data/%zz", nil),
            ("file:///data/", "file://host/data/x", nil),
        ] as [(String, String, String?)]
    )
    func `lead below an allowed place or nowhere`(place: String, reference: String, expected: String?) throws {
        let target = try #require(ReferencePlace(settingText: place)).target(of: reference)
        switch target {
        case .address(let text)?, .file(let text, within: _)?: #expect(text == expected)
        case nil: #expect(expected == nil)
        }
    }

    @Test(arguments: [
        "http://tap:9089", "http://tap", "http:///x/", "http://", "http://a@b/", "http://a/../b/", "http://a/?b/",
        "ftp://a/b/",
        "file://data/", "file:///", "http://a /", "",
    ])
    func `are allowed by whole places only`(place: String) {
        #expect(ReferencePlace(settingText: place) == nil)
    }

    // MARK: Fetching

    private let folder = TemporaryDirectory()

    private static func hash(_ data: [UInt8]) -> String {
        "sha256:" + SHA256.hash(data: data).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private func event(_ reference: String, hash: String? = nil, size: Int? = nil) throws -> CloudEvent {
        var extensions: [String: CloudEventValue] = ["dataref": .uriReference(reference)]
        if let hash { extensions["datahash"] = .string(hash) }
        if let size { extensions["databytes"] = .string(String(size)) }
        return try CloudEvent(
            id: "1",
            source: "/test",
            type: "test.event",
            dataContentType: "application/json",
            extensions: extensions
        )
    }

    private func references(_ places: String, _ more: [String] = []) throws -> (DataReferences, TestContext) {
        let test = try TestContext(ReferenceSettings.keys, ["--dataref-allow", places] + more)
        return (try DataReferences(context: test.context), test)
    }

    private func count(_ outcome: String, _ test: TestContext) -> Double? {
        test.context.metrics.value("vedette_dataref_total", ["outcome": outcome])
    }

    @Test func `lead to files, whose hash and size are verified`() async throws {
        let data = Array("[1,2,3]".utf8)
        folder.write(data, to: "whole")
        let base = "file://\(folder.path)/"
        let (references, test) = try references(base, ["--dataref-limit-bytes", "8"])
        let whole = await references.completed(try event(base + "whole", hash: Self.hash(data), size: 7))
        #expect(whole.data == data && whole.dataContentType == "application/json")
        #expect(whole[extension: "dataref"] == base + "whole")
        #expect(await references.completed(try event(base + "whole")).data == data)
        for (event, outcome) in [
            (try event(base + "whole", hash: Self.hash([1])), "mismatch"),
            (try event(base + "whole", hash: "md5:00"), "mismatch"),
            (try event(base + "whole", size: 6), "mismatch"),
            (try event(base + "whole", size: 9), "too_large"),
            (try event(base + "missing"), "gone"),
            (try event("file:///etc/hostname"), "not_allowed"),
            (try event("urn:sha256:00"), "not_allowed"),
        ] {
            let before = count(outcome, test) ?? -1
            #expect(await references.completed(event) == event)
            #expect(count(outcome, test) == before + 1, "\(outcome)")
        }
        #expect(count("fetched", test) == 1 && count("unverified", test) == 1)
    }

    @Test func `lead out of their folder by no link, and to nothing but files`() async throws {
        let (inside, outside) = (folder.file("inside"), folder.file("outside"))
        let manager = FileManager.default
        for path in [inside, outside] { try manager.createDirectory(atPath: path, withIntermediateDirectories: true) }
        folder.write([1], to: "outside/secret")
        folder.write([2, 2], to: "inside/large")
        try manager.createSymbolicLink(atPath: inside + "/link", withDestinationPath: outside + "/secret")
        try manager.createSymbolicLink(atPath: inside + "/up", withDestinationPath: outside)
        try manager.createSymbolicLink(atPath: inside + "/own", withDestinationPath: inside + "/large")
        try #require(mkfifo(inside + "/pipe", 0o600) == 0)
        let base = "file://\(inside)/"
        let (references, test) = try references(base, ["--dataref-limit-bytes", "2"])
        for name in ["link", "up/secret"] {
            #expect(await references.completed(try event(base + name)).data == nil)
        }
        #expect(count("not_allowed", test) == 2)
        for name in ["pipe", "up"] { #expect(await references.completed(try event(base + name)).data == nil) }
        #expect(count("refused", test) == 1 && count("not_allowed", test) == 3)
        #expect(await references.completed(try event(base + "own")).data == [2, 2])
        folder.write([2, 2, 2], to: "inside/large")
        #expect(await references.completed(try event(base + "large")).data == nil)
        #expect(count("too_large", test) == 1)
    }

    @Test func `lead to addresses, with a token, and no longer than the timeout`() async throws {
        let test = try TestContext(HTTPSettings.keys(listen: "127.0.0.1:0"))
        let server = try HTTPServer(
            context: test.context,
            listen: HTTPSettings.listen(default: "127.0.0.1:0"),
            hotRoutes: [
                HotRoute(.get, "/p/{name}") { request in
                    switch request.parameters["name"] {
                    case "large": HotResponse(status: .ok, headers: [], body: [UInt8](repeating: 1, count: 101))
                    case "busy": HotResponse(status: .serviceUnavailable)
                    case "moved":
                        HotResponse(status: .found, headers: [(name: "Location", value: "/p/token")], body: [])
                    case "token":
                        HotResponse(status: .ok, headers: [], body: Array((request.header("authorization") ?? "").utf8))
                    default: HotResponse(status: .notFound)
                    }
                }
            ]
        )
        folder.write(Array("secret\n".utf8), to: "token")
        try await test.running([server]) { [folder] _ in
            let base = "http://\(await server.address.value)/p/"
            let more = [
                "--dataref-limit-bytes=100", "--dataref-timeout=2s", "--dataref-token-file=\(folder.file("token"))",
            ]
            let (references, test) = try references("\(base),http://127.0.0.1:1/", more)
            let token = Array("Bearer secret".utf8)
            #expect(await references.completed(try event(base + "token", hash: Self.hash(token))).data == token)
            for (name, outcome) in [("large", "too_large"), ("missing", "gone"), ("moved", "refused")] {
                #expect(await references.completed(try event(base + name)).data == nil)
                #expect(count(outcome, test) == 1, "\(outcome)")
            }
            let clock = ContinuousClock()
            let start = clock.now
            // The place is left alone once it did not answer: twenty such events wait once.
            for _ in 0..<20 { #expect(await references.completed(try event("http://127.0.0.1:1/x")).data == nil) }
            #expect(clock.now - start < .seconds(20))
            #expect(count("unreachable", test) == 20)
            // Another place is still asked.
            #expect(await references.completed(try event(base + "token")).data == token)
            #expect(await references.completed(try event(base + "busy")).data == nil)
            #expect(count("unreachable", test) == 21)
        }
    }
}
