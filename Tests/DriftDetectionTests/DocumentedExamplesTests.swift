import DriftDetection
import Foundation
import JSON
import Methods
import TestSupport
import Testing

@Suite struct `Documented drift monitors` {
    @Test(arguments: ["drift-on-outputs", "drift-on-codes", "drift-on-a-table"])
    func `are read as they stand`(name: String) throws {
        let text = String(
            decoding: bytes(ofFile: path(of: "../../docs/reference/examples/\(name).toml")),
            as: UTF8.self
        )
        let configuration = try MonitorConfiguration(parsing: text, catalog: Fixture.catalog)
        #expect(configuration.monitor?.model == (name == "drift-on-a-table" ? nil : "digits"))
    }

    @Test func `have every key on the reference page, with its default and its meaning`() throws {
        let page = String(decoding: bytes(ofFile: path(of: "../../docs/reference/config-toml.md")), as: UTF8.self)
        for factory in DriftDetection.factories {
            let heading = "### `\(factory.name)`\n"
            let start = try #require(page.range(of: heading), "\(factory.name) has a section").upperBound
            let section = page[start...].prefix(
                upTo: page.range(of: "\n##", range: start..<page.endIndex)?.lowerBound ?? page.endIndex
            )
            for parameter in factory.parameters {
                let row = section.split(separator: "\n").first { $0.hasPrefix("| `\(parameter.name)` |") }
                let cell = try #require(
                    row?.split(separator: "|").dropFirst().first,
                    "\(factory.name) \(parameter.name)"
                )
                #expect(cell.filter { $0 != " " && $0 != "`" } == parameter.fallback?.text ?? "–")
            }
        }
    }
}
