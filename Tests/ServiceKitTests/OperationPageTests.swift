import Foundation
import ServiceKit
import Testing

@Suite struct `Page on operation` {
    /// The tables of settings that the page must hold as they are.
    static let tables: [(name: String, settings: [any Setting])] = [
        ("process", ProcessSettings.all(of: "<service>")),
        ("listener", HTTPSettings.keys(listen: "127.0.0.1:0")),
        ("consumer", ConsumerSettings.keys),
        ("subscription", SubscriptionSettings.keys),
        ("references", ReferenceSettings.keys),
        ("sinks", SinkSettings.keys),
        ("replicas", PeerSettings.keys),
    ]

    @Test(arguments: tables)
    func `has every setting as it is declared`(name: String, settings: [any Setting]) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/operation.md"), encoding: .utf8)
        let table = SettingsHelp.table(settings)
        for line in table.split(separator: "\n") { #expect(page.contains(line), "add: \(line)") }
    }
}
