import OpenInference
import Tensors
import Testing

/// `null` among the elements of a V2 tensor: one missing value for whoever watches, a fault for whoever serves.
@Suite struct `Null elements` {
    private func body(_ datatype: String, _ data: String, shape: String = "[3]") -> [UInt8] {
        let broken = #"{"name":"x","shape":\#(shape),"datatype":"\#(datatype)","data":\#(data)}"#
        let sound = #"{"name":"y","shape":[2],"datatype":"INT32","data":[7,8]}"#
        return Array(#"{"inputs":[\#(broken),\#(sound)]}"#.utf8)
    }

    private func decoded(_ datatype: String, _ data: String, shape: String = "[3]") throws -> AnyTensor? {
        let payload = try PayloadDecoder().decode(body(datatype, data, shape: shape))
        #expect(payload["y"] == .int32(try Tensor(shape: [2], elements: [7, 8])))
        return payload["x"]
    }

    @Test func `are an empty string among BYTES, flat and nested`() throws {
        let expected = [Array("a".utf8), [], Array("c".utf8)]
        #expect(try decoded("BYTES", #"["a",null,"c"]"#) == .bytes(shape: [3], values: expected))
        let nested = try decoded("BYTES", #"[["a"],[null],["c"]]"#, shape: "[3,1]")
        #expect(nested == .bytes(shape: [3, 1], values: expected))
    }

    @Test(arguments: ["UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP64"])
    func `are NaN among numbers, and the others stay what they are`(datatype: String) throws {
        for (data, shape) in [("[5,null,6.0]", "[3]"), ("[[5],[null],[6]]", "[3,1]")] {
            let tensor = try #require(try decoded(datatype, data, shape: shape))
            #expect(tensor.datatype == .float64)
            let numbers = try tensor.converted(to: Double.self).elements
            #expect(numbers[0] == 5 && numbers[1].isNaN && numbers[2] == 6)
        }
    }

    @Test func `are NaN among truth values`() throws {
        let tensor = try #require(try decoded("BOOL", "[true,null,false]"))
        let numbers = try tensor.converted(to: Double.self).elements
        #expect(tensor.datatype == .float64 && numbers[0] == 1 && numbers[1].isNaN && numbers[2] == 0)
    }

    @Test func `come before datatype and shape as well`() throws {
        let text = #"{"inputs":[{"data":[1,null],"shape":[2],"name":"x","datatype":"INT64"}]}"#
        #expect(try PayloadDecoder().decode(Array(text.utf8))["x"]?.datatype == .float64)
    }

    @Test(arguments: [
        ("UINT8", "[1,null,300]", "value_out_of_range"), ("INT64", "[1,null,1.5]", "value_out_of_range"),
        ("INT64", "[1,null]", "shape_mismatch"), ("INT64", "[1,null,2,3]", "shape_mismatch"),
        ("BYTES", #"["a",null,"b","c"]"#, "shape_mismatch"), ("BYTES", #"["a",nul,"b"]"#, "malformed_payload"),
        ("BOOL", "[true,null,2]", "value_out_of_range"), ("INT64", #"[1,null,"2"]"#, "malformed_payload"),
    ])
    func `excuse no other fault`(datatype: String, data: String, code: String) throws {
        let error = #expect(throws: OpenInferenceError.self) { try PayloadDecoder().decode(body(datatype, data)) }
        #expect(error?.code.name == code)
    }

    @Test(arguments: [("BYTES", #"["a",null,"c"]"#), ("INT64", "[1,null,3]"), ("BOOL", "[true,null,false]")])
    func `are refused where a model would be asked about them`(datatype: String, data: String) throws {
        let error = #expect(throws: OpenInferenceError.self) {
            try InferenceRequest(decoding: body(datatype, data))
        }
        #expect(error?.message.hasPrefix(#"input "x""#) == true)
    }

    /// Seldon's, TF-Serving's and MLflow's forms, by rows and by columns.
    @Test(arguments: [
        #"{"data":{"names":["n","c"],"ndarray":[[1,"a"],[null,null],[3,"b"]]}}"#,
        #"{"data":{"names":["n","c"],"ndarray":[[null,"a"],[2,null],[null,"b"]]}}"#,
        #"{"instances":[{"n":1,"c":"a"},{"n":null,"c":null},{"n":3,"c":"b"}]}"#,
        #"{"inputs":{"n":[1,null,3],"c":["a",null,"b"]}}"#,
        #"{"dataframe_split":{"columns":["n","c"],"data":[[1,"a"],[null,null],[3,"b"]]}}"#,
        #"{"dataframe_records":[{"n":1,"c":"a"},{"n":null,"c":null},{"n":3,"c":"b"}]}"#,
        #"{"jsonData":{"n":[1,null,3],"c":["a",null,"b"]}}"#,
    ])
    func `are one missing value in every other dialect`(text: String) throws {
        let payload = try PayloadDecoder().decode(Array(text.utf8))
        let names = payload["n"] == nil ? ["0", "1"] : ["n", "c"]
        let numbers = try #require(payload[names[0]]).converted(to: Double.self).elements
        #expect(numbers.count == 3 && numbers.contains { $0.isNaN } && numbers.contains { !$0.isNaN })
        let texts = try #require(payload[names[1]])
        #expect(texts == .bytes(shape: [3], values: [Array("a".utf8), [], Array("b".utf8)]))
    }
}
