import AdversarialDetection
import Methods
import TestSupport
import Testing

@Suite struct `Documented adversarial monitors` {
    @Test func `are read as they stand`() throws {
        let text = String(
            decoding: bytes(ofFile: path(of: "../../docs/reference/examples/adversarial.toml")),
            as: UTF8.self
        )
        let configuration = try MonitorConfiguration(
            parsing: text,
            catalog: MethodCatalog(AdversarialDetection.factories)
        )
        #expect(configuration.parameters.flag("correct"))
    }

    @Test func `have every key on the reference page`() {
        let page = String(decoding: bytes(ofFile: path(of: "../../docs/reference/config-toml.md")), as: UTF8.self)
        for parameter in AdversarialDetection.factories.flatMap(\.parameters) {
            #expect(page.contains("`\(parameter.name)`"))
        }
    }
}
