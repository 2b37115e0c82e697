import CloudEvents
import HTTPTypes
import JSON
import ModelServerService
import NIOCore
import OpenInference
import Prediction
import ServiceKit
import Tensors
import TestSupport
import Testing

/// Gives each row its sum, and how much its first value exceeds its second.
private struct TwoOutputs: Predictor {
    let model: ModelDescription

    func predict(_ batch: Tensor<Float>) throws -> Tensor<Float> {
        let width = batch.elementsPerRow
        let elements = (0..<batch.rows).flatMap { row -> [Float] in
            let values = (0..<width).map { batch[row * width + $0] }
            return [values.reduce(0, +), values[0] - values[1]]
        }
        return try Tensor(shape: [batch.rows, 2], elements: elements)
    }
}

private func served(
    inputs: [ColumnDescription],
    outputs: [ColumnDescription] = [ColumnDescription(name: "y", shape: [2], classes: ["no", "yes"])]
) -> ServedModel {
    let description = ModelDescription(name: "sum", version: "2", inputs: inputs, outputs: outputs)
    return ServedModel(name: "sum", version: "2", platform: "sums", predictor: TwoOutputs(model: description))
}

/// One tensor of two values.
private let plain = served(inputs: [ColumnDescription(name: "x", shape: [2])])
/// Two columns of one tensor.
private let table = served(
    inputs: [
        ColumnDescription(name: "width", tensor: "x", index: 0),
        ColumnDescription(name: "colour", tensor: "x", index: 1, categories: ["red", "blue"]),
    ],
    outputs: [ColumnDescription(name: "total"), ColumnDescription(name: "excess")]
)

extension ServedModel {
    /// What a call over HTTP is answered, as JSON, or the words of its refusal.
    fileprivate func json(_ call: some InferenceCall) throws -> JSONValue {
        let body: ByteBuffer
        do { body = try answer(call).reply.body } catch { body = call.refusal(InferenceFailure.described(error)).body }
        return try JSONValue(parsing: body.readableBytesView)
    }
}

private func request(_ body: String, _ parameters: PathParameters = [:]) -> HotRequest {
    HotRequest(method: .post, path: "/", body: ByteBuffer(string: body), parameters: parameters)
}

@Suite struct `TF-Serving's calls` {
    private func answer(_ model: ServedModel, _ body: String, _ verb: String = "predict") throws -> JSONValue {
        try model.json(try TensorFlowServingCall(request(body, ["model": "sum:\(verb)"])))
    }

