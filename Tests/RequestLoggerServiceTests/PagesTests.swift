import CloudEvents
import JSON
import NIOHTTP1
import TestSupport
import Testing

@Suite struct `Pages` {
    /// What an attacker would like to see in a page as it is.
    static let hostile = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>\"\u{301} onload=alert(1) '{{{x}}}"

    @Test func `show hostile text as text, wherever it stands`() async throws {
        try await RunningLogger.run { logger in
            let hostile = Self.hostile
            let request = try CloudEvent(
                id: "h-q",
                source: "/x",
                type: EventType.inferenceRequest,
                time: .now() - .seconds(5),
                dataContentType: "application/json",
                extensions: ["model": .string(hostile), "requestid": "<script>alert(1)</script>"],
                data: Array(
                    #"{"inputs":[{"name":"<script>alert(1)</script>","shape":[1,2],"datatype":"FP32","data":[1,2]}]}"#
                        .utf8
                )
            )
            try await logger.record([
                request,
                try Samples.window(.alarm, number: 1, monitor: hostile, model: hostile, features: [hostile]),
            ])
            let id = try #require(try await logger.get("/v1/alerts").json["items"]?[0]?["id"]?.string)
            for path in [
                "/", "/alerts", "/alerts/\(id)", "/exchanges", "/models", "/health", "/?search=%3Cscript%3E",
                "/requests/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
                "/requests/%3Cimg%20onerror=1%3E", "/alerts?state=%3Cscript%3E", "/exchanges?model=%22%3E%3Cscript%3E",
            ] {
                let answer = try await logger.get(path)
                #expect(answer.headers.first(name: "content-type") == "text/html; charset=utf-8", "\(path)")
                #expect(answer.headers.first(name: "content-security-policy")?.contains("default-src 'none'") == true)
                #expect(!answer.text.contains("<script>"), "\(path)")
                #expect(!answer.text.contains("<img src=x"), "\(path)")
                let scalars = answer.text.unicodeScalars
                let ends = zip(scalars, scalars.dropFirst()).contains { $0 == "\"" && $1 == "\u{301}" }
                #expect(!ends, "\(path): a quotation mark with a combining mark ends an attribute")
            }
            #expect(try await logger.get("/alerts/\(id)").text.contains("&lt;script&gt;alert(1)"))
        }
    }

    @Test func `draw the instance, the answer and the verdict`() async throws {
        try await RunningLogger.run { logger in
            try await logger.record(try Samples.exchange("r-1") + [try Samples.outlier("r-1")])
            let page = try await logger.get("/requests/r-1").text
            #expect(page.contains("data:image/png;base64,iVBORw0KGgo"))
            #expect(page.contains("digits answered 1"))
            #expect(page.contains("75 %"))
            #expect(page.contains("OutlierAE"))
        }
    }

    @Test func `show a text, a series and a row that is unusual`() async throws {
        try await RunningLogger.run { logger in
            func ask(_ id: String, _ inputs: String) throws -> CloudEvent {
                try CloudEvent(
                    id: id,
                    source: "/x",
                    type: EventType.inferenceRequest,
                    time: .now(),
                    dataContentType: "application/json",
                    extensions: ["model": .string(id.prefix(1) == "t" ? "table" : "other"), "requestid": .string(id)],
                    data: Array(#"{"inputs":[\#(inputs)]}"#.utf8)
                )
            }
            func number(_ name: String, _ value: Double) -> String {
                #"{"name":"\#(name)","shape":[1,1],"datatype":"FP32","data":[\#(value)]}"#
            }
            var rows: [CloudEvent] = []
            for index in 0..<24 {
                let age = number("age", Double(30 + index % 7))
                let income = number("income", index == 23 ? 9000 : Double(10 + index % 5))
                rows.append(try ask("t\(index)", "\(age),\(income)"))
            }
            let series = (0..<60).map { (index: Int) -> String in "\(index % 9)" }.joined(separator: ",")
            try await logger.record(
                rows + [
                    try ask("words", #"{"name":"text","shape":[1],"datatype":"BYTES","data":["<b>fine</b> day"]}"#),
                    try ask("empty", #"{"name":"text","shape":[0],"datatype":"BYTES","data":[]}"#),
                    try ask("signal", #"{"name":"ecg","shape":[1,60],"datatype":"FP32","data":[\#(series)]}"#),
                ]
            )
            #expect(try await logger.get("/requests/words").text.contains("&lt;b&gt;fine&lt;/b&gt; day"))
            #expect(try await logger.get("/requests/empty").status == 200)
            #expect(try await logger.get("/requests/signal").text.contains("The instance as a series"))
            let unusual = try await logger.get("/requests/t23").text
            #expect(unusual.contains(">income<") && unusual.contains("unusual, mostly near"))
            #expect(try await !logger.get("/requests/t5").text.contains("unusual, mostly near"))
        }
    }

    @Test func `refuse an action that another site asks for`() async throws {
        try await RunningLogger.run { logger in
            try await logger.record([try Samples.window(.alarm, number: 1)])
            let id = try #require(try await logger.get("/v1/alerts").json["items"]?[0]?["id"]?.string)
            for headers in [["origin": "https://evil.example"], ["origin": "null"], ["sec-fetch-site": "cross-site"]] {
                #expect(try await logger.post("/v1/alerts/\(id)/close", headers: headers).status == 403)
                #expect(try await logger.post("/v1/requests/x/explain", headers: headers).status == 403)
            }
            #expect(try await logger.post("/v1/requests/x/explain").status == 409)
            // Of ours, but of no page: another site may have made a browser think so.
            #expect(try await logger.post("/v1/alerts/\(id)/close", headers: ["origin": logger.base]).status == 403)
            let token = try #require(try await logger.get("/v1/session").json["page_token"]?.string)
            // A site that took our address as its own: the browser believes that it is all one.
            let foreign = ["host": "evil.example", "origin": "http://evil.example", "vedette-csrf": token]
            #expect(try await logger.post("/v1/alerts/\(id)/close", headers: foreign).status == 403)
            let headers = ["origin": logger.base, "vedette-csrf": token]
            #expect(try await logger.post("/v1/alerts/\(id)/close", headers: headers).status == 200)
        }
    }

    @Test func `say what to do when there is nothing to show`() async throws {
        try await RunningLogger.run { logger in
            for (path, words) in [
                ("/", "No model yet"), ("/alerts", "All quiet"), ("/health", "No monitor has given"),
                ("/exchanges", "Nothing on record yet"), ("/models", "No model yet"),
            ] {
                let page = try await logger.get(path).text
                #expect(page.contains(words), "\(path)")
            }
        }
    }

    @Test(arguments: ["style.css", "vedette.js", "icon.svg"])
    func `have their assets inside the binary`(name: String) async throws {
        try await RunningLogger.run { logger in
            let (asset, outside) = (
                try await logger.get("/assets/\(name)"), try await logger.get("/assets/..%2F\(name)")
            )
            #expect(asset.status == 200 && outside.status == 404)
        }
    }
}
