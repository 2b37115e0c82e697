import Foundation
import ModelServerService
import NativeModels
import NeuralNetworks
import Prediction
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `Weights of a served model` {
    private let directory = TemporaryDirectory()
    private let batch = Tensor<Float>(shape: [2, 4], repeating: 0.5)

    private var weights: String { directory.file("models/small/1/weights.safetensors") }

    private func repository() async throws -> ModelRepository {
        var generator = SeededGenerator(seed: 1)
        let network = try Network(inputShape: [4], layers: [.dense(units: 3)], using: &generator)
        let description = ModelDescription(
            name: "small",
            version: "1",
            inputs: [ColumnDescription(name: "x", shape: [4])],
            outputs: [ColumnDescription(name: "probabilities", shape: [3], classes: ["a", "b", "c"])]
        )
        try NativeModel(description, network: network).save(folder: directory.file("models/small/1"))
        try FileManager.default.createDirectory(atPath: directory.file("state"), withIntermediateDirectories: true)
        let runtimes = ModelRuntimes([NativeRuntime(weights: .folder(directory.file("state")))])
        let repository = ModelRepository(directory: directory.file("models"), runtimes: runtimes)
        try await repository.start()
        return repository
    }

    @Test func `answer as before when their file is overwritten, cut short and removed`() async throws {
        let repository = try await repository()
        let model = try await repository.model("small")
        let expected = try model.predict(batch)
        let size = try Data(contentsOf: URL(filePath: weights)).count
        let file = try #require(FileHandle(forWritingAtPath: weights))
        try file.write(contentsOf: Data(repeating: 0xFF, count: size))
        #expect(try model.predict(batch) == expected)
        try file.truncate(atOffset: 0)
        #expect(try model.predict(batch) == expected)
        try FileManager.default.removeItem(atPath: weights)
        #expect(try model.predict(batch) == expected)
        // Nothing is left in the state directory, whatever becomes of the process.
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.file("state")).isEmpty)
    }

    @Test func `that are hostile are refused by file, tensor and remedy, and what is served goes on`() async throws {
        let repository = try await repository()
        let expected = try await repository.model("small").predict(batch)
        let sound = [UInt8](try Data(contentsOf: URL(filePath: weights)))
        for hostile in HostileSafetensors.all {
            try Data(hostile.bytes(sound, "dense1.weight")).write(to: URL(filePath: weights))
            do {
                try await repository.load("small")
                Issue.record("\(hostile.name) was taken")
            } catch {
                let text = "\(error)"
                #expect(text.contains(weights), "\(hostile.name): \(text)")
                if hostile.blamesTensor { #expect(text.contains("dense1"), "\(hostile.name): \(text)") }
            }
            #expect(try await repository.model("small").predict(batch) == expected)
        }
    }
}
