import FoundationEssentials
import Prediction
import Tensors
import TestSupport
import TreeModels

/// A model file of another library, rows, and what the library says of them; written by `scripts/reference/tree_models_*.py`.
struct Reference: Sendable, CustomStringConvertible {
    let name: String
    let file: String
    let kind: TreeModelFile

    var description: String { name }

    /// Every reference beside the tests.
    static let all: [Reference] = {
        let folder = path(of: "References")
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.sorted().compactMap { file in
            guard !file.hasSuffix(".npz"),
                let kind = TreeModelFile.allCases.first(where: { file.hasPrefix($0.rawValue) })
            else { return nil }
            return Reference(
                name: String(file.prefix(upTo: file.lastIndex(of: ".") ?? file.endIndex)),
                file: file,
                kind: kind
            )
        }
    }()

    static func named(_ name: String) throws -> Reference {
        guard let reference = all.first(where: { $0.name == name }) else { throw Missing(name: name) }
        return reference
    }

    struct Missing: Error {
        let name: String
    }

    var bytes: [UInt8] { TestSupport.bytes(ofFile: path(of: "References/\(file)")) }

    func predictor(rounds: BoostingRounds = .best) throws -> any Predictor {
        try kind.predictor(bytes, rounds: rounds, name: name, version: "1")
    }

    /// The rows, shape `[n, features]`, the library's outputs, and its margins where it tells them.
    func values() throws -> (x: Tensor<Float>, outputs: Tensor<Double>, margins: Tensor<Double>?) {
        let arrays = try NPZ.read(path: path(of: "References/\(name).npz"))
        guard let x = arrays["x"], let outputs = arrays["outputs"] else { throw Missing(name: name) }
        return (try x.converted(), try outputs.converted(), try arrays["margins"]?.converted())
    }
}
