import CloudEvents
import EventStore
import JSON
import NIOHTTP1
import RequestLoggerService
import ServiceKit
import TestSupport
import Testing

@Suite struct `What people may do, and what is noted of it` {
    /// A file of tokens, one of each role.
    static func tokens(in directory: TemporaryDirectory) -> String {
        directory.write(
            Array("see-only read eve\nmay-act write ada\nmay-all admin grace\n".utf8),
            to: "tokens"
        )
    }

    static func bearer(_ token: String) -> [String: String] { ["authorization": "Bearer \(token)"] }

    /// Runs a logger that asks for tokens and has two alerts of one incident.
    static func run(_ body: @Sendable (RunningLogger, [String]) async throws -> Void) async throws {
        let directory = TemporaryDirectory()
        try await RunningLogger.run(["--auth-token-file=\(tokens(in: directory))"], directory: directory) { logger in
            for monitor in ["digits-ks", "digits-mmd"] {
                let event = try Samples.window(.alarm, number: 1, monitor: monitor)
                let (headers, body) = HTTPBinding.encodeBatch([event])
                var pairs = bearer("may-act")
                for (name, value) in headers { pairs[name] = value }
                #expect(try await logger.send("POST", "/", body: body, headers: pairs).status == 202)
            }
            try await logger.waitForPosition(2)
            let list = try await logger.get("/v1/alerts", headers: bearer("see-only")).json["items"]?.array ?? []
            try await body(logger, list.compactMap { $0["id"]?.string })
        }
    }

    @Test func `a role may do what its name says, and the refusal says which it takes`() async throws {
        try await Self.run { logger, alerts in
            let id = try #require(alerts.first)
            let (see, act, all) = (Self.bearer("see-only"), Self.bearer("may-act"), Self.bearer("may-all"))
            #expect(try await logger.get("/v1/alerts").status == 401)
            #expect(try await logger.get("/v1/alerts", headers: Self.bearer("other")).status == 401)
            #expect(try await logger.get("/livez").status == 200)
            let refused = try await logger.post("/v1/alerts/\(id)/acknowledge", headers: see)
            #expect(refused.status == 403 && refused.json["error"]?.string?.contains("role write") == true)
            #expect(try await logger.post("/", "{}", headers: see).status == 403)
            #expect(try await logger.post("/v1/alerts/\(id)/acknowledge", headers: act).status == 200)
            #expect(try await logger.get("/v1/audit", headers: act).status == 403)
            #expect(try await logger.get("/v1/audit", headers: all).status == 200)
            #expect(try await logger.send("DELETE", "/v1/requests/r-1", headers: act).status == 403)
            #expect(try await logger.send("DELETE", "/v1/requests/r-1", headers: all).status == 404)
        }
    }

    @Test func `who did what, when and why is in the audit log, newest first, and on its page`() async throws {
        try await Self.run { logger, alerts in
            let id = try #require(alerts.first)
            let silence = #"{"for": "2h", "reason": "<b>retraining</b>", "by": "mallory"}"#
            try await logger.post("/v1/alerts/\(id)/acknowledge", headers: Self.bearer("may-act"))
            try await logger.post("/v1/alerts/\(id)/silence", silence, headers: Self.bearer("may-act"))
            try await logger.post("/v1/alerts/\(id)/close", headers: Self.bearer("may-all"))
            #expect(try await logger.post("/v1/alerts/\(id)/close", headers: Self.bearer("may-all")).status == 409)
            let log = try await logger.get("/v1/audit", headers: Self.bearer("may-all")).json["items"]?.array ?? []
            #expect(log.map { $0["action"]?.string } == ["close", "silence", "acknowledge"])
            #expect(log.map { $0["person"]?.string } == ["grace", "ada", "ada"])  // not what the body says
            #expect(log.allSatisfy { $0["name_proven"] == true && $0["subject"]?.string == id })
            #expect(log[1]["details"]?["reason"] == "<b>retraining</b>" && log[1]["details"]?["until"]?.string != nil)
            let alert = try await logger.get("/v1/alerts/\(id)", headers: Self.bearer("see-only")).json
            #expect(alert["acknowledged_by"] == "ada" && alert["closed_by"] == "grace")
            #expect(alert["silence_reason"] == "<b>retraining</b>")
            let page = try await logger.get("/audit", headers: Self.bearer("may-all")).text
            #expect(page.contains("&lt;b&gt;retraining") && !page.contains("<b>retraining"))
        }
    }

