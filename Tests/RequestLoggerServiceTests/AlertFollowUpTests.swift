import AsyncHTTPClient
import CloudEvents
import EventStore
import HTTPTypes
import JSON
import NIOCore
import NIOHTTP1
import RequestLoggerService
import ServiceKit
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@Suite struct `What follows an alert` {
    @Test func `the webhook hears of an opening and of the end, each once`() async throws {
        try await RunningLogger.run { receiver in
            try await RunningLogger.run(["--alerts-webhook-url=\(receiver.base)/", "--alerts-close-after=1"]) {
                logger in
                try await logger.record((1...3).map { try Samples.window(.alarm, number: $0) })
                try await logger.record([try Samples.window(.ok, number: 4)])
                try await receiver.wait { try await Self.changes(at: receiver).count >= 2 }
                #expect(try await Self.changes(at: receiver) == ["opened", "closed"])
            }
        }
    }

    @Test func `a webhook that was away is told when it is back, also by the next process`() async throws {
        let directory = TemporaryDirectory()
        // Nothing listens at port 9 of this machine.
        let nobody = ["--alerts-webhook-url=http://127.0.0.1:9/", "--sink-timeout=500ms"]
        try await RunningLogger.run(nobody, directory: directory) { logger in
            try await logger.record([try Samples.window(.alarm, number: 1)])
        }
        try await RunningLogger.run { receiver in
            // The spool goes by the name of the sink, so it is the same webhook at another address.
            try await RunningLogger.run(["--alerts-webhook-url=\(receiver.base)/"], directory: directory) { _ in
                try await receiver.wait { try await !Self.changes(at: receiver).isEmpty }
            }
            #expect(try await Self.changes(at: receiver) == ["opened"])
        }
    }

    @Test func `a silenced alert tells nobody`() async throws {
        try await RunningLogger.run { receiver in
            try await RunningLogger.run(["--alerts-webhook-url=\(receiver.base)/", "--alerts-close-after=1"]) {
                logger in
                try await logger.record([try Samples.window(.alarm, number: 1)])
                try await receiver.wait { try await !Self.changes(at: receiver).isEmpty }
                let id = try #require(try await logger.get("/v1/alerts").json["items"]?[0]?["id"]?.string)
                try await logger.post("/v1/alerts/\(id)/silence", #"{"for":"1h"}"#)
                try await logger.record([try Samples.window(.ok, number: 2), try Samples.window(.alarm, number: 3)])
                // A monitor that is not silenced is told of after the silenced one would have been.
                try await logger.record([try Samples.window(.alarm, number: 4, monitor: "other")])
                try await receiver.wait { try await Self.changes(at: receiver).count >= 2 }
                let monitors = try await receiver.assembly.store.events(
                    EventQuery(kinds: [.alert], order: .oldestFirst)
                )
                .items.compactMap { $0.event.jsonData?["monitor"]?.string }
                #expect(monitors == ["digits-ks", "other"])
            }
        }
    }

    private static func changes(at receiver: RunningLogger) async throws -> [String] {
        try await receiver.assembly.store.events(EventQuery(kinds: [.alert], order: .oldestFirst, limit: 100))
            .items.compactMap { $0.event[extension: "change"] }
    }

    @Test func `the explainer is asked about the flagged rows, and its answer is part of the exchange`() async throws {
        let asked = Mutex<[String]>([])
        let explainer = HotRoute(.post, "/v1/models/{call}") { request in
            asked.withLock {
                $0.append("\(request.parameters["call"] ?? "") \(String(decoding: request.bytes, as: UTF8.self))")
            }
            let answer: JSONValue = [
                "meta": ["name": "IntegratedGradients"],
                "data": [
                    "attributions": [[.array((0..<16).map { .number(Double($0) - 8) })]], "predictions": [[0.9, 0.1]],
                    "target": [0], "deltas": [0.001],
                ],
            ]
            return HotResponse(status: .ok, headers: [], body: answer.serialized())
        }
        try await Self.serving(explainer) { address in
            try await RunningLogger.run(["--explainer-url=\(address)"]) { logger in
                let end = Timestamp.now()
                try await logger.record(
                    try Samples.exchange("r-1") + [
                        try Samples.outlier("r-1", time: end - .seconds(1)),
                        try Samples.window(
                            .alarm,
                            number: 1,
                            type: EventType.outlier,
                            monitor: "digits-outlier",
                            end: end
                        ),
                    ]
                )
                try await logger.wait {
                    try await logger.assembly.store.exchanges(requestID: "r-1").first?.explanations.isEmpty == false
                }
                let page = try await logger.get("/requests/r-1%230").text
                #expect(page.contains("What the answer rests on"))
                let stored = try await logger.assembly.store.exchanges(requestID: "r-1").first?.explanations.first
                let explanation = try ExplanationData(of: try #require(stored).event)
                #expect(explanation.target == 0)
                #expect(explanation.attributions.first?.values.count == 16)
            }
        }
        let calls = asked.withLock { $0 }
        #expect(calls.count == 1)
        #expect(calls.first?.hasPrefix("digits:explain {\"inputs\":[{\"name\":\"image\"") == true)
    }

    /// Runs a server with one route.
    private static func serving(_ route: HotRoute, _ body: @Sendable (String) async throws -> Void) async throws {
        let context = try RunningLogger.context([], directory: TemporaryDirectory())
        let server = try HTTPServer(
            context: context,
            listen: HTTPSettings.listen(default: "127.0.0.1:0"),
            hotRoutes: [route]
        )
        let group = ServiceGroup(services: [server], logger: context.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let address = await server.address.value
            do { try await body("http://\(address)") } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test func `the live feed tells of verdicts and alerts as they come`() async throws {
        try await RunningLogger.run { logger in
            let request = HTTPClientRequest(url: "\(logger.base)/v1/stream")
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
            #expect(response.headers.first(name: "content-type") == "text/event-stream")
            var text = ""
            var isSent = false
            for try await buffer in response.body {
                text += String(buffer: buffer)
                if !isSent, text.contains("retry:") {
                    isSent = true
                    try await logger.record([try Samples.window(.alarm, number: 1)])
                }
                if text.contains("event: alert") { break }
            }
            #expect(text.contains("id: 1\nevent: verdict\ndata: {"))
            #expect(text.contains("id: 2\nevent: alert\ndata: {\"id\":\"alert-"))
        }
    }
}
