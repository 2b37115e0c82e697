import Methods
import OutlierDetection
import TestSupport
import Testing

@Suite struct `Documented outlier monitors` {
    @Test func `are read as they stand`() throws {
        let text = String(
            decoding: bytes(ofFile: path(of: "../../docs/reference/examples/outlier.toml")),
            as: UTF8.self
        )
        let configuration = try MonitorConfiguration(parsing: text, catalog: MethodCatalog(OutlierDetection.factories))
        #expect(configuration.monitor?.event == .request)
    }

    @Test func `have every key on the reference page`() {
        let page = String(decoding: bytes(ofFile: path(of: "../../docs/reference/config-toml.md")), as: UTF8.self)
        for parameter in OutlierDetection.factories.flatMap(\.parameters) {
            #expect(page.contains("| `\(parameter.name)` |"))
        }
    }
}
