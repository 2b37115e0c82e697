import JSON
import OpenInference
import Tensors
import TestSupport
import Testing

@Suite struct `V2 messages in JSON` {
    static func request(_ text: String, jsonLength: Int? = nil) throws -> InferenceRequest {
        try InferenceRequest(decoding: Array(text.utf8), jsonLength: jsonLength)
    }

    /// A request with one input of these members.
    static func input(_ members: String) throws -> AnyTensor {
        try request(#"{"inputs":[{"name":"x",\#(members)}]}"#).inputs[0].tensor
    }

    @Test func `read the example of the protocol`() throws {
        // Open Inference Protocol, "Inference Request Examples".
        let request = try Self.request(
            """
            {
              "id" : "42",
              "inputs" : [
                {"name" : "input0", "shape" : [ 2, 2 ], "datatype" : "UINT32", "data" : [ 1, 2, 3, 4 ]},
                {"name" : "input1", "shape" : [ 3 ], "datatype" : "BOOL", "data" : [ true ,false, true ]}
              ],
              "outputs" : [ {"name" : "output0"} ]
            }
            """
        )
        #expect(request.id == "42")
        #expect(request.inputs[0].tensor == .uint32(try Tensor(shape: [2, 2], elements: [1, 2, 3, 4])))
        #expect(request.inputs[1].tensor == .bool(try Tensor(shape: [3], elements: [true, false, true])))
        #expect(request.outputs == [.init(name: "output0")])
    }

    @Test func `read nested data as flat data, in row-major order`() throws {
        let flat = try Self.input(#""shape":[2,1,3],"datatype":"FP32","data":[1,2,3,4,5,6]"#)
        #expect(try Self.input(#""shape":[2,1,3],"datatype":"FP32","data":[[[1,2,3]],[[4,5,6]]]"#) == flat)
        #expect(try Self.input(#""shape":[2,1,3],"datatype":"FP32","data":[[1,2,3],[4,5,6]]"#) == flat)
        #expect(
            try Self.input(#""shape":[2,2],"datatype":"BYTES","data":[["a","b"],["c","d"]]"#)
                == .bytes(shape: [2, 2], values: ["a", "b", "c", "d"].map { Array($0.utf8) })
        )
    }

    @Test func `take members in any order`() throws {
        let first = try Self.request(
            #"{"inputs":[{"data":[1.5],"datatype":"FP64","parameters":{"a":1},"shape":[1],"name":"x"}],"parameters":{"b":true},"id":"7"}"#
        )
        #expect(first.id == "7")
        #expect(first.parameters == ["b": true])
        #expect(
            first.inputs == [
                NamedTensor(name: "x", tensor: .float64(try Tensor(shape: [1], elements: [1.5])), parameters: ["a": 1])
            ]
        )
    }

    static let datatypes: [(datatype: String, data: String, written: String)] = [
        ("BOOL", "[true,0,1]", "[true,false,true]"),
        ("UINT8", "[0,255,1.0]", "[0,255,1]"),
        ("UINT16", "[0,65535,1]", "[0,65535,1]"),
        ("UINT32", "[0,4294967295,1]", "[0,4294967295,1]"),
        ("UINT64", "[0,18446744073709551615,1]", "[0,18446744073709551615,1]"),
        ("INT8", "[-128,127,1]", "[-128,127,1]"),
        ("INT16", "[-32768,32767,1]", "[-32768,32767,1]"),
        ("INT32", "[-2147483648,2147483647,1]", "[-2147483648,2147483647,1]"),
        ("INT64", "[-9223372036854775808,9223372036854775807,1]", "[-9223372036854775808,9223372036854775807,1]"),
        ("FP32", "[0.1,-1e-7,3]", "[0.1,-1e-07,3.0]"),
        ("FP64", "[0.1,1e300,-0.0]", "[0.1,1e+300,-0.0]"),
        ("FP32", "[NaN,Infinity,null]", "[null,null,null]"),
        ("BYTES", #"["é","","a\n"]"#, #"["é","","a\n"]"#),
        ("STRING", #"["0.9:1","b","c"]"#, #"["0.9:1","b","c"]"#),
    ]

    @Test(arguments: datatypes)
    func `read and write every datatype that has a JSON form`(datatype: String, data: String, written: String) throws {
        let tensor = try Self.input(#""shape":[3],"datatype":"\#(datatype)","data":\#(data)"#)
        let text = String(
            decoding: try InferenceRequest(inputs: [NamedTensor(name: "x", tensor: tensor)]).encoded(),
            as: UTF8.self
        )
        let spelt = datatype == "STRING" ? "BYTES" : datatype
        #expect(text == #"{"inputs":[{"name":"x","shape":[3],"datatype":"\#(spelt)","data":\#(written)}]}"#)
    }

    @Test func `read and write a response with everything in it`() throws {
        let text =
            #"{"model_name":"m","model_version":"1","id":"7","parameters":{"p":[1]},"outputs":[{"name":"y","shape":[1,2],"datatype":"FP32","parameters":{"q":"r"},"data":[0.25,0.75]}]}"#
        let response = try InferenceResponse(decoding: Array(text.utf8))
        #expect(response.modelName == "m")
        #expect(response.outputs[0].parameters == ["q": "r"])
        #expect(String(decoding: try response.encoded(), as: UTF8.self) == text)
    }

    static let broken: [(members: String, code: OpenInferenceError.Code, words: String)] = [
        (
            #""shape":[2],"datatype":"FP32","data":[1]"#, .shapeMismatch,
            #"input "x": shape [2] holds 2 elements and 1 were sent"#
        ),
        (#""shape":[2],"datatype":"FP32","data":[1,2,3]"#, .shapeMismatch, #"input "x""#),
        (#""shape":[2,2],"datatype":"FP32","data":[[1,2],[3]]"#, .shapeMismatch, "row of 1"),
        (#""shape":[2,2],"datatype":"FP32","data":[[1,2],3,4]"#, .shapeMismatch, "element among arrays"),
        (#""shape":[-1],"datatype":"FP32","data":[1]"#, .shapeMismatch, "[-1]"),
        (#""shape":[4611686018427387904,4],"datatype":"FP32","data":[1]"#, .shapeMismatch, "counted"),
        (#""shape":[1000000],"datatype":"FP32","data":[1]"#, .shapeMismatch, "and fewer were sent"),
        (#""shape":[10000000000],"datatype":"FP32","data":[1]"#, .tooLarge, "bytes"),
        (#""shape":[1.5],"datatype":"FP32","data":[1]"#, .value, #""shape""#),
        (#""shape":"1","datatype":"FP32","data":[1]"#, .malformed, #""shape""#),
        (#""shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"datatype":"FP32","data":[1]"#, .shapeMismatch, "17 axes"),
        (#""shape":[1],"datatype":"FP8","data":[1]"#, .malformed, "FP8"),
        (#""shape":[1],"datatype":"FP16","data":[1]"#, .datatype, "FP16"),
        (#""shape":[1],"datatype":"BF16","data":[1]"#, .datatype, "BF16"),
        (#""shape":[1],"data":[1]"#, .missingField, "datatype"),
        (#""datatype":"FP32","data":[1]"#, .missingField, "shape"),
        (#""shape":[1],"datatype":"FP32""#, .missingField, "data"),
        (#""shape":[1],"datatype":"FP32","data":null"#, .missingField, "data"),
        (#""shape":[1],"datatype":"FP32","data":["1"]"#, .malformed, "number"),
        (#""shape":[1],"datatype":"FP32","data":1"#, .malformed, "array"),
        (#""shape":[1],"datatype":"FP32","data":[1],"data":[1]"#, .malformed, "twice"),
        (#""shape":[1],"datatype":"INT8","data":[128]"#, .value, "128"),
        (#""shape":[1],"datatype":"INT32","data":[1.5]"#, .value, "1.5"),
        (#""shape":[1],"datatype":"UINT8","data":[-1]"#, .value, "-1"),
        (#""shape":[1],"datatype":"INT8","data":[NaN]"#, .value, "NaN"),
        (#""shape":[1],"datatype":"INT8","data":[null]"#, .malformed, "number"),
        (#""shape":[1],"datatype":"BOOL","data":[2]"#, .value, "truth"),
        (#""shape":[1],"datatype":"BYTES","data":[1]"#, .malformed, "string"),
        (#""shape":[1],"datatype":"BYTES","data":["a","b"]"#, .shapeMismatch, "more than 1"),
        (#""shape":[2],"datatype":"BYTES","data":["a"]"#, .shapeMismatch, "1 were sent"),
        (#""shape":[1],"datatype":"FP32","data":[1],"parameters":{"binary_data_size":4}"#, .sizeMismatch, "both"),
        (#""shape":[1],"datatype":"FP32","parameters":{"binary_data_size":-4}"#, .sizeMismatch, "-4"),
    ]

    @Test(arguments: broken)
    func `refuse what is broken, by the name of the tensor`(
        members: String,
        code: OpenInferenceError.Code,
        words: String
    ) throws {
        let error = try #require(throws: OpenInferenceError.self) { try Self.input(members) }
        #expect(error.code == code, "\(error)")
        #expect(error.message.contains(words), "\(error)")
        #expect(error.message.contains(#"input "x""#), "\(error)")
        #expect(!error.remedy.isEmpty)
    }

    @Test(arguments: [
        ("", OpenInferenceError.Code.sizeMismatch), ("[]", .malformed), ("{", .malformed), ("{}", .missingField),
        (#"{"inputs":{}}"#, .malformed), (#"{"inputs":[1]}"#, .malformed), (#"{"inputs":null}"#, .missingField),
        (#"{"inputs":[]} x"#, .malformed), (#"{"id":7,"inputs":[]}"#, .malformed),
        (#"{"parameters":[],"inputs":[]}"#, .malformed),
        (#"{"outputs":[]}"#, .missingField),
    ])
    func `refuse bodies that are no request`(text: String, code: OpenInferenceError.Code) throws {
        let error = try #require(throws: OpenInferenceError.self) { try Self.request(text) }
        #expect(error.code == code, "\(text): \(error)")
    }

    @Test func `stay within their limits`() throws {
        let small = PayloadLimits(inflatedBytes: 1000, tensorBytes: 12, tensors: 2, axes: 2)
        func decode(_ text: String) throws { _ = try InferenceRequest(decoding: Array(text.utf8), limits: small) }
        let three = #"{"name":"x","shape":[3],"datatype":"FP32","data":[1,2,3]}"#
        #expect(throws: Never.self) { try decode("{\"inputs\":[\(three)]}") }
        let tooMuch = try #require(throws: OpenInferenceError.self) { try decode("{\"inputs\":[\(three),\(three)]}") }
        #expect(tooMuch.code == .tooLarge)
        let empty = #"{"name":"x","shape":[0],"datatype":"FP32","data":[]}"#
        let tooMany = try #require(throws: OpenInferenceError.self) {
            try decode("{\"inputs\":[\(empty),\(empty),\(empty)]}")
        }
        #expect(tooMany.code == .tooLarge)
    }

    @Test func `carry random floats of a response without a change`() throws {
        var generator = SplitMix(seed: 15)
        let values = (0..<5000).map { _ in
            var value = Float.nan
            while !value.isFinite { value = Float(bitPattern: UInt32.random(in: 0 ... .max, using: &generator)) }
            return value
        }
        let response = InferenceResponse(
            modelName: "m",
            outputs: [NamedTensor(name: "y", try Tensor(shape: [100, 50], elements: values))]
        )
        #expect(try InferenceResponse(decoding: response.encoded()) == response)
    }

    @Test func `have error bodies that both sides understand`() {
        #expect(String(decoding: InferenceErrorBody.encode("a \"b\""), as: UTF8.self) == #"{"error":"a \"b\""}"#)
        #expect(InferenceErrorBody.message(in: Array(#"{"error":"x"}"#.utf8)) == "x")
        #expect(InferenceErrorBody.message(in: Array(#"{"detail":"Not Found"}"#.utf8)) == "Not Found")
        #expect(
            InferenceErrorBody.message(
                in: Array(#"{"detail":[{"loc":["body","inputs",0,"data"],"msg":"field required"}]}"#.utf8)
            )
                == "body.inputs.0.data: field required"
        )
        #expect(InferenceErrorBody.message(in: Array("<html>".utf8)) == nil)
    }
}
