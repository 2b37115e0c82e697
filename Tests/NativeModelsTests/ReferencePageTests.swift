import Foundation
import NativeModels
import NeuralNetworks
import Prediction
import Statistics
import Testing

/// The examples of `docs/reference/model-folder.md`, read as the product reads them.
@Suite struct `The reference page of model folders` {
    private let page: String

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        page = try String(contentsOf: root.appending(path: "docs/reference/model-folder.md"), encoding: .utf8)
    }

    /// The first block of TOML under a heading.
    private func example(_ heading: String) throws -> String {
        let section = try #require(page.range(of: "## \(heading)\n"))
        let start = try #require(page.range(of: "```toml\n", range: section.upperBound..<page.endIndex))
        let end = try #require(page.range(of: "```", range: start.upperBound..<page.endIndex))
        return String(page[start.upperBound..<end.lowerBound])
    }

    @Test func `shows a model that can be built`() throws {
        let file = try ModelFile(parsing: example("model.toml"), file: "model.toml")
        var generator = SeededGenerator(seed: 0)
        let network = try Network(inputShape: file.inputShape, layers: file.layers, using: &generator)
        #expect(network.outputShape == [10])
        // The names that the page gives for weights exist.
        let names = network.weightShapes.map(\.name)
        #expect(names.contains("residual1.convolution1.weight"))
        #expect(names.contains("residual1.projection.convolution1.weight"))
        #expect(file.training?.validationAccuracy == 0.99)
    }

    @Test func `names every type of layer`() throws {
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }.joined()
        for type in Layer.typeNames { #expect(rows.contains("`\(type)`"), "\(type)") }
    }

    @Test func `shows a schema and a map that can be read`() throws {
        let schema = try ModelSchema(parsing: example("schema.toml"))
        #expect(schema.inputSize == 3_074 && schema.outputSize == 2)
        #expect(schema.inputs[0].isSensitive && schema.inputs[1].categories.count == 3)
        let map = try ModelMap(parsing: example("models.toml"))
        #expect(try map.entry(for: "digits").location == .path("models/digits"))
        #expect(try map.entry(for: "credit").timeout == .seconds(2))
    }
}
