import CloudEvents
import Foundation
import JSON
import OpenInference
import Tensors
import TestSupport
import Testing

@Suite struct `Payload decoder` {
    let decoder = PayloadDecoder()

    func decode(_ text: String) throws -> Payload { try decoder.decode(Array(text.utf8)) }

    @Test func `tells V2 requests from V2 responses`() throws {
        let request = try decode(
            #"{"id":"1","inputs":[{"name":"x","shape":[2,1],"datatype":"FP32","data":[1,2]}],"outputs":[{"name":"y"}]}"#
        )
        #expect(request.role == .request)
        #expect(request.dialect == .openInference)
        #expect(request.rows == 2)
        #expect(request["x"] == .float32(try Tensor(shape: [2, 1], elements: [1, 2])))
        #expect(request["z"] == nil)
        let wishFirst = try decode(
            #"{"outputs":[{"name":"y","parameters":{"binary_data":true}}],"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}"#
        )
        #expect(wishFirst.role == .request)
        let response = try decode(
            #"{"model_name":"m","model_version":"2","outputs":[{"name":"y","shape":[1],"datatype":"INT64","data":[7]}]}"#
        )
        #expect(response.role == .response)
        #expect(response.modelName == "m")
        #expect(response.modelVersion == "2")
    }

    @Test func `has rows only where all tensors agree`() throws {
        #expect(try decode(#"{"inputs":[]}"#).rows == nil)
        let uneven = try decode(
            #"{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","data":[1]},{"name":"b","shape":[2],"datatype":"FP32","data":[1,2]}]}"#
        )
        #expect(uneven.rows == nil)
    }

    /// `printf '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}' | gzip -9 -n | base64`, GNU gzip 1.12.
    static let compressed =
        "H4sIAAAAAAACA6tWyswrKC0pVrKKrlbKS8xNVbJSqlDSUSrOSCwAsqMNY3WUUhJLEksqQVwltwBjIyWICFiyNrYWAN+KfE5CAAAA"

