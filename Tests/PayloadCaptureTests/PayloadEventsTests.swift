import CloudEvents
import HTTPMessages
import JSON
import NIOCore
import OpenInference
import PayloadCapture
import ServiceKit
import Testing

@Suite struct `Payload events` {
    private let budget = CaptureBudget(limit: 1 << 20)

    private func exchange(
        id: String = "r-1",
        request: String = #"{"id":"b","inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]}"#,
        limit: Int = 1 << 16,
        status: Int = 200
    ) -> CapturedExchange {
        var ids = IdentifierGenerator()
        var exchange = CapturedExchange(
            requestID: RequestID(from: { $0 == .requestID ? id : nil }, generator: &ids),
            method: "POST",
            target: "/v2/models/digits/versions/3/infer?a=b",
            requestedAt: Timestamp(nanoseconds: 1_000_000_000),
            requestFields: .list([
                ("Content-Type", "application/json"), ("X-Team", "blue"), ("X-Other", "no"),
                ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            ]),
            chargedForHeads: 0
        )
        exchange.requestBody = CapturedBody(ByteBuffer(string: request), limit: limit, budget: budget)
        exchange.responseFields = .list([("Content-Type", "application/json; charset=utf-8")])
        exchange.responseBody = CapturedBody(ByteBuffer(string: "{}"), limit: limit, budget: budget)
        exchange.respondedAt = Timestamp(nanoseconds: 1_500_000_000)
        exchange.duration = 500_000_000
        exchange.status = status
        return exchange
    }

    private func events(_ exchange: CapturedExchange, _ change: (inout CapturePolicy) -> Void = { _ in }) throws
        -> [CloudEvent]
    {
        var policy = CapturePolicy()
        policy.headers = ["x-team"]
        change(&policy)
        var ids = IdentifierGenerator()
        var maker = PayloadEvents(policy: policy)
        return try maker.events(
            of: exchange,
            decision: Sampling.Decision(reason: .hash, standsFor: 4),
            generator: &ids
        )
    }

    @Test func `carry the extensions that identify the exchange, and ids of their own`() throws {
        let events = try events(exchange())
        #expect(events.map(\.type) == [EventType.inferenceRequest, EventType.inferenceResponse])
        #expect(events[0].id != events[1].id)
        for event in events {
            #expect(event.source == "/vedette/default/digits")
            #expect(event[extension: "requestid"] == "r-1")
            #expect(event[extension: "model"] == "digits")
            #expect(event[extension: "modelversion"] == "3")
            #expect(event[extension: "partitionkey"] == "default/digits/default")
            #expect(event[extension: "dialect"] == "v2")
            #expect(event[extension: "sampledrate"] == "4")
            #expect(event[extension: "samplereason"] == "hash")
            #expect(event[extension: "traceparent"]?.hasPrefix("00-0af7651916cd43dd") == true)
        }
        #expect(events[0][extension: "metadata"] == #"{"X-Team":["blue"]}"#)
        #expect(events[1][extension: "statuscode"] == "200")
        #expect(events[1][extension: "latencyms"] == "500")
        #expect(events[0].dataContentType == "application/json")
        #expect(events[1].data == Array("{}".utf8))
        let identity = ExchangeIdentity(of: events[1])
        #expect(identity.model == "digits" && identity.requestID == "r-1" && identity.version == "3")
    }

