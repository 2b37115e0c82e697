import Foundation
import NativeModels
import NeuralNetworks
import Prediction
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `A model folder` {
    @Test func `gives back what was saved`() throws {
        let scratch = TemporaryDirectory()
        let model = try `A native model`.make()
        let saved = try NativeModel(
            model.model,
            network: model.network,
            training: TrainingRecord(architecture: "cnn", seed: .max, epochs: 3, rows: 10, validationAccuracy: 0.5)
        )
        try saved.save(folder: scratch.path + "/1")
        let loaded = try NativeModel.load(folder: scratch.path)
        #expect(loaded.model == saved.model)
        #expect(loaded.training == saved.training)
        #expect(loaded.network.layers == saved.network.layers)
        let batch = Tensor<Float>(shape: [2, 4, 4, 1], repeating: 3)
        #expect(try loaded.predict(batch) == saved.predict(batch))
        try saved.save(folder: scratch.path + "/1")
    }

    @Test func `every layer reads back from its text`() throws {
        let layers: [Layer] =
            [
                .rescale(scale: [0.1, 2], offset: [1e-7, -3]), .dense(units: 4, bias: false),
                .convolution(filters: 2, kernel: 3, stride: 2, padding: .valid, bias: false),
                .transposedConvolution(filters: 2, kernel: 4, stride: 2), .maxPooling(size: 3, stride: 2),
                .averagePooling(size: 2), .globalAveragePooling, .globalMaxPooling, .upsampling(factor: 2),
                .batchNormalisation(momentum: 0.99, epsilon: 1e-5), .dropout(rate: 0.3), .flatten, .reshape([2, 3]),
                .relu,
                .activation(.leakyReLU(slope: 0.2)), .activation(.elu(alpha: 0.5)),
                .convolution(filters: 4, kernel: 3, padding: .pixels(2), dilation: 2, groups: 2),
                .transposedConvolution(filters: 4, kernel: 3, stride: 2, padding: .pixels(0), dilation: 3, groups: 4),
                .transposedConvolution(filters: 4, kernel: 3, stride: 2, padding: .valid, outputPadding: 1),
                .sequenceConvolution(filters: 4, kernel: 5, stride: 2, padding: .pixels(1), dilation: 2, bias: false),
                .layerNormalisation(epsilon: 1e-6), .groupNormalisation(groups: 2), .embedding(entries: 10, size: 3),
                .lstm(units: 4, returns: .last, bidirectional: true), .gru(units: 4), .normalSampling,
                .selfAttention(heads: 2, causal: true), .selfAttention(heads: 1),
                .residual([.dense(units: 3), .residual([.relu, .flatten]), .activation(.tanh)]), .dense(units: 1),
            ] + Activation.plain.map(Layer.activation)
        let file = ModelFile(header: ModelHeader(name: "a \"b\"", version: "2"), inputShape: [8, 8, 2], layers: layers)
        #expect(try ModelFile(parsing: file.text, file: "model.toml") == file)
    }

    @Test func `of versions gives the newest by number`() throws {
        let scratch = TemporaryDirectory()
        let model = try `A native model`.make()
        for version in ["2", "10", "9", "draft"] {
            var description = model.model
            description.version = version
            try NativeModel(description, network: model.network).save(folder: "\(scratch.path)/\(version)")
        }
        #expect(try NativeModel.load(folder: scratch.path).model.version == "10")
        #expect(try NativeModel.load(folder: scratch.path + "/draft").model.version == "draft")
        let error = try #require(throws: PredictionError.self) { _ = try NativeModel.load(folder: "/nowhere") }
        #expect(error.code == .notFound)
    }

    /// What is done to a sound folder, and what the refusal names.
    struct Damage: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let mentions: [String]
        let apply: @Sendable (_ folder: String) throws -> Void

        init(_ name: String, _ mentions: [String], apply: @escaping @Sendable (String) throws -> Void) {
            testDescription = name
            self.mentions = mentions
            self.apply = apply
        }

        init(_ name: String, _ mentions: String..., apply: @escaping @Sendable (String) throws -> Void) {
            self.init(name, mentions, apply: apply)
        }

        /// Replaces text in a file of the folder.
        /// - Parameter blames: The file that the error names where it is not the changed one: layers and weights that do
        ///   not fit each other are told of the weights.
        static func replace(
            _ old: String,
            _ new: String,
            in file: String,
            blames: String? = nil,
            _ mentions: String...
        ) -> Damage {
            Damage("\(old) becomes \(new)", [blames ?? file] + mentions) { folder in
                let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
                try #require(text.contains(old))
                try text.replacingOccurrences(of: old, with: new)
                    .write(toFile: "\(folder)/\(file)", atomically: true, encoding: .utf8)
            }
        }
    }

    static let damages = [
        Damage.replace("units = 3", "units = 4", in: "model.toml", blames: "weights.safetensors", "dense1"),
        .replace("filters = 4", "filters = 1000000000000", in: "model.toml", "filters"),
        .replace("type = \"tanh\"", "type = \"pickle\"", in: "model.toml", "layers.3", "pickle"),
        .replace("kernel = 3", "kernel = 3\ncode = \"import os\"", in: "model.toml", "layers.1", "code"),
        .replace("format_version = 1", "format_version = 2", in: "model.toml", "format_version"),
        .replace(
            "input_shape = [4, 4, 1]",
            "input_shape = [4, 4, 2]",
            in: "model.toml",
            blames: "weights.safetensors",
            "convolution1"
        ),
        .replace("input_shape = [4, 4, 1]", "input_shape = [-4, -4, 1]", in: "model.toml", "input shape"),
        .replace("name = \"small\"", "name = small", in: "model.toml", "line 2"),
        .replace("classes = [\"a\", \"b\", \"c\"]", "classes = [\"a\", \"b\"]", in: "schema.toml", "classes"),
        .replace("shape = [4, 4, 1]", "shape = [4, 5, 1]", in: "schema.toml", "16"),
        Damage("no schema", "schema.toml") { try FileManager.default.removeItem(atPath: "\($0)/schema.toml") },
        Damage("no weights", "weights.safetensors") {
            try FileManager.default.removeItem(atPath: "\($0)/weights.safetensors")
        },
        Damage("weights cut short", "weights.safetensors") { folder in
            let url = URL(filePath: "\(folder)/weights.safetensors")
            try Data(contentsOf: url).dropLast(10).write(to: url)
        },
        Damage("weights that are a pickle", "weights.safetensors") { folder in
            try Data([0x80, 0x04, 0x95] + [UInt8](repeating: 0x2E, count: 200))
                .write(to: URL(filePath: "\(folder)/weights.safetensors"))
        },
        Damage("a description of another encoding", "model.toml", "UTF-8") { folder in
            try Data([0xFF, 0xFE, 0x00]).write(to: URL(filePath: "\(folder)/model.toml"))
        },
        Damage("a description without end", "model.toml") { folder in
            try Data(repeating: 0x23, count: 2 << 20).write(to: URL(filePath: "\(folder)/model.toml"))
        },
        Damage("a folder in place of a file", "model.toml") { folder in
            try FileManager.default.removeItem(atPath: "\(folder)/model.toml")
            try FileManager.default.createDirectory(atPath: "\(folder)/model.toml", withIntermediateDirectories: true)
        },
        Damage("blocks within blocks", "model.toml", "deep") { folder in
            var text = "format_version = 1\nname = \"x\"\nversion = \"1\"\ninput_shape = [4, 4, 1]\n"
            for depth in 1...20 {
                text += "[[\(Array(repeating: "layers", count: depth).joined(separator: "."))]]\ntype = \"residual\"\n"
            }
            try text.write(toFile: "\(folder)/model.toml", atomically: true, encoding: .utf8)
        },
    ]

    @Test(arguments: damages)
    func `that is damaged, hostile or foreign is refused by file and field`(damage: Damage) throws {
        let scratch = TemporaryDirectory()
        try `A native model`.make().save(folder: scratch.path)
        try damage.apply(scratch.path)
        let error = try #require(throws: PredictionError.self) { _ = try NativeModel.load(folder: scratch.path) }
        for mention in damage.mentions { #expect(error.description.contains(mention), "\(error)") }
        #expect(!error.remedy.isEmpty)
    }
}
