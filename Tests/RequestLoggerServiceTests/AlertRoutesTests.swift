import CloudEvents
import Crypto
import EventStore
import JSON
import RequestLoggerService
import ServiceKit
import TestSupport
import Testing

@Suite struct `Routes of alerts` {
    /// Runs a logger whose file of rules is `yaml`; `BASE` in it becomes the receiver's address, `DIR` a folder.
    static func run(
        _ yaml: String,
        _ arguments: [String] = [],
        directory: TemporaryDirectory = TemporaryDirectory(),
        _ body: @Sendable (Receiver, RunningLogger) async throws -> Void
    ) async throws {
        try await Receiver.run { receiver, base in
            let text = yaml.split(separator: "BASE").joined(separator: base)
                .split(separator: "DIR").joined(separator: directory.path)
            directory.write(Array(text.utf8), to: "alerts.yaml")
            let settings = ["--alerts-rules-file=\(directory.file("alerts.yaml"))", "--alerts-close-after=1"]
            try await RunningLogger.run(settings + arguments, directory: directory) { logger in
                try await body(receiver, logger)
            }
        }
    }

    @Test func `a webhook gets the alert, signed, under a key of its own for each change`() async throws {
        let directory = TemporaryDirectory()
        directory.write(Array("very secret\n".utf8), to: "key")
        directory.write(Array("token-1\n".utf8), to: "token")
        let yaml = """
            routes:
              - name: tickets
                webhook: {url: "BASE/hook", signing_key_file: "DIR/key", token_file: "DIR/token"}
            """
        let pages = ["--alerts-pages-url=https://watch.example.org/"]
        try await Self.run(yaml, pages, directory: directory) { receiver, logger in
            try await logger.record([try Samples.window(.alarm, number: 1)])
            try await logger.record([try Samples.window(.ok, number: 2)])
            await receiver.wait(for: 2)
            let calls = receiver.calls
            #expect(calls.map { $0.body["change"]?.string } == ["opened", "closed"])
            let id = try #require(calls[0].body["alert"]?["id"]?.string)
            #expect(calls[0].body["page"]?.string == "https://watch.example.org/alerts/\(id)")
            #expect(calls.map { $0.headers["idempotency-key"] } == ["\(id)-1", "\(id)-2"])
            #expect(calls[0].headers["authorization"] == "Bearer token-1")
            let code = HMAC<SHA256>.authenticationCode(
                for: calls[0].bytes,
                using: SymmetricKey(data: Array("very secret".utf8))
            )
            let hexadecimal = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            #expect(calls[0].headers["vedette-signature"] == "sha256=\(hexadecimal)")
            #expect(logger.metrics.value("vedette_alerts_told_total", ["route": "tickets", "change": "opened"]) == 1)
            let delivered = ["sink": "tickets", "outcome": "delivered"]
            while logger.metrics.value("vedette_sink_events_total", delivered) != 2 { await Task.yield() }
        }
    }

    @Test func `what is not taken is sent again under the same key, and what is refused is kept`() async throws {
        let directory = TemporaryDirectory()
        let yaml = "routes:\n  - name: bus\n    cloudevent: {url: \"BASE/hook\"}\n"
        try await Self.run(yaml, directory: directory) { receiver, logger in
            receiver.answer(503, 500, 200, 422)
            try await logger.record([try Samples.window(.alarm, number: 1)])
            await receiver.wait(for: 3)
            try await logger.record([try Samples.window(.alarm, number: 2, monitor: "other")])
            await receiver.wait(for: 4)
            let ids = receiver.calls.map { $0.headers["ce-id"] }
            #expect(Set(ids[..<3]).count == 1 && ids[3] != ids[0])
            #expect(receiver.calls[0].body["state"] == "open")
            let dead = ["sink": "bus", "outcome": "deadlettered"]
            while logger.metrics.value("vedette_sink_events_total", dead) != 1 { await Task.yield() }
        }
        let kept = String(decoding: bytes(ofFile: directory.file("routes/bus.deadletters.jsonl")), as: UTF8.self)
        #expect(kept.contains("\"monitor\":\"other\"") && kept.contains("\"deadlettercode\":422"))
    }

    @Test func `each route hears what its match is about`() async throws {
        let yaml = """
            routes:
              - name: vision
                match: {model: "dig*", owner: vision-team}
                webhook: {url: "BASE/hook"}
              - name: critical
                match: {severity: critical}
                slack: {url: "BASE/hook"}
            """
        try await Self.run(yaml, ["--alerts-critical-after=2"]) { receiver, logger in
            try await logger.record([try Samples.window(.alarm, number: 1, monitor: "m", model: "letters")])
            try await logger.record([try Samples.window(.alarm, number: 1)])
            await receiver.wait(for: 1)
            #expect(receiver.calls[0].body["alert"]?["model"] == "digits")
            try await logger.record([try Samples.window(.alarm, number: 2, monitor: "m", model: "letters")])
            await receiver.wait(for: 2)
            #expect(receiver.calls[1].body["text"]?.string == "Critical: drift of letters (m)")
        }
    }

