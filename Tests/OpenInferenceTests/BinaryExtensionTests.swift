import JSON
import OpenInference
import Tensors
import Testing

@Suite struct `Binary tensor extension` {
    @Test func `reads tensors from the bytes behind the JSON, in order`() throws {
        let json =
            #"{"inputs":[{"name":"a","shape":[2,2],"datatype":"UINT32","parameters":{"binary_data_size":16,"k":1}},{"name":"b","shape":[3],"datatype":"BOOL","parameters":{"binary_data_size":3}},{"name":"c","shape":[1],"datatype":"FP32","data":[2]},{"name":"d","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":11}}]}"#
        let binary: [UInt8] =
            [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 1, 0, 0] + [1, 0, 1] + [3, 0, 0, 0] + Array("abc".utf8) + [
                0, 0, 0, 0,
            ]
        for jsonLength in [json.utf8.count, nil] {
            let request = try InferenceRequest(decoding: Array(json.utf8) + binary, jsonLength: jsonLength)
            #expect(request.inputs[0].tensor == .uint32(try Tensor(shape: [2, 2], elements: [1, 2, 3, 256])))
            #expect(request.inputs[0].parameters == ["k": 1])
            #expect(request.inputs[1].tensor == .bool(try Tensor(shape: [3], elements: [true, false, true])))
            #expect(request.inputs[2].tensor == .float32(try Tensor(shape: [1], elements: [2])))
            #expect(request.inputs[3].tensor == .bytes(shape: [2], values: [Array("abc".utf8), []]))
        }
    }

    @Test func `carries every datatype both ways`() throws {
        let tensors: [AnyTensor] = [
            .bool(try Tensor(shape: [2], elements: [true, false])), .uint8(try Tensor(shape: [2], elements: [0, 255])),
            .uint16(try Tensor(shape: [1, 2], elements: [1, 65535])), .uint32(try Tensor(shape: [1], elements: [.max])),
            .uint64(try Tensor(shape: [1], elements: [.max])), .int8(try Tensor(shape: [1], elements: [-128])),
            .int16(try Tensor(shape: [1], elements: [-2])), .int32(try Tensor(shape: [1], elements: [.min])),
            .int64(try Tensor(shape: [1], elements: [.min])), .float16(try Tensor(shape: [2], elements: [1.5, -2])),
            .bfloat16(try Tensor(shape: [1], elements: [BFloat16(1.5)])),
            .float32(try Tensor(shape: [2], elements: [.infinity, 0.1])),
            .float64(try Tensor(shape: [0, 3], elements: [])), .bytes(shape: [2, 1], values: [[0xFF, 0], []]),
        ]
        let request = InferenceRequest(
            id: "7",
            inputs: tensors.enumerated().map { NamedTensor(name: "t\($0.offset)", tensor: $0.element) }
        )
        let (body, jsonLength) = try request.encodedBinary()
        #expect(try InferenceRequest(decoding: body, jsonLength: jsonLength) == request)
        #expect(try InferenceRequest(decoding: body) == request)
        let response = InferenceResponse(modelName: "m", outputs: request.inputs)
        let (answer, length) = try response.encodedBinary()
        #expect(try InferenceResponse(decoding: answer, jsonLength: length) == response)
    }

    @Test func `writes each output as it was asked for`() throws {
        let response = InferenceResponse(
            modelName: "m",
            outputs: [
                NamedTensor(name: "a", try Tensor(shape: [1], elements: [Float(1)])),
                NamedTensor(name: "b", try Tensor(shape: [1], elements: [Float(2)])),
            ]
        )
        var request = InferenceRequest(inputs: [])
        #expect(try response.encoded(for: request).jsonLength == nil)
        request.parameters = ["binary_data_output": true]
        request.outputs = [.init(name: "a", parameters: ["binary_data": false])]
        #expect(!request.wantsBinary("a"))
        #expect(request.wantsBinary("b"))
        let (body, jsonLength) = try response.encoded(for: request)
        let json =
            #"{"model_name":"m","outputs":[{"name":"a","shape":[1],"datatype":"FP32","data":[1.0]},{"name":"b","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}}]}"#
        #expect(String(decoding: body.prefix(jsonLength ?? 0), as: UTF8.self) == json)
        #expect(body.suffix(4) == [0, 0, 0, 0x40])
    }

