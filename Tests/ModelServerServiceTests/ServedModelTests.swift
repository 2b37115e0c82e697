import HTTPMessages
import HTTPTypes
import JSON
import ModelServerService
import NIOCore
import OpenInference
import Prediction
import ServiceKit
import Tensors
import Testing

/// Gives each row its sum and its first value: two outputs whose values show which inputs came where.
private struct SumPredictor: Predictor {
    let model: ModelDescription

    func predict(_ batch: Tensor<Float>) throws -> Tensor<Float> {
        var elements: [Float] = []
        for row in 0..<batch.rows {
            let values = batch.rows(row..<row + 1).elements
            elements += [values.reduce(0, +), values[0]]
        }
        return try Tensor(shape: [batch.rows, 2], elements: elements)
    }
}

@Suite struct `Served model` {
    /// One input of two values, one output of two.
    private let plain = ServedModel(
        name: "sum",
        version: "2",
        platform: "sums",
        predictor: SumPredictor(
            model: ModelDescription(
                name: "sum",
                version: "2",
                inputs: [ColumnDescription(name: "x", shape: [2])],
                outputs: [ColumnDescription(name: "y", shape: [2])]
            )
        )
    )

    private func answer(_ body: String) throws -> InferenceResponse {
        try Self.answer(of: plain, Array(body.utf8))
    }

    /// The answer of a model to a request over HTTP.
    private static func answer(
        of model: ServedModel,
        _ body: [UInt8],
        jsonLength: Int? = nil
    ) throws -> InferenceResponse {
        let response = try reply(of: model, body, jsonLength: jsonLength)
        return try InferenceResponse(
            decoding: Array(response.body.readableBytesView),
            jsonLength: response.headers.first { $0.name == "Inference-Header-Content-Length" }.flatMap {
                Int($0.value)
            }
        )
    }

    private static func reply(of model: ServedModel, _ body: [UInt8], jsonLength: Int?) throws -> HotResponse {
        let length = jsonLength.map { [(name: "Inference-Header-Content-Length", value: String($0))] } ?? []
        let request = HotRequest(method: .post, path: "", fields: .list(length), body: ByteBuffer(bytes: body))
        return try model.answer(OpenInferenceCall(request)).reply
    }

    static let bodies = [
        #"{"id":"7","inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[1,2,3,4]}]}"#,
        #"{"id":"7","inputs":[{"name":"x","shape":[2,2],"datatype":"FP64","data":[[1,2],[3,4]]}]}"#,
        #"{"id":"7","inputs":[{"name":"x","shape":[2,2],"datatype":"INT8","data":[1,2,3,4]}],"outputs":[{"name":"y"}]}"#,
    ]

    @Test(arguments: bodies)
    func `answers flat and nested data of any number type alike`(body: String) throws {
        let response = try answer(body)
        #expect(response.modelName == "sum" && response.modelVersion == "2" && response.id == "7")
        #expect(response.outputs.map(\.name) == ["y"])
        #expect(try response.outputs[0].tensor.converted(to: Float.self).elements == [3, 1, 7, 3])
        #expect(response.outputs[0].tensor.shape == [2, 2])
    }

    @Test func `reads and writes binary tensors`() throws {
        let tensor = try Tensor<Float>(shape: [1, 2], elements: [1.5, 2])
        let request = InferenceRequest(
            parameters: ["binary_data_output": true],
            inputs: [NamedTensor(name: "x", tensor)]
        )
        let (body, length) = try request.encodedBinary()
        let reply = try Self.reply(of: plain, body, jsonLength: length)
        #expect(reply.headers.map(\.name) == ["Content-Type", "Inference-Header-Content-Length"])
        #expect(Int(reply.headers[1].value).map { $0 + 8 } == reply.body.readableBytes)
        let response = try Self.answer(of: plain, body, jsonLength: length)
        #expect(try response.outputs[0].tensor.converted(to: Float.self).elements == [3.5, 1.5])
    }

    @Test func `takes a raw body as its one input`() throws {
        let body = [Float(1), 2].flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
        let response = try Self.answer(of: plain, body, jsonLength: 0)
        #expect(try response.outputs[0].tensor.converted(to: Float.self).elements == [3, 1])
    }

    @Test func `puts columns of several tensors together in the schema's order and takes outputs apart`() throws {
        let model = ServedModel(
            name: "m",
            version: "1",
            platform: "sums",
            predictor: SumPredictor(
                model: ModelDescription(
                    name: "m",
                    version: "1",
                    inputs: [
                        ColumnDescription(name: "colour", tensor: "b", datatype: .bytes, categories: ["red", "blue"]),
                        ColumnDescription(name: "width", tensor: "a", index: 1),
                    ],
                    outputs: [ColumnDescription(name: "sum"), ColumnDescription(name: "first")]
                )
            )
        )
        let body =
            #"{"inputs":[{"name":"a","shape":[2,2],"datatype":"FP32","data":[9,5,9,6]},"#
            + #"{"name":"b","shape":[2,1],"datatype":"BYTES","data":["blue","red"]}]}"#
        let response = try Self.answer(of: model, Array(body.utf8))
        #expect(response.outputs.map(\.name) == ["sum", "first"])
        #expect(try response.outputs[0].tensor.converted(to: Float.self).elements == [6, 6])
        #expect(try response.outputs[1].tensor.converted(to: Float.self).elements == [1, 0])
    }

    static let refused: [(body: String, hint: String)] = [
        (#"{"inputs":[{"name":"z","shape":[1,2],"datatype":"FP32","data":[1,2]}]}"#, "x"),
        (#"{"inputs":[]}"#, "missing"),
        (#"{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}"#, "[1, 3]"),
        (#"{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","data":[1,2]}]}"#, "[2]"),
        (#"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}],"outputs":[{"name":"q"}]}"#, "q"),
    ]

    @Test(arguments: refused)
    func `refuses a request that does not fit and says what would`(body: String, hint: String) throws {
        let error = #expect(throws: ServiceError.self) { try answer(body) }
        #expect(error?.code == .badRequest)
        let text = "\(error?.message ?? "") \(error?.remedy ?? "")"
        #expect(text.contains(hint))
    }

    @Test func `describes itself as the protocol asks`() {
        #expect(
            plain.metadata(versions: ["1", "2"]).json == [
                "name": "sum", "versions": ["1", "2"], "platform": "sums",
                "inputs": [["name": "x", "datatype": "FP32", "shape": [-1, 2]]],
                "outputs": [["name": "y", "datatype": "FP32", "shape": [-1, 2]]],
            ]
        )
    }
}
