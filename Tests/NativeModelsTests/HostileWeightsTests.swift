import Foundation
import NativeModels
import Prediction
import TestSupport
import Testing

@Suite struct `A model folder with hostile weights` {
    private static let tensor = "convolution1.weight"

    @Test(arguments: HostileSafetensors.all.indices)
    func `is refused by file, tensor and remedy`(index: Int) throws {
        let hostile = HostileSafetensors.all[index]
        for place in [SnapshotPlaceOfTest.memory, .folder] {
            let scratch = TemporaryDirectory()
            try `A native model`.make().save(folder: scratch.path)
            let path = scratch.file("weights.safetensors")
            let sound = [UInt8](try Data(contentsOf: URL(filePath: path)))
            scratch.write(hostile.bytes(sound, Self.tensor), to: "weights.safetensors")
            let error = try #require(throws: PredictionError.self, "\(hostile.name)") {
                _ = try NativeModel.load(folder: scratch.path, weights: place.place(scratch))
            }
            #expect(error.code == .invalidModel, "\(hostile.name): \(error)")
            #expect(error.message.contains(path), "\(hostile.name): \(error)")
            if hostile.blamesTensor { #expect(error.message.contains(Self.tensor), "\(hostile.name): \(error)") }
            #expect(!error.remedy.isEmpty, "\(hostile.name): \(error)")
        }
    }

    @Test func `is refused where the weights are a folder, a pipe, a device or a link to nothing`() throws {
        let kinds: [(String, (String) throws -> Void)] = [
            ("a folder", { try FileManager.default.createDirectory(atPath: $0, withIntermediateDirectories: false) }),
            ("a pipe", { _ = mkfifo($0, 0o600) }),
            ("a device", { try FileManager.default.createSymbolicLink(atPath: $0, withDestinationPath: "/dev/zero") }),
            ("nothing", { try FileManager.default.createSymbolicLink(atPath: $0, withDestinationPath: "/nowhere") }),
        ]
        for (name, make) in kinds {
            let scratch = TemporaryDirectory()
            try `A native model`.make().save(folder: scratch.path)
            let path = scratch.file("weights.safetensors")
            try FileManager.default.removeItem(atPath: path)
            try make(path)
            let error = try #require(throws: PredictionError.self, "\(name)") {
                _ = try NativeModel.load(folder: scratch.path)
            }
            #expect(error.message.contains(path) && !error.remedy.isEmpty, "\(name): \(error)")
        }
    }

    @Test func `is refused by size before anything is read`() throws {
        let scratch = TemporaryDirectory()
        try `A native model`.make().save(folder: scratch.path)
        let path = scratch.file("weights.safetensors")
        truncate(path, 1 << 40)  // a terabyte of nothing
        let error = try #require(throws: PredictionError.self) { _ = try NativeModel.load(folder: scratch.path) }
        #expect(error.code == .invalidModel && error.message.contains("\(1 << 40)"), "\(error)")
    }
}
