import CloudEvents
import TestSupport
import Testing

@Suite struct `Exchange identity` {
    static func event(_ type: String, id: String = "e1", _ extensions: [String: CloudEventValue]) throws -> CloudEvent {
        try CloudEvent(id: id, source: "/x", type: type, extensions: extensions)
    }

    @Test func `of our own events comes from their extensions`() throws {
        let identity = ExchangeIdentity(
            of: try Self.event(
                EventType.inferenceRequest,
                [
                    "requestid": "r", "model": "m", "modelversion": "3", "namespace": "n", "component": "c",
                    "endpoint": "canary",
                ]
            )
        )
        #expect(
            identity
                == ExchangeIdentity(
                    namespace: "n",
                    model: "m",
                    component: "c",
                    endpoint: "canary",
                    requestID: "r",
                    version: "3"
                )
        )
        #expect(identity.partition == "n/m/canary")
    }

    @Test func `pairs KServe's events by the id that request and response share`() throws {
        let extensions: [String: CloudEventValue] = [
            "inferenceservicename": "digits", "namespace": "ns", "component": "predictor", "endpoint": "",
        ]
        let request = try Self.event(EventType.KServe.inferenceRequest, id: "k1", extensions)
        let response = try Self.event(EventType.KServe.inferenceResponse, id: "k1", extensions)
        let asked = ExchangeIdentity(of: request, body: .init(id: "1"))
        let answered = ExchangeIdentity(of: response, body: .init(id: "other", modelName: "digits", modelVersion: "2"))
        #expect(asked.requestID == "k1")
        #expect(answered.requestID == "k1")
        #expect(asked.model == "digits")
        #expect(asked.endpoint == "default")
        #expect(answered.version == "2")
        #expect(asked.bodyID == "1")
        #expect(request.deduplicationKey != response.deduplicationKey)
    }

    @Test func `prefers the request id among the headers that KServe passes on`() throws {
        let identity = ExchangeIdentity(
            of: try Self.event(
                EventType.KServe.inferenceRequest,
                id: "k1",
                ["metadata": #"{"X-Request-Id":["r7"],"Other":["x"]}"#]
            )
        )
        #expect(identity.requestID == "r7")
        let broken = ExchangeIdentity(
            of: try Self.event(EventType.KServe.inferenceRequest, id: "k1", ["metadata": "{"])
        )
        #expect(broken.requestID == "k1")
    }

    @Test func `tells the nodes of a Seldon graph apart`() throws {
        let identity = ExchangeIdentity(
            of: try Self.event(
                EventType.Seldon.inferenceResponse,
                id: "uuid",
                [
                    "requestid": "puid", "inferenceservicename": "income", "modelid": "classifier",
                    "endpoint": "default", "namespace": "seldon",
                ]
            )
        )
        #expect(identity.model == "income/classifier")
        #expect(identity.requestID == "puid")
        let others = try Self.event(
            EventType.KServe.inferenceRequest,
            ["inferenceservicename": "income", "modelid": "x"]
        )
        #expect(ExchangeIdentity(of: others).model == "income")
    }

    @Test func `falls back to path and body for the model`() throws {
        let byPath = ExchangeIdentity(
            of: try Self.event("other", ["path": "/v2/models/a/versions/4/infer"]),
            body: .init(modelName: "b", modelVersion: "5")
        )
        #expect(byPath.model == "a")
        #expect(byPath.version == "4")
        let byBody = ExchangeIdentity(of: try Self.event("other", [:]), body: .init(modelName: "b", modelVersion: ""))
        #expect(byBody.model == "b")
        #expect(byBody.version == nil)
        #expect(ModelPath("/v1/models/m:predict")?.model == "m")
        #expect(ModelPath("/v2/models/a%20b/infer")?.model == "a b")
        #expect(ModelPath("/v2/models/50%/infer")?.model == "50%")
        #expect(ModelPath("/v1/models/m/versions/2:predict?x=1")?.version == "2")
        #expect(ModelPath("/api/v1.0/predictions") == nil)
    }

    @Test(arguments: ["", "with space", "é", "\u{1}", String(repeating: "x", count: 129)])
    func `replaces request ids that are not up to 128 bytes of visible ASCII, the same each time`(id: String) {
        let usable = ExchangeIdentity.usable(requestID: id)
        #expect(usable != id)
        #expect(usable == ExchangeIdentity.usable(requestID: id))
        #expect(usable.utf8.count == 36)
    }

    @Test func `keeps the original of a replaced request id`() throws {
        let identity = ExchangeIdentity(of: try Self.event(EventType.inferenceRequest, ["requestid": "a b"]))
        #expect(identity.originalRequestID == "a b")
        #expect(identity.requestID == ExchangeIdentity.usable(requestID: "a b"))
        let longest = String(repeating: "x", count: 128)
        #expect(ExchangeIdentity.usable(requestID: longest) == longest)
    }

    @Test func `derives identifiers that keep parts apart, and draws random ones of version 4`() {
        #expect(UniqueIdentifier.derived(from: "ab", "c") != UniqueIdentifier.derived(from: "a", "bc"))
        var generator = SplitMix(seed: 14)
        let random = UniqueIdentifier.random(using: &generator)
        #expect(random.utf8.count == 36)
        #expect(random != UniqueIdentifier.random(using: &generator))
        let characters = Array(random)
        #expect(characters[14] == "4")
        #expect("89ab".contains(characters[19]))
        #expect(Array(UniqueIdentifier.derived(from: "x"))[14] == "8")
    }
}
