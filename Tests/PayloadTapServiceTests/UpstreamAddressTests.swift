import PayloadTapService
import ServiceKit
import TestSupport
import Testing

@Suite struct `Address of the model` {
    @Test(arguments: [
        ("http://127.0.0.1:8080", "127.0.0.1", false), ("https://model.example:8443", "model.example", true),
        ("https://[::1]:443", "::1", true), ("http://h:80", "h", false),
    ])
    func `is read and written`(text: String, host: String, isEncrypted: Bool) throws {
        let address = try #require(UpstreamAddress(text))
        #expect(address.description == text && address.host == host && address.isEncrypted == isEncrypted)
        #expect(UpstreamAddress(text + "/") == address)
    }

    @Test func `has the port of its scheme where it names none`() {
        #expect(UpstreamAddress("https://h")?.description == "https://h:443")
        #expect(UpstreamAddress("http://h")?.description == "http://h:80")
        #expect(UpstreamAddress("https://h") != UpstreamAddress("http://h:443"))
    }

    @Test(arguments: [
        "h:80", "https://", "https://h/p", "https://h:0", "ftp://h", "httpss://h", "unix:relative", "https://u@h",
    ])
    func `is refused where it is none`(text: String) {
        #expect(UpstreamAddress(text) == nil)
    }

    @Test(arguments: ["127.0.0.1", "::1", ""])
    func `has a name in its certificate, or none of its own`(name: String) throws {
        let error = try #require(throws: SettingsError.self) {
            try UpstreamTLS(host: "h", serverName: name, authorities: nil, isVerified: true)
        }
        #expect(error.key == "upstream.tls.server.name")
    }

    @Test func `needs a file of certificates where one is named`() throws {
        let folder = TemporaryDirectory()
        let error = try #require(throws: SettingsError.self) {
            try UpstreamTLS(host: "h", serverName: nil, authorities: folder.file("none.pem"), isVerified: true)
        }
        #expect(error.key == "upstream.tls.ca.file" && !error.remedy.isEmpty)
    }
}
