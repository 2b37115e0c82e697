import CloudEvents
import EventStore
import JSON
import RequestLoggerService
import ServiceKit
import TestSupport
import Testing

@Suite struct `Routes of request-logger` {
    @Test func `an exchange can be read back whole after it was acknowledged`() async throws {
        try await RunningLogger.run { logger in
            try await logger.record(try Samples.exchange("r-1") + [try Samples.outlier("r-1")])
            let answer = try await logger.get("/v1/requests/r-1")
            #expect(answer.status == 200)
            let document = try #require(answer.json["exchanges"]?[0])
            #expect(answer.json["requestid"]?.string == "r-1")
            #expect(document["request"]?["data"]?["inputs"]?[0]?["shape"] == [1, 4, 4, 1])
            #expect(document["response"]?["data"]?["outputs"]?[0]?["data"] == [0.25, 0.75])
            #expect(document["verdicts"]?.array?.count == 1)
            #expect(document["flags"] == ["outlier"])
            #expect(document["version"]?.string == "1")
            let flagged = try await logger.get("/v1/exchanges?model=digits&verdict=outlier&since=5m")
            #expect(flagged.json["items"]?.array?.count == 1)
            #expect(flagged.json["next"] == .null)
            #expect(try await logger.get("/v1/exchanges?until=1h").json["items"] == [])
        }
    }

    @Test func `takes all three modes, and Seldon's and KServe's dialects`() async throws {
        try await RunningLogger.run { logger in
            let binary = try await logger.post(
                "/",
                #"{"inputs":[]}"#,
                headers: [
                    "ce-specversion": "1.0", "ce-id": "k1", "ce-source": "http://localhost:9081/",
                    "ce-type": EventType.KServe.inferenceRequest, "ce-inferenceservicename": "iris",
                    "content-type": "application/json",
                ]
            )
            let structured = try await logger.post(
                "/",
                """
                {"specversion":"1.0","id":"s1","source":"/seldon","type":"\(EventType.Seldon.inferenceResponse)",
                "requestid":"s-r1","inferenceservicename":"income","modelid":"clf","data":{"data":{"ndarray":[[1]]}}}
                """,
                headers: ["content-type": "application/cloudevents+json"]
            )
            #expect(binary.status == 202 && structured.status == 202)
            try await logger.waitForPosition(2)
            #expect(try await logger.get("/v1/requests/k1").json["exchanges"]?[0]?["model"]?.string == "iris")
            #expect(try await logger.get("/v1/requests/s-r1").json["exchanges"]?[0]?["model"]?.string == "income/clf")
        }
    }

    @Test func `says which rule an event breaks`() async throws {
        try await RunningLogger.run { logger in
            let answer = try await logger.post("/", "{}", headers: ["content-type": "application/json"])
            #expect(answer.status == 400)
            #expect(answer.json["code"]?.string != nil && answer.json["remedy"]?.string?.isEmpty == false)
            #expect(try await logger.assembly.store.newestSequence() == 0)
        }
    }

    @Test func `a payload that cannot be decoded is kept whole and counted`() async throws {
        try await RunningLogger.run { logger in
            let body = "\u{0}\u{1}this is no tensor"
            try await logger.post(
                "/",
                body,
                headers: [
                    "ce-specversion": "1.0", "ce-id": "u1", "ce-source": "/x", "ce-type": EventType.inferenceRequest,
                    "ce-requestid": "u1", "content-type": "application/octet-stream",
                ]
            )
            try await logger.waitForPosition(1)
            let event = try #require(try await logger.assembly.store.exchanges(requestID: "u1").first?.request?.event)
            #expect(event.data == Array(body.utf8))
            #expect(try await logger.get("/metrics").text.contains("vedette_undecodable_payloads_total{reason="))
            #expect(try await logger.get("/requests/u1").status == 200)
        }
    }

    @Test func `a payload of no dialect is read by the JSON paths of its model`() async throws {
        let directory = TemporaryDirectory()
        let text = "[fraud]\nurl = \"http://127.0.0.1:1\"\n[fraud.request]\namount = \"$.rows[*].amount\"\n"
        let models = directory.write(Array(text.utf8), to: "models.toml")
        try await RunningLogger.run(["--models-file=\(models)"], directory: directory) { logger in
            for (id, model) in [("p1", "fraud"), ("p2", "other")] {
                try await logger.post(
                    "/",
                    #"{"rows":[{"amount":12.75},{"amount":3}]}"#,
                    headers: [
                        "ce-specversion": "1.0", "ce-id": id, "ce-source": "/x", "ce-model": model,
                        "ce-type": EventType.inferenceRequest, "ce-requestid": id, "ce-dialect": "json",
                        "content-type": "application/json",
                    ]
                )
            }
            try await logger.waitForPosition(2)
            let counted = #"vedette_undecodable_payloads_total{reason="unknown_dialect"} 1"#
            #expect(try await logger.get("/metrics").text.contains(counted))
            let page = try await logger.get("/requests/p1").text
            #expect(page.contains("12.75") && page.contains("amount"))
        }
    }

