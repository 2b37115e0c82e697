import CloudEvents
import Foundation
import JSON
import Testing

@Suite struct `docs/reference/events.md` {
    static let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/reference/events.md")

    @Test func `shows the golden events as they are`() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let examples = text.components(separatedBy: "```json\n").dropFirst().map {
            $0.components(separatedBy: "\n```")[0]
        }
        #expect(examples.count >= 5)
        for example in examples {
            let event = try JSONFormat.decode(Array(example.utf8))
            #expect(try JSONValue(parsing: example) == JSONValue(parsing: `Golden events`.bytes(event.type)))
        }
    }

    @Test func `names every type`() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        for type in EventType.all { #expect(text.contains("| `\(type)` |"), "\(type)") }
    }
}
