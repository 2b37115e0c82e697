import CloudEvents
import Testing

@Suite struct `Records that are no CloudEvents` {
    @Test func `of ModelMesh become our request and response`() throws {
        // kserve/modelmesh, RemotePayloadProcessor: data is the protobuf message of the call in base64.
        let text = #"{"id":"r1","modelid":"digits","kind":"request","data":"CgFt","metadata":{"a":"b"},"status":""}"#
        let events = try HTTPBinding.decode(headers: [("Content-Type", "application/json")], body: Array(text.utf8))
        let event = try #require(events.first)
        #expect(event.type == EventType.inferenceRequest)
        #expect(event.data == [0x0A, 1, 0x6D])
        #expect(event.dataContentType == "application/protobuf")
        #expect(event[extension: "requestid"] == "r1" && event[extension: "model"] == "digits")
        #expect(event[extension: "dialect"] == "v2")
        #expect(try HTTPBinding.decode(headers: [], body: Array(text.utf8)).first?.id == event.id)
        let failed = text.replacing("request", with: "response").replacing(
            #""status":"""#,
            with: #""status":"INTERNAL""#
        )
        let answer = try #require(HTTPBinding.decode(headers: [], body: Array(failed.utf8)).first)
        #expect(answer.type == EventType.inferenceResponse && answer.id != event.id)
        #expect(answer[extension: "statuscode"] == "500")
        #expect(throws: CloudEventError.self) {
            try HTTPBinding.decode(headers: [], body: Array(text.replacing("CgFt", with: "!").utf8))
        }
    }

    @Test func `of Seldon's Kafka topics become Seldon's events`() throws {
        let headers: HTTPBinding.Headers = [
            ("type", EventType.Seldon.inferenceResponse), ("content-type", "application/json"), ("modelid", "node"),
            ("requestid", "r1"), ("inferenceservicename", "dep"), ("namespace", "ns"), ("endpoint", "default"),
            ("protocol", "seldon"),
        ]
        let event = try #require(HTTPBinding.decode(headers: headers, body: [1]).first)
        let identity = ExchangeIdentity(of: event)
        #expect(event.type == EventType.Seldon.inferenceResponse)
        #expect(identity.requestID == "r1" && identity.model == "dep/node" && identity.namespace == "ns")
    }

    @Test func `that Knative's KafkaSource wrapped are taken out`() throws {
        // Knative Eventing, "KafkaSource": headers of a record become attributes kafkaheader<name>.
        let wrapped: HTTPBinding.Headers = [
            ("ce-specversion", "1.0"), ("ce-id", "partition:1/offset:7"), ("ce-type", "dev.knative.kafka.event"),
            ("ce-source", "/apis/v1/namespaces/ns/kafkasources/k#seldon.ns.model.iris.outputs"), ("ce-key", "r9"),
        ]
        let event = try #require(HTTPBinding.decode(headers: wrapped, body: [0x0A, 1, 0x6D]).first)
        #expect(event.type == EventType.inferenceResponse && event.dataContentType == "application/protobuf")
        #expect(event[extension: "requestid"] == "r9" && event[extension: "model"] == "iris")
        #expect(event[extension: "namespace"] == "ns")
        let other: HTTPBinding.Headers = wrapped.map { $0.name == "ce-source" ? ($0.name, "/k#orders") : $0 }
        #expect(try HTTPBinding.decode(headers: other, body: [1]).first?.type == "dev.knative.kafka.event")
    }

    @Test(arguments: [#"{"a":1}"#, "x", #"{"modelid":"m","kind":"other","data":"","id":"1"}"#])
    func `and are nobody's are refused as before`(text: String) {
        #expect(throws: CloudEventError.self) { try HTTPBinding.decode(headers: [], body: Array(text.utf8)) }
    }
}
