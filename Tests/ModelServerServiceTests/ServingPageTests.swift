import Foundation
import ModelServerService
import ServiceKit
import Testing

@Suite struct `The pages of the model server` {
    private func page(_ name: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs/\(name)"), encoding: .utf8)
    }

    @Test func `list the settings as the code has them`() throws {
        let page = try page("model-server.md")
        for setting in ModelServerConfiguration.own {
            let shown = setting.defaultText.isEmpty ? "not set" : setting.defaultText
            let line = "| `\(setting.name)` | \(shown) | \(setting.meaning) |"
            #expect(page.contains(line), "\(line)")
        }
    }

    @Test func `show a serving file that is read as the page says`() throws {
        let page = try page("reference/serving.md")
        let example = try #require(page.components(separatedBy: "```toml\n").dropFirst().first)
        let text = try #require(example.components(separatedBy: "```").first)
        let settings = try ServingSettings(parsing: text, file: "serving.toml")
        #expect(settings.version == "3" && settings.concurrency == 16)
        #expect(settings.canary == .init(version: "4", share: 0.05))
        #expect(settings.shadow == .init(version: "5", share: 1))
        #expect(settings.batchRows == 32 && settings.batchLatency == .milliseconds(5))
        #expect(settings.warmUpRows == "rows.npy")
    }

    static let refused: [(text: String, says: String)] = [
        ("versions = \"3\"", "Known keys here: batch, canary, concurrency, shadow, version, warmup"),
        ("[canary]\nversion = \"2\"", "share"),
        ("[canary]\nversion = \"2\"\nshare = 1.5", "0.0 to 1.0"),
        ("version = \"2\"\n[canary]\nversion = \"2\"\nshare = 0.5", "canary"),
        ("concurrency = 0", "from 1 to 100000"),
        ("[warmup]\nrows = \"../rows.npy\"", "beside the versions"),
        ("[batch]\nlatency = 5", "duration"),
    ]

    @Test(arguments: refused)
    func `names the key of a serving file that cannot be meant`(text: String, says: String) throws {
        let error = #expect(throws: (any Error).self) { try ServingSettings(parsing: text, file: "serving.toml") }
        let message = "\(try #require(error))"
        #expect(message.contains("serving.toml") && message.contains(says), "\(message)")
    }
}