    @Test func `keep shapes, datatypes and hash of a body that was cut`() throws {
        let request =
            #"{"id":"b","inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":["#
            + String(repeating: "0.5,", count: 100)
        let event = try events(exchange(request: request, limit: 100))[0]
        #expect(event[extension: "truncated"] == "limit")
        #expect(event[extension: "databytes"] == String(request.utf8.count))
        #expect(event[extension: "datahash"]?.hasPrefix("sha256:") == true)
        let outline = try JSONValue(parsing: try #require(event.data))
        #expect(outline == ["id": "b", "inputs": [["name": "x", "shape": [1, 4], "datatype": "FP32"]]])
    }

    @Test func `replace an id that cannot be one and keep it`() throws {
        let event = try events(exchange(id: "not visible"))[0]
        #expect(event[extension: "requestid"] != "not visible")
        #expect(event[extension: "originalrequestid"] == "not visible")
    }

    @Test func `tell KServe's consumers with one id and the request's content type, and of nothing but 200`() throws {
        let events = try events(exchange()) { $0.profile = .kserve }
        #expect(events.map(\.type) == [EventType.KServe.inferenceRequest, EventType.KServe.inferenceResponse])
        #expect(events[0].id == events[1].id)
        #expect(events.allSatisfy { $0.dataContentType == "application/json" })
        #expect(events[1][extension: "inferenceservicename"] == "digits")
        #expect(events[1][extension: "metadata"] == #"{"X-Team":["blue"]}"#)
        #expect(try self.events(exchange(status: 500)) { $0.profile = .kserve }.isEmpty)
    }

    @Test
    func
        `have an id of their own for KServe's consumers, but for the request's Ce-Id and one that was made for the call`()
        throws
    {
        func id(_ fields: [(FieldName, String)]) throws -> (events: String, request: String) {
            var exchange = exchange()
            var ids = IdentifierGenerator()
            exchange.requestID = RequestID(from: { name in fields.first { $0.0 == name }?.1 }, generator: &ids)
            exchange.requestFields = .list(
                fields.map { ($0.0 == .eventID ? "Ce-Id" : "X-Request-Id", $0.1) }
            )
            let events = try events(exchange) { $0.profile = .kserve }
            #expect(events[0].id == events[1].id)
            return (events[0].id, exchange.requestID.text)
        }
        // kserve/pkg/logger takes Ce-Id or makes an id; X-Request-Id is none of its business.
        #expect(try id([(.requestID, "r-1")]).events != "r-1")
        #expect(try id([(.requestID, "r-1"), (.eventID, "e-1")]).events == "e-1")
        let made = try id([])
        #expect(made.events == made.request)
    }

    @Test func `carry the version that a V2 answer names, and the model where the path names none`() throws {
        func names(_ target: String, _ answer: String, _ change: (inout CapturedExchange) -> Void = { _ in }) throws
            -> [[String?]]
        {
            var exchange = exchange()
            exchange.target = target
            exchange.responseBody = CapturedBody(ByteBuffer(string: answer), limit: 1 << 20, budget: budget)
            change(&exchange)
            var maker = PayloadEvents(policy: CapturePolicy())
            var ids = IdentifierGenerator()
            let decision = Sampling.Decision(reason: .hash, standsFor: 1)
            let offered = try maker.offers(of: exchange, decision: decision, generator: &ids).compactMap(\.event)
            let events = try events(exchange)
            let found = [offered, events].flatMap {
                $0.map { [$0[extension: "model"], $0[extension: "modelversion"]] }
            }
            #expect(Set(found).count == 1, "both events, made either way, agree")
            return [found[0]]
        }
        let answer = #"{"model_name":"m","model_version":"7","outputs":[]}"#
        #expect(try names("/v2/models/digits/infer", answer) == [["digits", "7"]])
        #expect(try names("/v2/models/digits/versions/3/infer", answer) == [["digits", "3"]])
        #expect(try names("/ask", answer) == [["m", "7"]])
        #expect(try names("/v2/models/digits/infer", #"{"outputs":[],"model_version":"7"}"#) == [["digits", "7"]])
        let late = #"{"outputs":[\#(String(repeating: " ", count: 2000))],"model_version":"7"}"#
        #expect(try names("/v2/models/digits/infer", late) == [["digits", nil]])
        #expect(try names("/v2/models/digits/infer", answer) { $0.status = 500 } == [["digits", nil]])
        let coded: (inout CapturedExchange) -> Void = { $0.responseFields = .list([("Content-Encoding", "gzip")]) }
        #expect(try names("/v2/models/digits/infer", answer, coded) == [["digits", nil]])
        #expect(try names("/ask", "no JSON") == [[nil, nil]])
        #expect(try names("/ask", #"{"model_name":"a b/ü"}"#)[0][0] != nil)
    }

    @Test(arguments: ["/v2/models/a%20b/infer", "/v2/models/%C3%BC%5B/infer", "/v2/models/a%00b/infer"])
    func `are made for a model of any name`(target: String) throws {
        var exchange = exchange()
        exchange.target = target
        for profile in CapturePolicy.Profile.allCases {
            #expect(try events(exchange) { $0.profile = profile }.count == 2, "\(profile)")
        }
    }

    @Test func `keep an id that is too long whole`() throws {
        let long = String(repeating: "x", count: 3000)
        #expect(try events(exchange(id: long))[0][extension: "originalrequestid"] == long)
        #expect(try events(exchange(id: long + long))[0][extension: "originalrequestid"]?.utf8.count == 4096)
    }

    @Test func `are offered as records that hold the same events`() throws {
        var exchanges = [exchange(), exchange(id: "not visible", status: 503), exchange(request: "", limit: 0)]
        exchanges.append(exchange(limit: 10))
        exchanges[1].outcome = .upstreamGone
        exchanges[2].requestFields = .list([
            ("Content-Type", "no type"), ("Content-Encoding", "gzip"), ("Inference-Header-Content-Length", "7"),
            ("Ce-CorrelationId", "flow"),
        ])
        for profile in CapturePolicy.Profile.allCases {
            for exchange in exchanges {
                var policy = CapturePolicy()
                policy.profile = profile
                policy.headers = ["x-team", "content-*"]
                policy.annotations = "{}"
                var ids = IdentifierGenerator()
                var same = ids
                var maker = PayloadEvents(policy: policy)
                let decision = Sampling.Decision(reason: .hash, standsFor: 4)
                let offers = try maker.offers(of: exchange, decision: decision, generator: &ids)
                let events = try maker.events(of: exchange, decision: decision, generator: &same)
                guard profile != .kserve else {
                    // Their recordedtime is that of their making.
                    #expect(offers.map(\.type) == events.map(\.type))
                    continue
                }
                #expect(offers.map(\.event) == events)
            }
        }
    }

    @Test func `tell Seldon's consumers with an id each, joined by the request id`() throws {
        let events = try events(exchange()) { $0.profile = .seldon }
        #expect(events.map(\.type) == [EventType.Seldon.inferenceRequest, EventType.Seldon.inferenceResponse])
        #expect(events[0].id != events[1].id)
        #expect(events.allSatisfy { $0[extension: "requestid"] == "r-1" && $0[extension: "modelid"] == "digits" })
    }
}
