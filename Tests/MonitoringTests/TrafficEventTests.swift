import CloudEvents
import Monitoring
import OpenInference
import Tensors
import Testing

@Suite struct `Traffic event` {
    static func event(_ type: String, _ body: String, _ extensions: [String: CloudEventValue]) throws -> CloudEvent {
        try CloudEvent(
            id: "1",
            source: "/test",
            type: type,
            dataContentType: "application/json",
            extensions: extensions,
            data: Array(body.utf8)
        )
    }

    @Test func `reads bodies that follow no dialect by the paths of its model`() throws {
        let mapping = PayloadMapping(
            request: [.init(name: "amount", path: try JSONPath("$.rows[*].amount"))],
            response: []
        )
        let event = try Self.event(
            EventType.inferenceRequest,
            #"{"rows":[{"amount":1},{"amount":2}]}"#,
            ["model": "fraud", "requestid": "r", "dialect": "json"]
        )
        let arrival = Timestamp(nanoseconds: 0)
        var mapped = try #require(
            TrafficEvent(event, position: 1, arrival: arrival, mappings: PayloadMappings(models: ["fraud": mapping]))
        )
        let expected = AnyTensor.float64(try Tensor(shape: [2], elements: [1, 2]))
        #expect(try mapped.tensors() == [NamedTensor(name: "amount", tensor: expected)])
        var unmapped = try #require(
            TrafficEvent(event, position: 1, arrival: arrival, mappings: PayloadMappings(models: ["other": mapping]))
        )
        #expect(throws: Exclusion.self) { try unmapped.tensors() }
        #expect(unmapped.decodingFailure != nil)
    }

    @Test func `is of the version that the answer names, where nothing else does`() throws {
        let body =
            #"{"model_name":"m","outputs":[{"name":"y","shape":[1],"datatype":"FP32","data":[1]}],"model_version":"9"}"#
        func version(_ type: String, _ extensions: [String: CloudEventValue]) throws -> String? {
            let event = try Self.event(type, body, ["model": "m", "requestid": "r"].merging(extensions) { $1 })
            return TrafficEvent(event, position: 1, arrival: Timestamp(nanoseconds: 0))?.origin.version
        }
        #expect(try version(EventType.inferenceResponse, [:]) == "9")
        #expect(try version(EventType.inferenceResponse, ["modelversion": "2"]) == "2")
        #expect(try version(EventType.inferenceResponse, ["path": "/v2/models/m/versions/3/infer"]) == "3")
        #expect(try version(EventType.inferenceRequest, [:]) == "")
    }

    @Test(
        arguments: [
            (#"{"inputs":[{"name":"x","shape":[50,2],"datatype":"BYTES","data":["a",null]}]}"#, [:], 50),
            (#"{"inputs":[{"name":"x","shape":[500,2],"datatype":"FP32"}]}"#, ["truncated": "limit"], 500),
            (#"{"instances":[[1],["a",{}],[3]]}"#, ["dialect": "v2"], 3), ("no JSON", [:], 1),
            (#"{"inputs":[{"name":"x","shape":[-4],"datatype":"FP32","data":["a"]}]}"#, [:], 1),
        ] as [(String, [String: CloudEventValue], Int)]
    )
    func `counts the rows that a payload says it has where it cannot be read`(
        body: String,
        extensions: [String: CloudEventValue],
        rows: Int
    ) throws {
        let event = try Self.event(
            EventType.inferenceRequest,
            body,
            ["model": "m", "requestid": "r"].merging(extensions) { $1 }
        )
        var traffic = try #require(TrafficEvent(event, position: 1, arrival: Timestamp(nanoseconds: 0)))
        let exclusion = #expect(throws: Exclusion.self) { try traffic.tensors() }
        #expect(exclusion?.rows == rows)
    }

    @Test func `takes the half that its type says, where the body is silent`() throws {
        let event = try Self.event(
            EventType.Seldon.inferenceResponse,
            #"{"data":{"names":["a"],"ndarray":[[1]]}}"#,
            ["modelid": "m", "inferenceservicename": "s", "requestid": "r"]
        )
        var traffic = try #require(TrafficEvent(event, position: 1, arrival: Timestamp(nanoseconds: 0)))
        #expect(try traffic.tensors().map(\.name) == ["data"])
    }
}
