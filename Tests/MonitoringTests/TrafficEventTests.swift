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