    @Test func `takes a raw body for the one input of a model`() throws {
        let floats = try InferenceRequest(
            rawBody: [0, 0, 128, 63, 0, 0, 0, 64],
            name: "x",
            datatype: .float32,
            shape: [-1, 2]
        )
        #expect(floats.inputs[0].tensor == .float32(try Tensor(shape: [1, 2], elements: [1, 2])))
        #expect(floats.wantsBinary("y"))
        let open = try InferenceRequest(rawBody: [1, 2, 3], name: "x", datatype: .uint8, shape: [-1, -1])
        #expect(open.inputs[0].tensor == .uint8(try Tensor(shape: [1, 3], elements: [1, 2, 3])))
        let text = try InferenceRequest(rawBody: Array("hello".utf8), name: "x", datatype: .bytes, shape: [-1])
        #expect(text.inputs[0].tensor == .bytes(shape: [1], values: [Array("hello".utf8)]))
        let error = try #require(throws: OpenInferenceError.self) {
            try InferenceRequest(rawBody: [1, 2, 3], name: "x", datatype: .float32, shape: [-1, 1])
        }
        #expect(error.code == .sizeMismatch)
    }

    static let broken: [(tensor: String, binary: [UInt8], code: OpenInferenceError.Code)] = [
        (#""shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}"#, [0, 0, 0], .sizeMismatch),
        (#""shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}"#, [0, 0, 0, 0, 0], .sizeMismatch),
        (#""shape":[2],"datatype":"FP32","parameters":{"binary_data_size":4}"#, [0, 0, 0, 0], .sizeMismatch),
        (#""shape":[1],"datatype":"BOOL","parameters":{"binary_data_size":1}"#, [2], .sizeMismatch),
        (#""shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":3}"#, [0, 0, 0], .sizeMismatch),
        (#""shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":4}"#, [1, 0, 0, 0], .sizeMismatch),
        (
            #""shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":4}"#, [0xFF, 0xFF, 0xFF, 0xFF],
            .sizeMismatch
        ),
        (
            #""shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":8}"#, [0, 0, 0, 0, 0, 0, 0, 0],
            .sizeMismatch
        ),
        (#""shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":4}"#, [0, 0, 0, 0], .sizeMismatch),
        (#""shape":[9000000000000000000],"datatype":"UINT8","parameters":{"binary_data_size":1}"#, [0], .tooLarge),
        (#""datatype":"UINT8","parameters":{"binary_data_size":1}"#, [0], .missingField),
    ]

    @Test(arguments: broken)
    func `refuses bytes that do not fit`(tensor: String, binary: [UInt8], code: OpenInferenceError.Code) throws {
        let json = Array(#"{"inputs":[{"name":"x",\#(tensor)}]}"#.utf8)
        for jsonLength in [json.count, nil] {
            let error = try #require(throws: OpenInferenceError.self) {
                try InferenceRequest(decoding: json + binary, jsonLength: jsonLength)
            }
            #expect(error.code == code, "\(error)")
        }
    }

    @Test(arguments: [-1, 0, 10_000, 5])
    func `refuses a length of the JSON part that is none`(length: Int) {
        #expect(throws: OpenInferenceError.self) {
            try InferenceRequest(decoding: Array(#"{"inputs":[]}"#.utf8), jsonLength: length)
        }
    }

    @Test func `refuses to write as JSON what has no JSON form`() throws {
        let half = InferenceRequest(inputs: [NamedTensor(name: "x", try Tensor(shape: [1], elements: [Float16(1)]))])
        #expect(try #require(throws: OpenInferenceError.self) { try half.encoded() }.code == .datatype)
        let bytes = InferenceRequest(inputs: [NamedTensor(name: "x", tensor: .bytes(shape: [1], values: [[0xFF]]))])
        #expect(try #require(throws: OpenInferenceError.self) { try bytes.encoded() }.code == .value)
    }
}