    @Test func `nothing in a message to a chat is read as markup or calls people`() async throws {
        let yaml = "routes:\n  - name: chat\n    slack: {url: \"BASE/hook\"}\n"
        let hostile = "<!channel> @all [x](https://evil.example) ![p](https://evil.example/p) *b* `c` ~d~"
        try await Self.run(yaml) { receiver, logger in
            try await logger.record([
                try Samples.window(.alarm, number: 1, monitor: hostile, model: hostile, features: [hostile])
            ])
            await receiver.wait(for: 1)
            let text = String(decoding: receiver.calls[0].bytes, as: UTF8.self)
            for sign in ["<!", "@all", "[x](", "![", "*b*", "`c`", "~d~"] { #expect(!text.contains(sign), "\(sign)") }
            #expect(text.contains("&lt;!"))
        }
    }

    @Test func `Alertmanager gets labels, repetitions while an alert lives, and its end`() async throws {
        let yaml = "routes:\n  - name: am\n    alertmanager: {url: \"BASE\", resend: 1s}\n"
        try await Self.run(yaml, ["--alerts-critical-after=2"]) { receiver, logger in
            try await logger.record([try Samples.window(.alarm, number: 1)])
            await receiver.wait(for: 2)
            let calls = receiver.calls
            #expect(calls.map(\.path) == ["/api/v2/alerts", "/api/v2/alerts"])
            let first = try #require(calls[0].body[0])
            #expect(first["labels"]?["alertname"] == "VedetteDrift" && first["labels"]?["severity"] == "warning")
            #expect(first["labels"]?["owner"] == "vision-team" && first["labels"]?["monitor"] == "digits-ks")
            #expect(calls[1].body[0]?["labels"] == first["labels"])
            let now = Timestamp.now().rfc3339
            #expect(try #require(first["endsAt"]?.string) > now)
            // It becomes critical: the warning ends as the critical one begins.
            try await logger.record([try Samples.window(.alarm, number: 2)])
            while !receiver.calls.contains(where: { $0.body.array?.count == 2 }) {
                await receiver.wait(for: receiver.calls.count + 1)
            }
            let both = try #require(receiver.calls.first { $0.body.array?.count == 2 }?.body)
            #expect(both[0]?["labels"]?["severity"] == "critical" && both[1]?["labels"]?["severity"] == "warning")
            #expect(try #require(both[1]?["endsAt"]?.string) <= Timestamp.now().rfc3339)
            try await logger.record([try Samples.window(.ok, number: 3)])
            func hasEnded(_ call: Receiver.Call) -> Bool {
                call.body.array?.count == 2 && call.body[0]?["endsAt"] == call.body[1]?["endsAt"]
                    || call.body[0]?["endsAt"]?.string ?? "~" <= Timestamp.now().rfc3339
            }
            while !receiver.calls.contains(where: hasEnded) { await receiver.wait(for: receiver.calls.count + 1) }
            // Nothing brings it back; its end may be told again.
            let count = receiver.calls.count
            try await logger.record([try Samples.window(.alarm, number: 4, monitor: "other")])
            await receiver.wait(for: count + 2)
            let later = receiver.calls[count...].flatMap { $0.body.array ?? [] }
            #expect(later.contains { $0["labels"]?["monitor"] == "other" })
            let ends = later.filter { $0["labels"]?["monitor"] == "digits-ks" }.map { $0["endsAt"]?.string ?? "~" }
            #expect(ends.allSatisfy { $0 <= Timestamp.now().rfc3339 })
        }
    }

    @Test func `rules, silences and teams of the file hold in the service`() async throws {
        let yaml = """
            rules:
              - match: {model: digits}
                owner: digits-team
                runbook_url: https://example.org/ours
                cooldown: 1h
            silences:
              - match: {monitor: quiet}
                until: 2200-01-01T00:00:00Z
                by: ada
                reason: it is new
            routes:
              - name: hook
                webhook: {url: "BASE/hook"}
            """
        try await Self.run(yaml) { receiver, logger in
            try await logger.record([try Samples.window(.alarm, number: 1, monitor: "quiet", model: "letters")])
            for (number, status) in [(1, VerdictStatus.alarm), (2, .ok), (3, .alarm), (4, .ok)] {
                try await logger.record([try Samples.window(status, number: number)])
            }
            try await logger.record([try Samples.window(.alarm, number: 9, monitor: "last")])
            await receiver.wait(for: 3)
            let heard = receiver.calls.map {
                "\($0.body["alert"]?["monitor"]?.string ?? "") \($0.body["change"]?.string ?? "")"
            }
            #expect(heard == ["digits-ks opened", "digits-ks closed", "last opened"])
            #expect(receiver.calls[0].body["alert"]?["owner"] == "digits-team")
            #expect(receiver.calls[0].body["alert"]?["runbook_url"] == "https://example.org/ours")
            #expect(logger.metrics.value("vedette_alerts_withheld_total", ["reason": "silence"]) == 1)
            #expect(logger.metrics.value("vedette_alerts_withheld_total", ["reason": "cooldown"]) == 1)
            let all = try await logger.get("/v1/alerts").json["items"]?.array ?? []
            #expect(all.count == 4)  // nothing that is withheld is lost
        }
    }
}