    @Test func `a path that cannot be read stops the start, with its model and tensor`() async throws {
        let directory = TemporaryDirectory()
        let text = "[fraud]\nurl = \"http://127.0.0.1:1\"\n[fraud.request]\namount = \"$..amount\"\n"
        let models = directory.write(Array(text.utf8), to: "models.toml")
        let context = try RunningLogger.context(["--models-file=\(models)"], directory: directory)
        let error = await #expect(throws: (any Error).self) { try await RequestLoggerService.assembled(context) }
        #expect("\(error.map { "\($0)" } ?? "")".contains("[fraud.request], amount"))
    }

    static let references: [(sent: String, asked: String)] = [
        ("a#b", "a%23b"), ("a#1", "a%231"), ("a/b", "a%2Fb"), ("100%", "100%25"),
        ("größe-日本", "gr%C3%B6%C3%9Fe-%E6%97%A5%E6%9C%AC"),
        ("../../etc", "..%2F..%2Fetc"), ("<b>", "%3Cb%3E"),
    ]

    @Test(arguments: references)
    func `finds a request whatever its id holds`(sent: String, asked: String) async throws {
        try await RunningLogger.run { logger in
            try await logger.record(try Samples.exchange(sent))
            for path in ["/v1/requests/\(asked)", "/v1/requests/\(asked)%230", "/requests/\(asked)"] {
                #expect(try await logger.get(path).status == 200, "\(path)")
            }
        }
    }