    @Test func `inflates gzip and zlib whatever the headers say, within its bound`() throws {
        let body = try #require(Data(base64Encoded: Self.compressed)).map { $0 }
        let payload = try decoder.decode(body, PayloadHints(contentType: "application/json"))
        #expect(payload["x"] == .float32(try Tensor(shape: [1], elements: [1])))
        // Python 3.11, zlib.compress(text, 9).
        let deflated = try #require(
            Data(base64Encoded: "eNqrVsrMKygtKVayiq5WykvMTVWyUqpQ0lEqzkgsALKjDWN1lFISSxJLKkFcJbcAYyMliAhYsja2FgDG1BS7")
        ).map { $0 }
        #expect(try decoder.decode(deflated) == payload)
        var small = PayloadDecoder()
        small.limits.inflatedBytes = 20
        #expect(try #require(throws: OpenInferenceError.self) { try small.decode(body) }.code == .tooLarge)
        #expect(
            try #require(throws: OpenInferenceError.self) { try decoder.decode(Array(body.dropLast(9))) }.code
                == .compression
        )
        var spoilt = body
        spoilt[20] ^= 0xFF
        #expect(try #require(throws: OpenInferenceError.self) { try decoder.decode(spoilt) }.code == .compression)
        // Two members one after the other are one text, as RFC 1952 has it.
        #expect(
            try Compression.inflate(body + body, limit: 1000).count == 2 * Compression.inflate(body, limit: 1000).count
        )
    }

    @Test func `reads Seldon's ndarray and tensor`() throws {
        let array = try decode(#"{"meta":{"puid":"p1"},"data":{"names":["a","b"],"ndarray":[[1,2.5],[3,4]]}}"#)
        #expect(array.dialect == .seldon)
        #expect(array.id == "p1")
        #expect(array["data"] == .float64(try Tensor(shape: [2, 2], elements: [1, 2.5, 3, 4])))
        #expect(array.tensors[0].parameters["names"] == ["a", "b"])
        let tensor = try decoder.decode(
            Array(#"{"data":{"tensor":{"shape":[1,3],"values":[1,2,3]}}}"#.utf8),
            PayloadHints(role: .response)
        )
        #expect(tensor.role == .response)
        #expect(tensor["data"] == .float64(try Tensor(shape: [1, 3], elements: [1, 2, 3])))
        let mixed = try decode(#"{"data":{"names":["age","job"],"ndarray":[[39,"clerk"],[null,"farmer"]]}}"#)
        #expect(mixed.tensors.map(\.name) == ["age", "job"])
        #expect(try mixed["age"]?.converted(to: Double.self).elements.first == 39)
        #expect(mixed["job"] == .bytes(shape: [2], values: ["clerk", "farmer"].map { Array($0.utf8) }))
        let text = try decode(#"{"data":{"ndarray":[["a"],["b"]]}}"#)
        #expect(text["data"] == .bytes(shape: [2, 1], values: [[97], [98]]))
    }

    @Test func `reads Seldon's other forms`() throws {
        #expect(try decode(#"{"strData":"ü"}"#)["strData"] == .bytes(shape: [1], values: [Array("ü".utf8)]))
        #expect(try decode(#"{"binData":"AQI="}"#)["binData"] == .bytes(shape: [1], values: [[1, 2]]))
        #expect(try decode(#"{"jsonData":[[1,2]]}"#)["jsonData"]?.shape == [1, 2])
        #expect(try decode(#"{"jsonData":{"a":[1],"b":["x"]}}"#).tensors.map(\.name) == ["a", "b"])
        let nested = try decode(#"{"jsonData":{"a":{"b":1}}}"#)
        #expect(nested["jsonData"] == .bytes(shape: [1], values: [Array(#"{"a":{"b":1}}"#.utf8)]))
    }

    /// Bodies of `tftensor` in both spellings, as protobuf's JSON form of tensorflow/core/framework/tensor.proto has them.
    static let tensorProtos: [(json: String, tensor: AnyTensor)] = [
        (
            #"{"dtype":"DT_FLOAT","tensorShape":{"dim":[{"size":"1"},{"size":"2"}]},"floatVal":[1.5,"NaN"]}"#,
            .float32(Tensor(shape: [1, 2]) { _ = $0.initialize(from: [1.5, Float.nan]) })
        ),
        (
            #"{"dtype":"DT_INT64","tensor_shape":{"dim":[{"size":2}]},"int64_val":["9007199254740993","-1"]}"#,
            .int64(Tensor(shape: [2]) { _ = $0.initialize(from: [9_007_199_254_740_993, -1]) })
        ),
        // The last value stands for the rest, and content is little-endian.
        (
            #"{"dtype":3,"tensorShape":{"dim":[{"size":"3"}]},"intVal":[7]}"#,
            .int32(Tensor(shape: [3], repeating: 7))
        ),
        (
            #"{"tensorContent":"AACAPwAAAEA=","dtype":"DT_FLOAT","tensorShape":{"dim":[{"size":"2"}]}}"#,
            .float32(Tensor(shape: [2]) { _ = $0.initialize(from: [1, 2]) })
        ),
        (
            #"{"dtype":"DT_STRING","tensorShape":{"dim":[{"size":"1"}]},"stringVal":["AQI="]}"#,
            .bytes(shape: [1], values: [[1, 2]])
        ),
        (
            #"{"dtype":"DT_HALF","tensorShape":{"dim":[{"size":"1"}]},"halfVal":[15872]}"#,
            .float16(Tensor(shape: [1], repeating: 1.5))
        ),
        (
            #"{"dtype":"DT_BOOL","tensorShape":{"dim":[{"size":"2"}]},"boolVal":[true,false]}"#,
            .bool(Tensor(shape: [2]) { _ = $0.initialize(from: [true, false]) })
        ),
        (#"{"dtype":"DT_UINT8","tensorShape":{"dim":[{"size":"0"}]}}"#, .uint8(Tensor(shape: [0], repeating: 0))),
    ]

    @Test(arguments: tensorProtos.indices)
    func `reads Seldon's tftensor`(index: Int) throws {
        let (json, tensor) = Self.tensorProtos[index]
        let read = try decode(#"{"data":{"tftensor":\#(json)}}"#)["data"]
        // As text, in which NaN equals itself.
        #expect(read.map { "\($0.datatype) \($0.shape)" } == "\(tensor.datatype) \(tensor.shape)")
        if case .bytes = tensor {
            #expect(read == tensor)
        } else {
            let numbers = try read?.converted(to: Double.self).elements.map(\.description)
            #expect(try numbers == tensor.converted(to: Double.self).elements.map(\.description))
        }
    }

    @Test func `reads TF-Serving's rows and columns`() throws {
        let rows = try decode(#"{"signature_name":"s","instances":[[1,2],[3,NaN]]}"#)
        #expect(rows.dialect == .tensorFlowServing)
        #expect(rows.role == .request)
        #expect(rows["instances"]?.shape == [2, 2])
        let named = try decode(#"{"instances":[{"a":[1,2],"b":"x"},{"b":"y","a":[3,4]}]}"#)
        #expect(named["a"] == .float64(try Tensor(shape: [2, 2], elements: [1, 2, 3, 4])))
        #expect(named["b"] == .bytes(shape: [2], values: [[120], [121]]))
        let columns = try decode(#"{"inputs":{"a":[1,2],"b":[[true],[false]]}}"#)
        #expect(columns["b"] == .bool(try Tensor(shape: [2, 1], elements: [true, false])))
        let predictions = try decode(#"{"predictions":[0.1,0.9]}"#)
        #expect(predictions.role == .response)
        #expect(predictions["predictions"] == .float64(try Tensor(shape: [2], elements: [0.1, 0.9])))
        #expect(try decode(#"{"inputs":[[1],[2]]}"#).tensors[0].name == "inputs")
        let bytes = try decode(#"{"instances":[{"b64":"AQI="},{"b64":""}]}"#)
        #expect(bytes["instances"] == .bytes(shape: [2], values: [[1, 2], []]))
        let mixed = try decode(#"{"instances":[{"image_bytes":{"b64":"AQI="},"size":[1,2]}]}"#)
        #expect(mixed["image_bytes"] == .bytes(shape: [1], values: [[1, 2]]))
        #expect(mixed["size"]?.shape == [1, 2])
    }

    @Test func `reads TF-Serving's classify and regress where it is asked for them`() throws {
        // TensorFlow Serving, "RESTful API", "Classify and Regress API".
        let hints = PayloadHints(path: "/v1/models/m:classify", role: .response)
        let classes = try decoder.decode(
            Array(#"{"result":[[["a",0.9],["b",0.1]],[["a",0.2],["b",0.8]]]}"#.utf8),
            hints
        )
        #expect(classes["label"] == .bytes(shape: [2, 2], values: [[97], [98], [97], [98]]))
        #expect(classes["score"] == .float64(try Tensor(shape: [2, 2], elements: [0.9, 0.1, 0.2, 0.8])))
        let numbers = try decoder.decode(Array(#"{"results":[0.5,1]}"#.utf8), hints)
        #expect(numbers["results"] == .float64(try Tensor(shape: [2], elements: [0.5, 1])))
        let request = try decoder.decode(
            Array(#"{"signature_name":"s","context":{"c":"x"},"examples":[{"a":1},{"a":2}]}"#.utf8),
            PayloadHints(dialect: .tensorFlowServing)
        )
        #expect(request["a"] == .float64(try Tensor(shape: [2], elements: [1, 2])))
        #expect(request.tensors.map(\.name) == ["a", "c"])
    }

    @Test(arguments: [
        ("", OpenInferenceError.Code.unknownDialect), ("hello", .unknownDialect), ("[1]", .unknownDialect),
        ("{}", .unknownDialect),
        (#"{"a":1}"#, .unknownDialect),
        (#"{"strData":"x","binData":"eA=="}"#, .malformed), (#"{"binData":"x"}"#, .value),
        (#"{"data":{"tftensor":{}}}"#, .missingField), (#"{"data":{"tftensor":{"dtype":"DT_VARIANT"}}}"#, .datatype),
        (
            #"{"data":{"tftensor":{"dtype":"DT_INT8","tensorShape":{"dim":[{"size":"1"}]},"intVal":[300]}}}"#,
            .value
        ),
        (#"{"data":{}}"#, .missingField), (#"{"data":{"ndarray":[[1],[1,2]]}}"#, .shapeMismatch),
        (#"{"data":{"ndarray":[[1,"a"],["b",2]]}}"#, .malformed),
        (#"{"data":{"ndarray":[[[1],"a"],[2,"b"]]}}"#, .shapeMismatch),
        (#"{"data":{"ndarray":["a",1]}}"#, .value), (#"{"data":{"ndarray":[1,true]}}"#, .malformed),
        (#"{"data":{"tensor":{"shape":[2],"values":[1]}}}"#, .shapeMismatch),
        (#"{"data":{"tensor":{"values":[1]}}}"#, .missingField),
        (#"{"instances":[{"a":1},{"b":1}]}"#, .shapeMismatch), (#"{"instances":[{"b64":"A"}]}"#, .value),
        (#"{"instances":[1]} x"#, .malformed),
        (#"{"instances":[[1],[2,3]]}"#, .shapeMismatch), (#"{"inputs":[{"name":"x"#, .malformed),
    ])
    func `refuses what follows no dialect or breaks its own`(text: String, code: OpenInferenceError.Code) throws {
        let error = try #require(throws: OpenInferenceError.self) { try decode(text) }
        #expect(error.code == code, "\(text): \(error)")
    }
}
