import Foundation
import Prediction
import TestSupport
import Testing
import TreeModels

/// `docs/reference/tree-models.md`, read as the product reads it.
@Suite struct `The reference page of other libraries' models` {
    private let page: String

    init() throws {
        page = try String(contentsOfFile: path(of: "../../docs/reference/tree-models.md"), encoding: .utf8)
    }

    @Test func `shows a folder that opens`() throws {
        let start = try #require(page.range(of: "```toml\n"))
        let end = try #require(page.range(of: "```", range: start.upperBound..<page.endIndex))
        let directory = TemporaryDirectory()
        directory.write(Array(page[start.upperBound..<end.lowerBound].utf8), to: "model.toml")
        directory.write(try Reference.named("xgboost-3.2-best").bytes, to: "model.ubj")
        let model = try ModelRuntimes(TreeRuntime.all).open(folder: directory.path).model
        #expect(model.name == "credit" && model.classes == ["0", "1"])
    }

    @Test func `names every kind, and every objective that a reference has`() throws {
        for kind in TreeModelFile.allCases { #expect(page.contains("`\(kind.rawValue)`")) }
        for reference in Reference.all where reference.kind != .scikitLearn && !reference.file.hasSuffix(".ubj") {
            let text = String(decoding: reference.bytes, as: UTF8.self)
            let marker = reference.kind == .xgboost ? "\"objective\":{\"name\":\"" : "\nobjective="
            guard let start = text.range(of: marker)?.upperBound else { continue }
            let name = text[start...].prefix { !" \"\n,".contains($0) }
            let family = name.hasPrefix("rank:") ? "rank:…" : name
            #expect(page.contains("`\(family)`"), "\(reference.name): \(name)")
        }
    }
}
