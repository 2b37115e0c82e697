import Foundation
import NativeModels
import NeuralNetworks
import Prediction
import Tensors
import TestSupport
import Testing

/// The two places of a copy of weights, for tests that try both.
enum SnapshotPlaceOfTest: CaseIterable {
    case memory, folder

    func place(_ scratch: TemporaryDirectory) -> SnapshotPlace { self == .memory ? .memory : .folder(scratch.path) }
}

@Suite struct `Weights of a model that is loaded` {
    private let model: NativeModel
    private let batch = Tensor<Float>(shape: [3, 4, 4, 1], repeating: 5)

    init() throws { model = try `A native model`.make() }

    private func saved(_ scratch: TemporaryDirectory, _ name: String = "1") throws -> String {
        let folder = scratch.file(name)
        try model.save(folder: folder)
        return folder
    }

    @Test(arguments: SnapshotPlaceOfTest.allCases)
    func `stay what they were whatever becomes of the file`(place: SnapshotPlaceOfTest) throws {
        let scratch = TemporaryDirectory()
        let folder = try saved(scratch)
        let path = folder + "/weights.safetensors"
        let loaded = try NativeModel.load(folder: folder, weights: place.place(scratch))
        let expected = try model.predict(batch)
        #expect(try loaded.predict(batch) == expected)
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        // Overwritten in its place, cut short, gone: of a map of the file itself the second would end this process.
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.write(contentsOf: Data(repeating: 0xFF, count: try #require(size)))
        #expect(try loaded.predict(batch) == expected)
        try handle.truncate(atOffset: 0)
        #expect(try loaded.predict(batch) == expected)
        try FileManager.default.removeItem(atPath: path)
        #expect(try loaded.predict(batch) == expected)
        #expect(try loaded.gradient(ofOutput: [0, 1, 2], at: batch) == model.gradient(ofOutput: [0, 1, 2], at: batch))
    }

    /// The maps of this process that lie in a folder.
    private static func maps(in folder: String) -> [String] {
        memoryMaps(ofProcess: "self").filter { $0.contains(folder) }
    }

    @Test func `are mapped from a file without a name, once for a model that is opened twice, and let go with it`()
        throws
    {
        let scratch = TemporaryDirectory()
        let model = try `A native model`.make(seed: 41)  // nobody else has this one open
        for name in ["1", "elsewhere"] { try model.save(folder: scratch.file(name)) }
        let copies = scratch.file("state")
        try FileManager.default.createDirectory(atPath: copies, withIntermediateDirectories: false)
        try withExtendedLifetime(NativeModel.load(folder: scratch.file("1"), weights: .folder(copies))) { first in
            let again = try NativeModel.load(folder: scratch.file("elsewhere"), weights: .folder(copies))
            #expect(again.network === first.network)
            let maps = Self.maps(in: copies)
            #expect(maps.count == 1 && maps[0].contains("r--p") && maps[0].contains("(deleted)"), "\(maps)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: copies).isEmpty)
            #expect(try again.predict(batch) == model.predict(batch))
        }
        #expect(Self.maps(in: copies).isEmpty)
    }

    @Test func `are in memory where the folder cannot take a copy`() throws {
        let scratch = TemporaryDirectory()
        let loaded = try NativeModel.load(folder: saved(scratch), weights: .folder(scratch.file("nowhere")))
        #expect(try loaded.predict(batch) == model.predict(batch))
    }

    @Test func `of other values make another network`() throws {
        let scratch = TemporaryDirectory()
        let first = try NativeModel.load(folder: saved(scratch))
        try `A native model`.make(seed: 9).save(folder: scratch.file("2"))
        let second = try NativeModel.load(folder: scratch.file("2"))
        #expect(second.network !== first.network && second.network.layers == first.network.layers)
        #expect(try second.predict(batch) != first.predict(batch))
    }

    @Test(arguments: 0..<4)
    func `are right when they do not stand at multiples of their width`(shift: Int) throws {
        let scratch = TemporaryDirectory()
        let folder = try saved(scratch)
        let path = folder + "/weights.safetensors"
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        // Spaces after the header are part of it: they push the numbers out of place.
        let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
        bytes.insert(contentsOf: [UInt8](repeating: 0x20, count: shift), at: 8 + length)
        bytes[0] += UInt8(shift)
        try Data(bytes).write(to: URL(filePath: path))
        let loaded = try NativeModel.load(folder: folder, weights: .folder(scratch.path))
        #expect(try loaded.predict(batch) == model.predict(batch))
    }

    @Test func `serve many threads at once`() async throws {
        let scratch = TemporaryDirectory()
        let loaded = try NativeModel.load(folder: saved(scratch), weights: .folder(scratch.path))
        let expected = try model.predict(batch)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for task in 0..<8 {
                group.addTask {
                    try (0..<200).allSatisfy { _ in
                        let rows = 1 + task % 3
                        return try loaded.predict(batch.rows(0..<rows)) == expected.rows(0..<rows)
                    }
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }

    @Test func `train on in memory of their own`() throws {
        let scratch = TemporaryDirectory()
        let loaded = try NativeModel.load(folder: saved(scratch), weights: .folder(scratch.path))
        let before = loaded.network.weights
        var trainer = Trainer()
        trainer.epochs = 1
        trainer.batchSize = 3
        let examples = try TrainingExamples(inputs: batch, labels: [0, 1, 2], classes: 3)
        let trained = try trainer.train(loaded.network, on: examples, objective: .softmaxCrossEntropy()).network
        #expect(loaded.network.weights == before)
        #expect(trained.weights["dense1.weight"] != before["dense1.weight"])
    }
}