    @Test func `name model, version and verb in their path`() throws {
        let call = try TensorFlowServingCall(request("", ["model": "sum", "version": "2:predict"]))
        #expect(call.modelName == "sum" && call.version == "2")
        #expect(try TensorFlowServingCall(request("", ["model": "a:b:regress"])).modelName == "a:b")
        for name in ["sum", "sum:", "sum:explain"] {
            let error = #expect(throws: ServiceError.self) {
                try TensorFlowServingCall(request("", ["model": name]))
            }
            #expect(error?.code == .notFound)
        }
    }

    static let answers: [(isTable: Bool, body: String, verb: String, expected: JSONValue)] = [
        (false, #"{"instances":[[1,2],[3,4]]}"#, "predict", ["predictions": [[3, -1], [7, -1]]]),
        (false, #"{"instances":[{"x":[1,2]}]}"#, "predict", ["predictions": [[3, -1]]]),
        (false, #"{"inputs":[[1,2]]}"#, "predict", ["outputs": [[3, -1]]]),
        (false, #"{"inputs":{"x":[[1,2]]},"signature_name":"serving_default"}"#, "predict", ["outputs": [[3, -1]]]),
        (false, #"{"examples":[{"x":[1,2]}]}"#, "classify", ["results": [[["no", 3], ["yes", -1]]]]),
        (
            true, #"{"instances":[{"width":5,"colour":"blue"}]}"#, "predict",
            ["predictions": [["total": 6, "excess": 4]]]
        ),
        (true, #"{"inputs":{"colour":["red"],"width":[5]}}"#, "predict", ["outputs": ["total": [5], "excess": [5]]]),
        (true, #"{"instances":[[5,1]]}"#, "predict", ["predictions": [["total": 6, "excess": 4]]]),
    ]

    @Test(arguments: answers)
    func `are answered by rows, columns and classes`(
        isTable: Bool,
        body: String,
        verb: String,
        expected: JSONValue
    ) throws {
        let found = try answer(isTable ? table : plain, body, verb)
        #expect(found.asNumbers == expected.asNumbers, "\(found.text)")
    }

    static let refused: [(body: String, verb: String, hint: String)] = [
        (#"{"instances":[[1,2]],"signature_name":"other"}"#, "predict", "serving_default"),
        (#"{"instances":[[1,2,3]]}"#, "predict", "[1, 3]"),
        (#"{"instances":[{"z":1}]}"#, "predict", "Its inputs are x"),
        (#"{"examples":[{"x":[1,2]}]}"#, "regress", "more than one value"),
        (#"{}"#, "classify", "no examples"),
        ("[", "predict", "the message"),
    ]

    @Test(arguments: refused)
    func `are refused with a reason`(body: String, verb: String, hint: String) throws {
        let found = try answer(plain, body, verb)
        #expect(found.text.contains(hint), "\(found.text)")
    }

    @Test func `ask models of one value to regress`() throws {
        struct Sum: Predictor {
            let model = ModelDescription(
                name: "sum",
                version: "1",
                inputs: [ColumnDescription(name: "x")],
                outputs: [ColumnDescription(name: "y")]
            )
            func predict(_ batch: Tensor<Float>) throws -> Tensor<Float> { try batch.reshaped([batch.rows, 1]) }
        }
        let model = ServedModel(name: "sum", version: "1", platform: "sums", predictor: Sum())
        #expect(try answer(model, #"{"examples":[{"x":1.5},{"x":2.5}]}"#, "regress") == ["results": [1.5, 2.5]])
        #expect(try answer(model, #"{"examples":[{"x":1.5}]}"#, "classify").text.contains("no classifier"))
    }
}

@Suite struct `Seldon's calls` {
    private func answer(_ model: ServedModel, _ body: String) throws -> JSONValue {
        try model.json(SeldonCall(request(body), model: "sum"))
    }

    @Test func `are answered with the names of the classes, in the form of the request`() throws {
        let found = try answer(plain, #"{"meta":{"puid":"p"},"data":{"names":["a","b"],"ndarray":[[1,2]]}}"#)
        #expect(
            found["data"]?.asNumbers == JSONValue.object(["names": ["no", "yes"], "ndarray": [[3, -1]]]).asNumbers
        )
        #expect(found["meta"]?["puid"] == "p" && found["meta"]?["tags"]?["model_version"] == "2")
        let tensor = try answer(plain, #"{"data":{"tensor":{"shape":[1,2],"values":[1,2]}}}"#)
        #expect(
            tensor["data"]?["tensor"]?.asNumbers == JSONValue.object(["shape": [1, 2], "values": [3, -1]]).asNumbers
        )
    }

    @Test func `put named columns where the model has them`() throws {
        let inOrder = try answer(table, #"{"data":{"names":["width","colour"],"ndarray":[[5,"blue"]]}}"#)
        let turned = try answer(table, #"{"data":{"names":["colour","width"],"ndarray":[["blue",5]]}}"#)
        let numbers = try answer(table, #"{"data":{"names":["colour","width"],"ndarray":[[1,5]]}}"#)
        for found in [inOrder, turned, numbers] {
            #expect(found["data"]?["ndarray"]?.asNumbers == JSONValue.array([[6, 4]]).asNumbers, "\(found.text)")
            #expect(found["data"]?["names"] == ["total", "excess"])
        }
    }

    @Test func `are refused as Seldon's servers do it, with our own words beside`() throws {
        let found = try answer(plain, #"{"data":{"ndarray":[[1,2,3]]}}"#)
        #expect(found["status"]?["status"] == "FAILURE" && found["status"]?["code"] == 400)
        #expect(found["status"]?["info"] == found["error"] && found["code"] == "bad_request")
    }

    @Test func `ask the model of their path, or the one that is meant`() {
        #expect(SeldonCall(request("", ["namespace": "n", "model": "m"]), model: "sum").modelName == "m")
        #expect(SeldonCall(request(""), model: "sum").modelName == "sum")
    }
}

@Suite struct `The classification extension` {
    private func classes(_ wish: String, _ rows: String) throws -> JSONValue? {
        let body = #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":\#(rows)}],"outputs":[\#(wish)]}"#
        let found = try plain.json(OpenInferenceCall(request(body, ["model": "sum"])))
        return found["outputs"]?[0] ?? found
    }

    @Test func `gives the largest values with their places and labels`() throws {
        let found = try classes(#"{"name":"y","parameters":{"classification":5}}"#, "[1,2.5]")
        #expect(found?["datatype"] == "BYTES" && found?["shape"] == [1, 2])
        #expect(found?["data"] == ["3.5:0:no", "-1.5:1:yes"])
        let one = try classes(#"{"name":"y","parameters":{"classification":1}}"#, "[-1,-9]")
        #expect(one?["data"] == ["8.0:1:yes"])
        #expect(try classes(#"{"name":"y","parameters":{"classification":0}}"#, "[1,2]")?["datatype"] == "FP32")
    }

    @Test func `refuses a wish that is no number`() throws {
        let found = try classes(#"{"name":"y","parameters":{"classification":"all"}}"#, "[1,2]")
        #expect(found?["error"]?.string?.contains("classification") == true)
    }
}

@Suite struct `What models say of themselves` {
    @Test func `is the configuration that protobuf writes`() throws {
        let reference = try ReferenceValues.read("model-configuration")
        let expected = try #require(reference["configuration"]?.string.flatMap { Base64.decode(Array($0.utf8)) })
        let configuration = ModelConfiguration(plain.metadata(versions: ["2"]), messageLimit: 800)
        var writer = ProtobufWriter()
        configuration.write(to: &writer)
        #expect(writer.bytes == expected)
        #expect(configuration.json["max_batch_size"] == 100 && configuration.json["input"]?[0]?["dims"] == [2])
    }

    @Test func `is TF-Serving's signature`() {
        let signature = plain.metadata(versions: ["2"]).signature(version: "2")
        let input = signature["metadata"]?["signature_def"]?["signature_def"]?["serving_default"]?["inputs"]?["x"]
        #expect(input?["dtype"] == "DT_FLOAT")
        #expect(input?["tensor_shape"]?["dim"] == [["size": "-1", "name": ""], ["size": "2", "name": ""]])
    }

    @Test func `counts what was answered, and what was not`() throws {
        let model = served(inputs: [ColumnDescription(name: "x", shape: [2])])
        for _ in 0..<3 {
            _ = try model.json(
                try TensorFlowServingCall(request(#"{"instances":[[1,2],[3,4]]}"#, ["model": "sum:predict"]))
            )
        }
        _ = try model.json(try TensorFlowServingCall(request("{}", ["model": "sum:predict"])))
        let counts = model.statistics.snapshot
        #expect(counts.inferences == 6 && counts.executions == 3)
        #expect(counts.success.count == 3 && counts.fail.count == 1 && counts.batches.keys.sorted() == [2])
        let steps = counts.computeInput.nanoseconds + counts.computeInfer.nanoseconds + counts.computeOutput.nanoseconds
        #expect(counts.success.nanoseconds >= steps && steps > 0)
        let entry = StatisticsReport([model]).json["model_stats"]?[0]
        #expect(entry?["inference_count"] == 6 && entry?["batch_stats"]?[0]?["batch_size"] == 2)
    }
}

extension JSONValue {
    /// The same with every integer as a number, since `3` and `3.0` are different texts.
    fileprivate var asNumbers: JSONValue {
        switch self {
        case .integer(let value): .number(Double(value))
        case .array(let values): .array(values.map(\.asNumbers))
        case .object(let members): .object(JSONObject(members.map { ($0, $1.asNumbers) }))
        default: self
        }
    }
}
