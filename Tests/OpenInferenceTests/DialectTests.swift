import CloudEvents
import JSON
import OpenInference
import Tensors
import Testing

@Suite struct `The dialect of a body` {
    @Test func `is what the event says where its members leave it open`() throws {
        let body = Array(#"{"instances":[[1]]}"#.utf8)
        #expect(try PayloadDecoder().decode(body).dialect == .tensorFlowServing)
        #expect(try PayloadDecoder().decode(body, PayloadHints(dialect: .mlflow)).dialect == .mlflow)
        #expect(try PayloadDecoder().decode(body, PayloadHints(path: "/invocations")).dialect == .mlflow)
        // The extension comes before the path, and what cannot be of the dialect named is what it shows.
        let said = PayloadHints(dialect: .tensorFlowServing, path: "/invocations")
        #expect(try PayloadDecoder().decode(body, said).dialect == .tensorFlowServing)
        #expect(try PayloadDecoder().decode(body, PayloadHints(dialect: .seldon)).dialect == .tensorFlowServing)
        let both = Array(#"{"instances":[[1]],"data":{"ndarray":[[2]]}}"#.utf8)
        #expect(try PayloadDecoder().decode(both, PayloadHints(dialect: .seldon))["data"]?.shape == [1, 1])
    }

    @Test func `comes from an event with its role, path and length of JSON`() throws {
        let event = try CloudEvent(
            id: "1",
            source: "/s",
            type: EventType.Seldon.inferenceResponse,
            dataContentType: "application/json",
            extensions: ["dialect": "mlflow", "path": "/invocations", "jsonlength": "12"],
            data: [1]
        )
        let hints = PayloadHints(event)
        #expect(
            hints
                == PayloadHints(
                    dialect: .mlflow,
                    contentType: "application/json",
                    path: "/invocations",
                    role: .response,
                    jsonLength: 12
                )
        )
        let seldon = try CloudEvent(
            id: "1",
            source: "/s",
            type: EventType.Seldon.inferenceResponse,
            data: Array(#"{"data":{"ndarray":[[1]]}}"#.utf8)
        )
        #expect(try PayloadDecoder().decode(seldon).role == .response)
    }

    @Test func `is V2 for a list of tensors in any order of members, and TF-Serving for other lists`() throws {
        let late = Array(#"{"inputs":[{"data":[1],"shape":[1],"datatype":"FP32","name":"x"}]}"#.utf8)
        #expect(try PayloadDecoder().decode(late).dialect == .openInference)
        let rows = Array(#"{"inputs":[{"a":1},{"a":2}]}"#.utf8)
        #expect(try PayloadDecoder().decode(rows)["a"]?.shape == [2])
    }

    @Test func `is told by the content type only where the bytes agree`() throws {
        let json = Array(#"{"predictions":[1]}"#.utf8)
        // KServe's agent gives the answer the request's content type.
        for type in ["text/csv", "application/grpc", "image/png", "application/octet-stream"] {
            #expect(try PayloadDecoder().decode(json, PayloadHints(contentType: type))["predictions"]?.shape == [1])
        }
        let csv = try PayloadDecoder().decode(Array("a,b\n1,x\n,\"y,z\"\n".utf8), PayloadHints(contentType: "text/csv"))
        #expect(csv.tensors.map(\.name) == ["a", "b"])
        #expect(csv["b"] == .bytes(shape: [2], values: [[120], Array("y,z".utf8)]))
        let others: [([UInt8], String)] = [
            ([0, 0, 0, 0], "application/grpc"), ([7], "application/x-unknown"), ([1, 2], "image/png"),
        ]
        for (bytes, type) in others {
            #expect(throws: OpenInferenceError.self) {
                try PayloadDecoder().decode(bytes, PayloadHints(contentType: type))
            }
        }
    }

    @Test(arguments: [
        ([0, 0, 0, 0, 9, 1] as [UInt8], OpenInferenceError.Code.sizeMismatch),
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0], .malformed),
        ([1, 0, 0, 0, 1, 7], .compression), ([0, 0, 0, 0, 1, 0x0A], .malformed),
        ([0, 0, 0, 0, 2, 0x0B, 0], .malformed),
        ([0, 0, 0, 0, 4, 0x2A, 2, 0x12, 0], .datatype), ([0, 0, 0, 0, 2, 0x2A, 0], .missingField),
        ([0, 0, 0, 0, 2, 0x3A, 0], .sizeMismatch),
    ])
    func `gRPC is refused by what is wrong with it`(bytes: [UInt8], code: OpenInferenceError.Code) throws {
        let error = try #require(throws: OpenInferenceError.self) {
            try PayloadDecoder().decode(bytes, PayloadHints(contentType: "application/grpc"))
        }
        #expect(error.code == code, "\(error)")
    }

    @Test func `a bomb inflates to its bound and no further`() throws {
        // 200 members of gzip, each 64 KiB of spaces from 99 bytes: scaled down in count, not in ratio.
        var small = PayloadDecoder()
        small.limits.inflatedBytes = 1 << 20
        let member = try #require(Base64.decode(Array(Self.spaces.utf8)))
        #expect(try Compression.inflate(member, limit: 1 << 16).count == 1 << 16)
        let bomb = Array(repeatElement(member, count: 200).joined())
        let error = try #require(throws: OpenInferenceError.self) { try small.decode(bomb) }
        #expect(error.code == .tooLarge)
    }

    /// `python3 -c "import gzip,base64; print(base64.b64encode(gzip.compress(b' ' * 65536, 9, mtime=0)).decode())"`, 3.11.
    static let spaces =
        "H4sIAAAAAAACA+3BgQAAAACAIJX9KRepCgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAGqUGSy0AAABAA=="

    @Test func `trees and tables are bounded`() throws {
        var small = PayloadDecoder()
        small.limits.treeBytes = 100
        let long = #"{"messages":[{"role":"user","content":"\#(String(repeating: "x", count: 200))"}]}"#
        #expect(try #require(throws: OpenInferenceError.self) { try small.decode(Array(long.utf8)) }.code == .tooLarge)
        small.limits.tensorBytes = 1000
        for text in [
            #"{"instances":[\#(repeatElement("1", count: 200).joined(separator: ","))]}"#,
            #"{"instances":[\#(repeatElement("\"\"", count: 200).joined(separator: ","))]}"#,
            #"{"instances":[\#(repeatElement("[true]", count: 200).joined(separator: ","))]}"#,
        ] {
            let error = try #require(throws: OpenInferenceError.self) { try small.decode(Array(text.utf8)) }
            #expect(error.code == .tooLarge, "\(error)")
        }
    }
}

@Suite struct `JSON paths` {
    static func mapping(_ paths: KeyValuePairs<String, String>) throws -> PayloadMapping {
        let entries = try paths.map { PayloadMapping.Entry(name: $0.key, path: try JSONPath($0.value)) }
        return PayloadMapping(request: entries, response: [])
    }

