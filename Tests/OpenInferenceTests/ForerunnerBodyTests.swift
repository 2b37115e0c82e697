import JSON
import OpenInference
import Tensors
import Testing

@Suite struct `TF-Serving's bodies` {
    private func request(
        _ body: String,
        _ verb: TensorFlowServingRequest.Verb = .predict
    ) throws -> TensorFlowServingRequest {
        try TensorFlowServingRequest(decoding: Array(body.utf8), verb)
    }

    @Test func `are read by rows and by columns, named and not`() throws {
        let rows = try request(#"{"signature_name":"s","instances":[[1,2],[3,NaN]]}"#)
        #expect(rows.signature == "s" && !rows.isColumnar && rows.unnamed?.tensor.shape == [2, 2])
        let named = try request(#"{"instances":[{"a":1,"b":"x"},{"a":2,"b":"y"}]}"#)
        #expect(named.tensors.map(\.name) == ["a", "b"] && named.unnamed == nil)
        let columns = try request(#"{"inputs":{"a":[[1],[2]],"b":["x","y"]}}"#)
        #expect(columns.isColumnar && columns.tensors.map(\.tensor.shape) == [[2, 1], [2]])
        let bytes = try request(#"{"instances":[{"b64":"AQI="}]}"#)
        #expect(bytes.unnamed?.tensor == .bytes(shape: [1], values: [[1, 2]]))
        let examples = try request(#"{"context":{"c":1},"examples":[{"a":1}]}"#, .classify)
        #expect(examples.tensors.map(\.name) == ["a", "c"])
    }

    @Test(arguments: [
        (#"{"instances":[1],"inputs":[1]}"#, "malformed_payload"), (#"{}"#, "missing_field"),
        (#"{"instances":[[1],[2,3]]}"#, "shape_mismatch"), (#"{"instances":[1,"a"]}"#, "malformed_payload"),
    ])
    func `are refused by what is wrong with them`(body: String, code: String) {
        let error = #expect(throws: OpenInferenceError.self) { try request(body) }
        #expect(error?.code.name == code)
    }

    @Test func `are written with the tokens that JSON does not have`() throws {
        let scores = NamedTensor(
            name: "y",
            try Tensor<Float>(shape: [2, 2], elements: [1, .nan, .infinity, -.infinity])
        )
        let label = NamedTensor(name: "label", tensor: .bytes(shape: [2], values: [Array("a".utf8), Array("b".utf8)]))
        let image = NamedTensor(name: "image_bytes", tensor: .bytes(shape: [2], values: [[1, 2], [3]]))
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        #expect(
            text(TensorFlowServingWriter.predictions([scores])) == #"{"predictions":[[1.0,NaN],[Infinity,-Infinity]]}"#
        )
        #expect(
            text(TensorFlowServingWriter.predictions([label, image]))
                == #"{"predictions":[{"label":"a","image_bytes":{"b64":"AQI="}},{"label":"b","image_bytes":{"b64":"Aw=="}}]}"#
        )
        #expect(
            text(TensorFlowServingWriter.columns([label, scores]))
                == #"{"outputs":{"label":["a","b"],"y":[[1.0,NaN],[Infinity,-Infinity]]}}"#
        )
        #expect(
            text(
                TensorFlowServingWriter.classes(
                    try Tensor(shape: [1, 2], elements: [0.25, 0.75]),
                    labels: ["n", "y"]
                )
            )
                == #"{"results":[[["n",0.25],["y",0.75]]]}"#
        )
        #expect(
            text(TensorFlowServingWriter.values(try Tensor(shape: [2], elements: [1, 2]))) == #"{"results":[1.0,2.0]}"#
        )
    }
}

@Suite struct `Seldon's bodies` {
    private let values = AnyTensor.float32(Tensor<Float>(shape: [1, 2], repeating: 0.5))

    private func answer(_ form: SeldonRequest.Form) throws -> JSONValue {
        let bytes = SeldonWriter.answer(values, names: ["n", "y"], form: form, puid: "p", model: ("m", "1"))
        return try #require(try JSONValue(parsing: bytes)["data"])
    }

    @Test func `are answered in the form in which they came`() throws {
        #expect(try answer(.ndarray) == ["names": ["n", "y"], "ndarray": [[0.5, 0.5]]])
        #expect(try answer(.jsonData)["ndarray"] == [[0.5, 0.5]])
        #expect(try answer(.tensor)["tensor"] == ["shape": [1, 2], "values": [0.5, 0.5]])
        #expect(
            try answer(.tftensor)["tftensor"]
                == [
                    "dtype": "DT_FLOAT", "tensorShape": ["dim": [["size": "1"], ["size": "2"]]],
                    "floatVal": [0.5, 0.5],
                ]
        )
    }

    @Test(arguments: [SeldonRequest.Form.ndarray, .tensor, .tftensor])
    func `are read again by whoever reads Seldon's`(form: SeldonRequest.Form) throws {
        let bytes = SeldonWriter.answer(values, names: ["n", "y"], form: form, puid: "p", model: ("m", "1"))
        let read = try SeldonRequest(decoding: bytes)
        #expect(read.form == form && read.puid == "p" && read.names == ["n", "y"])
        #expect(try read.array?.tensor.converted(to: Float.self) == values.converted(to: Float.self))
    }
}