    @Test func `a row beyond those of the request is a 404 that says which there are`() async throws {
        try await RunningLogger.run { logger in
            var undecodable = try Samples.exchange("r-2")
            undecodable = try undecodable.map {
                try $0.replacingData(Array("no payload".utf8), contentType: "text/plain")
            }
            try await logger.record(try Samples.exchange("r-1") + undecodable)
            #expect(try await logger.get("/v1/requests/r-1%230").status == 200)
            for row in ["1", "7000000"] {
                let answer = try await logger.get("/v1/requests/r-1%23\(row)")
                #expect(
                    answer.status == 404 && answer.json["error"]?.string?.contains("1 rows") == true,
                    "\(answer.text)"
                )
            }
            // Nobody knows how many rows it has.
            #expect(try await logger.get("/v1/requests/r-2%237").status == 200)
        }
    }

    @Test func `what is not on record is a 404 with a remedy, as JSON and as a page`() async throws {
        try await RunningLogger.run { logger in
            for path in ["/v1/requests/none", "/v1/alerts/none", "/v1/nothing"] {
                let answer = try await logger.get(path)
                #expect(answer.status == 404 && answer.json["remedy"]?.string != nil, "\(path)")
            }
            for path in ["/requests/none", "/alerts/none"] {
                let answer = try await logger.get(path)
                #expect(answer.status == 404 && answer.text.contains("Not on record"), "\(path)")
            }
        }
    }

    @Test func `pages through a list by its cursor`() async throws {
        try await RunningLogger.run { logger in
            try await logger.record(
                try (0..<7).flatMap { try Samples.exchange("r-\($0)", time: Timestamp(seconds: Double($0))) }
            )
            var seen: [String] = []
            var path = "/v1/exchanges?limit=3"
            while true {
                let answer = try await logger.get(path).json
                seen += (answer["items"]?.array ?? []).compactMap { $0["requestid"]?.string }
                guard let next = answer["next"]?.string else { break }
                path = "/v1/exchanges?limit=3&cursor=\(next)"
            }
            #expect(seen == (0..<7).reversed().map { "r-\($0)" })
            let oldest = try await logger.get("/v1/events?order=oldest&limit=2").json
            #expect(oldest["items"]?[0]?["id"]?.string == "r-0-q")
            #expect(oldest["items"]?[0]?["specversion"]?.string == "1.0")
        }
    }

    @Test(arguments: [
        "/v1/exchanges?cursor=nonsense", "/v1/exchanges?modle=digits", "/v1/exchanges?limit=0",
        "/v1/exchanges?limit=many",
        "/v1/exchanges?since=yesterday", "/v1/exchanges?verdict=guilty", "/v1/alerts?state=ajar", "/v1/events?kind=x",
        "/v1/alerts?kind=nonsense", "/v1/models?foo=1", "/v1/requests/r?x=1",
        "/v1/events?order=sideways",
    ])
    func `refuses a query that it does not understand`(path: String) async throws {
        try await RunningLogger.run { logger in
            let answer = try await logger.get(path)
            #expect(answer.status == 400)
            #expect(answer.json["remedy"]?.string?.isEmpty == false)
        }
    }

    @Test func `an alert opens, is extended, acknowledged and closed`() async throws {
        try await RunningLogger.run { logger in
            try await logger.record(try Samples.exchange("r-1", time: .now() - .seconds(5)))
            try await logger.record([try Samples.window(.alarm, number: 1)])
            let list = try await logger.get("/v1/alerts?state=open&model=digits&kind=drift").json
            let alert = try #require(list["items"]?[0])
            let id = try #require(alert["id"]?.string)
            #expect(alert["severity"] == "warning" && alert["request_ids"] == ["r-1"])
            #expect(alert["summary"]?.string?.contains("digits") == true)
            #expect(logger.metrics.value("vedette_alerts_open", ["kind": "drift", "severity": "warning"]) == 1)

            try await logger.record([try Samples.window(.alarm, number: 2), try Samples.window(.alarm, number: 2)])
            let extended = try await logger.get("/v1/alerts/\(id)").json
            #expect(extended["verdict_ids"] == ["digits-ks-1", "digits-ks-2"])
            #expect(try await logger.get("/v1/alerts").json["items"]?.array?.count == 1)

            #expect(try await logger.post("/v1/alerts/\(id)/acknowledge").json["state"] == "acknowledged")
            let silenced = try await logger.post("/v1/alerts/\(id)/silence", #"{"for":"2h"}"#)
            #expect(silenced.status == 200 && silenced.json["silenced_until"]?.string != nil)
            #expect(try await logger.post("/v1/alerts/\(id)/silence", #"{"for":"soon"}"#).status == 400)
            #expect(try await logger.post("/v1/alerts/\(id)/close").json["state"] == "closed")
            #expect(try await logger.post("/v1/alerts/\(id)/close").status == 409)
            #expect(try await logger.post("/v1/alerts/none/close").status == 404)
            #expect(logger.metrics.value("vedette_alerts_open", ["kind": "drift", "severity": "warning"]) == 0)
            #expect(try await logger.get("/alerts?state=closed").text.contains("digits-ks"))
        }
    }

    @Test func `refuses an action that another web site sends`() async throws {
        try await RunningLogger.run { logger in
            try await logger.record([try Samples.window(.alarm, number: 1)])
            let id = try #require(try await logger.get("/v1/alerts").json["items"]?[0]?["id"]?.string)
            let answer = try await logger.post("/v1/alerts/\(id)/close", headers: ["sec-fetch-site": "cross-site"])
            #expect(answer.status == 403)
            #expect(try await logger.get("/v1/alerts/\(id)").json["state"] == "open")
        }
    }

    @Test func `an outlier alert names the rows that its monitor flagged`() async throws {
        try await RunningLogger.run { logger in
            let end = Timestamp.now()
            try await logger.record(
                try Samples.exchange("r-1") + [
                    try Samples.outlier("r-1", time: end - .seconds(1)),
                    try Samples.window(.alarm, number: 1, type: EventType.outlier, monitor: "digits-outlier", end: end),
                ]
            )
            let alert = try #require(try await logger.get("/v1/alerts?kind=outlier").json["items"]?[0])
            #expect(alert["request_ids"] == ["r-1#0"])
            #expect(try await logger.get("/v1/models").json["items"]?[0]?["open_alerts"] == 1)
        }
    }

    @Test func `events that came in add up`() async throws {
        try await RunningLogger.run { logger in
            let events = try Samples.exchange("r-1")
            try await logger.record(events + events)
            let type = EventType.inferenceRequest
            #expect(logger.metrics.value("vedette_events_total", ["type": type, "outcome": "handled"]) == 1)
            #expect(logger.metrics.value("vedette_events_total", ["type": type, "outcome": "dropped"]) == 1)
        }
    }
}