    @Test func `find tensors in any JSON`() throws {
        let mapping = try Self.mapping([
            "amount": "$.rows[*].amount", "pixels": "$['the rows'][1].px", "last": "$.list[-1]", "all": "$.list",
            "name": "$.rows[*]['n a.me']", "values": "$.by.*", "missing": "$.rows[*].odd",
        ])
        let body =
            #"{"rows":[{"amount":1,"n a.me":"x","odd":[1,2]},{"n a.me":"y"},{"amount":3,"n a.me":null}],"the rows":[0,{"px":[[1,2],[3,4]]}],"list":[5,6],"by":{"a":1,"b":2}}"#
        let payload = try PayloadDecoder(mapping: mapping).decode(Array(body.utf8))
        #expect(payload.dialect == .json)
        let amount = try #require(payload["amount"]).converted(to: Double.self).elements
        #expect(amount[0] == 1 && amount[1].isNaN && amount[2] == 3)
        #expect(payload["pixels"] == .float64(try Tensor(shape: [1, 2, 2], elements: [1, 2, 3, 4])))
        #expect(payload["last"] == .float64(try Tensor(shape: [1], elements: [6])))
        #expect(payload["all"] == .float64(try Tensor(shape: [1, 2], elements: [5, 6])))
        #expect(payload["name"] == .bytes(shape: [3], values: [[120], [121], []]))
        #expect(payload["values"] == .float64(try Tensor(shape: [2], elements: [1, 2])))
        #expect(payload["missing"]?.shape == [3, 2])
    }

    @Test func `go before every dialect, and say which of them leads to nothing`() throws {
        let mapping = try Self.mapping(["x": "$.instances[0].a"])
        let decoder = PayloadDecoder(mapping: mapping)
        #expect(try decoder.decode(Array(#"{"instances":[{"a":1}]}"#.utf8)).tensors.map(\.name) == ["x"])
        let error = try #require(throws: OpenInferenceError.self) {
            try decoder.decode(Array(#"{"instances":[]}"#.utf8))
        }
        #expect(error.code == .missingField)
        #expect(error.message.contains("$.instances[0].a"))
        // Responses have no paths here, so they follow a dialect.
        let response = PayloadHints(role: .response)
        #expect(try decoder.decode(Array(#"{"predictions":[1]}"#.utf8), response).dialect == .tensorFlowServing)
    }

    @Test(arguments: ["", "a", "$.", "$..a", "$[1:2]", "$[?(@.a)]", "$[*].a[*]", "$['a", "$[", "$x"])
    func `that are none are refused`(text: String) throws {
        let error = try #require(throws: OpenInferenceError.self) { try JSONPath(text) }
        #expect(error.code == .malformed)
    }
}
