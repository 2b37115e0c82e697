import Foundation
import ONNXModels
import Prediction
import Statistics
import Tensors
import TestSupport
import Testing

@Suite(.enabled(if: ONNXFolder.hasRuntime, ONNXFolder.noRuntime))
struct `A graph that is damaged, hostile or foreign` {
    private func refusal(of folder: ONNXFolder) throws -> PredictionError {
        try #require(throws: PredictionError.self) { _ = try folder.open() }
    }

    @Test(arguments: [0, 1, 7, 100, 5_000, 9_000, 10_690])
    func `is refused when it is cut short`(length: Int) throws {
        let folder = try ONNXFolder(nil)
        folder.write(Array(try ONNXFolder.bytes(of: "digits_mlp.onnx").prefix(length)), to: "model.onnx")
        let error = try refusal(of: folder)
        #expect(error.code == .invalidModel && error.message.contains("model.onnx") && !error.remedy.isEmpty)
    }

    /// Bytes are changed at random; whatever becomes of it, an error of ours or a model, the process lives.
    @Test(arguments: ["digits_mlp", "cancer_forest", "digits_torch", "wine_mixed"])
    func `never ends the process`(graph: String) throws {
        var generator = SeededGenerator(seed: 11)
        let sound = try ONNXFolder.bytes(of: "\(graph).onnx")
        var refused = 0
        for _ in 0..<60 {
            var bytes = sound
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let folder = try ONNXFolder(nil)
            folder.write(bytes, to: "model.onnx")
            do {
                let model = try folder.open()
                _ = try model.predict(
                    Tensor(shape: [2, model.model.inputs.reduce(0) { $0 + $1.elementCount }], repeating: 1)
                )
            } catch is PredictionError {
                refused += 1
            }
        }
        #expect(refused > 0)
    }

    @Test func `is refused when it is something else`() throws {
        for bytes in [Array("GIF89a".utf8), [UInt8](repeating: 0x80, count: 64), Array("{\"ir_version\": 8}".utf8)] {
            let folder = try ONNXFolder(nil)
            folder.write(bytes, to: "model.onnx")
            #expect(try refusal(of: folder).code == .invalidModel)
        }
        let missing = try refusal(of: ONNXFolder(nil))
        #expect(missing.code == .notFound && missing.message.contains("model.onnx"))
    }

    @Test func `with operators of somebody's own is refused in the runtime's words`() throws {
        let error = try refusal(of: ONNXFolder("custom_operator"))
        #expect(error.code == .invalidModel)
        for mention in ["com.example", "Explode", "ONNX Runtime"] { #expect(error.message.contains(mention)) }
    }

    @Test func `may keep its weights in a file of the folder, and nowhere else`() throws {
        let inside = try ONNXFolder("external")
        #expect(try refusal(of: inside).code == .notFound)
        inside.write(try ONNXFolder.bytes(of: "weights.bin"), to: "weights.bin")
        #expect(try inside.open().predict(Tensor(shape: [2, 2], elements: [0, 0, 1, 1])).elements == [1, -2, 2, -1])

        for graph in ["external_outside", "external_absolute", "external_hidden"] {
            let error = try refusal(of: ONNXFolder(graph))
            #expect(error.code == .invalidModel && error.message.contains("outside"), "\(error)")
        }
    }

    @Test func `may not reach outside by a link`() throws {
        let elsewhere = TemporaryDirectory()
        elsewhere.write(try ONNXFolder.bytes(of: "weights.bin"), to: "weights.bin")
        let folder = try ONNXFolder("external")
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/weights.bin",
            withDestinationPath: elsewhere.file("weights.bin")
        )
        #expect(try refusal(of: folder).message.contains("outside"))
    }

    @Test(arguments: ["wine_zipmap", "wine_zipmap_numbers"])
    func `that ends in a map is refused with the way to export it`(name: String) throws {
        let error = try refusal(of: ONNXFolder(name))
        #expect(error.message.contains("output_probability") && error.remedy.contains("zipmap"))
    }

    @Test func `of another element type is refused by name`() throws {
        #expect(try refusal(of: ONNXFolder("half")).message.contains("float16"))
    }

    @Test func `that mixes up its rows is refused when it answers`() throws {
        let model = try ONNXFolder("lost_rows").open()
        let error = try #require(throws: PredictionError.self) {
            _ = try model.predict(Tensor(shape: [3, 2], repeating: 1))
        }
        #expect(error.code == .invalidModel && error.message.contains("3 rows"))
    }

    private static let input = "[[inputs]]\nname = \"X\"\nshape = [64]\n"
    private static let output = "[[outputs]]\nname = \"probabilities\"\nshape = [10]\n"

    @Test(arguments: [
        ("[[inputs]]\nname = \"x\"\nshape = [64]\n" + output, ["x", "X float32 [?, 64]"]),
        ("[[inputs]]\nname = \"X\"\nshape = [63]\n" + output, ["63", "X", "[?, 64]"]),
        (input + "[[outputs]]\nname = \"p\"\nshape = [10]\n", ["p", "probabilities"]),
        (input + "[[outputs]]\nname = \"probabilities\"\nshape = [11]\n", ["11", "[?, 10]"]),
        (input, ["output"]),
        (
            "[[inputs]]\nname = \"a\"\ntensor = \"X\"\nshape = [60]\n[[inputs]]\nname = \"b\"\ntensor = \"X\"\nindex = 62\nshape = [2]\n"
                + output, ["gaps"]
        ),
    ])
    func `that its schema does not describe is refused by both`(schema: String, mentions: [String]) throws {
        let error = try refusal(of: ONNXFolder("digits_mlp", schema: schema))
        #expect(error.code == .invalidDescription)
        for mention in mentions {
            #expect(error.message.contains(mention) || error.remedy.contains(mention), "\(error)")
        }
    }

    @Test(arguments: [
        ("file = \"../model.onnx\"", "file"), ("file = \"\"", "file"), ("threads = 0", "threads"),
        ("activation = \"relu\"", "activation"), ("custom_ops = \"lib.so\"", "custom_ops"),
    ])
    func `with a key that it may not have is refused by the key`(line: String, mention: String) throws {
        let error = try refusal(of: ONNXFolder("digits_mlp", lines: line + "\n"))
        #expect(error.code == .invalidDescription && error.message.contains(mention))
    }

    @Test func `that leaves an input undescribed is refused`() throws {
        let schema = "[[inputs]]\nname = \"alcohol\"\nshape = [1]\n[[outputs]]\nname = \"probabilities\"\nshape = [3]\n"
        #expect(try refusal(of: ONNXFolder("wine_mixed", schema: schema)).message.contains("colour"))
        // Nobody can guess the categories of texts.
        #expect(try refusal(of: ONNXFolder("wine_mixed")).message.contains("colour"))
    }
}