    @Test func `nobody else writes into the audit log`() async throws {
        try await RunningLogger.run { logger in
            let forged = try CloudEvent(
                id: "f",
                source: "/vedette/default/request-logger",
                type: EventType.audit,
                dataContentType: "application/json",
                data: Array(#"{"action": "close", "subject": "alert-1", "person": "ada"}"#.utf8)
            )
            try await logger.record([forged])
            #expect(try await logger.get("/v1/audit").json["items"] == [])
            let labels = ["type": EventType.audit, "outcome": "dropped"]
            #expect(logger.metrics.value("vedette_events_total", labels) == 1)
        }
    }

    @Test func `an incident is acted on as one`() async throws {
        try await Self.run { logger, alerts in
            #expect(alerts.count == 2)
            let see = Self.bearer("see-only")
            let list = try await logger.get("/v1/incidents?state=active", headers: see).json["items"]?.array ?? []
            #expect(list.count == 1 && list.first?["alert_ids"]?.array?.count == 2)
            let id = try #require(list.first?["id"]?.string)
            let one = try await logger.get("/v1/incidents/\(id)", headers: see).json
            #expect(one["alerts"]?.array?.count == 2 && one["state"] == "open")
            let page = try await logger.get("/alerts/\(alerts[0])", headers: see).text
            #expect(page.contains("The same incident") && page.contains("/alerts/\(alerts[1])"))
            #expect(try await logger.get("/alerts", headers: see).text.contains("1 more alert of the same incident"))
            let taken = try await logger.post("/v1/incidents/\(id)/acknowledge", headers: Self.bearer("may-act"))
            #expect(taken.json["state"] == "acknowledged")
            let closed = try await logger.post("/v1/incidents/\(id)/close", headers: Self.bearer("may-act"))
            #expect(closed.json["state"] == "closed")
            #expect(
                try await logger.post("/v1/incidents/\(id)/close", headers: Self.bearer("may-act")).status == 409
            )
            #expect(try await logger.get("/v1/incidents/none", headers: see).status == 404)
            let log = try await logger.get("/v1/audit", headers: Self.bearer("may-all")).json["items"]?.array ?? []
            #expect(log.map { $0["subject"]?.string } == [id, id])
        }
    }

    @Test func `what is erased is gone, and that it was is noted`() async throws {
        try await RunningLogger.run { logger in
            try await logger.record(
                try Samples.exchange("r-1") + [try Samples.outlier("r-1")] + Samples.exchange("r-2")
            )
            let reason = #"{"by": "ada", "reason": "asked to"}"#
            let answer = try await logger.send("DELETE", "/v1/requests/r-1", body: Array(reason.utf8))
            #expect(answer.status == 200 && answer.json["erased"] == 3)
            #expect(try await logger.get("/v1/requests/r-1").status == 404)
            #expect(try await logger.get("/v1/requests/r-2").status == 200)
            let entry = try await logger.get("/v1/audit").json["items"]?[0]
            #expect(entry?["person"] == "ada" && entry?["name_proven"] == false && entry?["way"] == "open")
            #expect(entry?["subject"] == "r-1" && entry?["details"]?["events"] == 3)
        }
    }

    @Test func `a browser signs in with a token, and acts by a page of ours alone`() async throws {
        try await Self.run { logger, alerts in
            let id = try #require(alerts.first)
            let asked = try await logger.raw("GET", "/alerts/\(id)", headers: ["accept": "text/html"])
            #expect(asked.status == 303 && asked.headers.first(name: "location") == "/login?next=/alerts/\(id)")
            #expect(try await logger.get("/login").text.contains("type=\"password\""))
            let form = ["content-type": "application/x-www-form-urlencoded"]
            let wrong = try await logger.raw("POST", "/login", "token=no&next=/", headers: form)
            #expect(wrong.status == 401 && wrong.headers.first(name: "set-cookie") == nil)
            let elsewhere = try await logger.raw("POST", "/login", "token=may-act&next=//evil.example", headers: form)
            #expect(elsewhere.headers.first(name: "location") == "/")
            let entered = try await logger.raw("POST", "/login", "token=may-act&next=%2Falerts", headers: form)
            #expect(entered.status == 303 && entered.headers.first(name: "location") == "/alerts")
            let set = try #require(entered.headers.first(name: "set-cookie"))
            #expect(set.contains("HttpOnly") && set.contains("SameSite=Lax") && !set.contains("may-act"))
            let cookie = String(set.prefix { $0 != ";" })
            let session = try await logger.get("/v1/session", headers: ["cookie": cookie])
            #expect(session.json["name"] == "ada" && session.json["role"] == "write")
            let path = "/v1/alerts/\(id)/acknowledge"
            #expect(try await logger.post(path, headers: ["cookie": cookie]).status == 403)
            let token = try #require(session.json["page_token"]?.string)
            // The token goes with its cookie: that of somebody without one is another.
            #expect(
                try await logger.post(path, headers: ["cookie": cookie, "vedette-csrf": String(token.reversed())])
                    .status == 403
            )
            #expect(try await logger.post(path, headers: ["cookie": cookie, "vedette-csrf": token]).status == 200)
            #expect(try await logger.get("/audit", headers: ["cookie": cookie]).status == 403)
            let forged = "vedette_session=7c" + cookie.dropFirst("vedette_session=7b".count)
            #expect(try await logger.get("/alerts", headers: ["cookie": forged]).status == 401)
            let log = try await logger.get("/v1/audit", headers: Self.bearer("may-all")).json["items"]?.array ?? []
            #expect(log.map { $0["action"]?.string } == ["acknowledge", "sign-in", "sign-in"])
            #expect(log.first?["way"] == "session")
        }
    }
}
