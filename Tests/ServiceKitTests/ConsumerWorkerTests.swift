import AsyncHTTPClient
import CloudEvents
import Foundation
import JSON
import Journal
import NIOCore
import NIOHTTP1
import ServiceKit
import ServiceLifecycle
import TestSupport
import Testing

/// Counts by model and speaks at every third; can be told to be away.
actor CountingConsumer: EventConsumer {
    private var counts: [String: Int] = [:]
    private(set) var ticks = 0
    private(set) var gaps: [JournalGap] = []
    private(set) var changes: [[UInt8]] = []
    private var refusals = 0

    func beAway(for calls: Int) { refusals = calls }

    /// Lets no record pass until the gate is open.
    func wait(at gate: Gate) { self.gate = gate }
    private var gate: Gate?

    func observe(_ record: ConsumerRecord) async throws -> [CloudEvent] {
        await gate?.pass()
        if refusals > 0 {
            refusals -= 1
            throw ConsumerUnavailable(ServiceError(.unavailable, "away", remedy: "Wait"))
        }
        switch record.content {
        case .tick:
            ticks += 1
            return []
        case .gap(let gap):
            gaps.append(gap)
            return []
        case .change(let bytes):
            changes.append(bytes)
            return []
        case .event(let event):
            let model = event[extension: "model"] ?? "none"
            guard model != "poison" else { throw ServiceError(.unprocessable, "poison", remedy: "Send something else") }
            counts[model, default: 0] += 1
            let count = counts[model] ?? 0
            let times = event.type == "test.twice" ? 2 : (event.type == "test.echo" || count % 3 == 0 ? 1 : 0)
            return try (0..<times).map { index in
                try CloudEvent(
                    id: "\(model)-\(count)-\(index)",
                    source: "/vedette/default/counting",
                    type: EventType.drift,
                    extensions: ["partitionkey": .string(model)]
                )
            }
        }
    }

    func snapshot() -> [UInt8] {
        JSONValue.object(JSONObject(counts.sorted { $0.key < $1.key }.map { ($0.key, .integer(Int64($0.value))) }))
            .serialized()
    }

    func restore(_ snapshot: [UInt8]) throws {
        counts = [:]
        for (model, count) in try JSONValue(parsing: snapshot).object ?? [:] { counts[model] = count.int ?? 0 }
    }
}

@Suite(.timeLimit(.minutes(1))) struct `Way of an event` {
    static let listen = HTTPSettings.listen(default: "127.0.0.1:0")
    static let settings = HTTPSettings.keys(listen: "127.0.0.1:0") + EventLine.settings

    /// A service, and what asks it.
    struct Serving: Sendable {
        var url: String
        var line: EventLine
        var consumer: CountingConsumer
        var context: SidecarContext

        func post(
            _ id: String,
            model: String = "m",
            type: String = "test.event",
            headers: [(String, String)] = []
        ) async throws -> (status: Int, headers: [(String, String)], body: String) {
            var request = HTTPClientRequest(url: url)
            request.method = .POST
            request.headers = .init(
                [("ce-specversion", "1.0"), ("ce-id", id), ("ce-source", "/s"), ("ce-type", type), ("ce-model", model)]
                    + headers
            )
            return try await Self.send(request)
        }

        func post(
            contentType: String,
            _ body: String,
            headers: [(String, String)] = []
        ) async throws -> (status: Int, headers: [(String, String)], body: String) {
            var request = HTTPClientRequest(url: url)
            request.method = .POST
            request.headers = .init([("content-type", contentType)] + headers)
            request.body = .bytes(ByteBuffer(string: body))
            return try await Self.send(request)
        }

        private static func send(_ request: HTTPClientRequest) async throws -> (Int, [(String, String)], String) {
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
            let body = try await response.body.collect(upTo: 1 << 20)
            return (Int(response.status.code), response.headers.map { ($0.name, $0.value) }, String(buffer: body))
        }

        func count(_ outcome: String, type: String = "other") -> Int {
            Int(context.metrics.value("vedette_events_total", ["type": type, "outcome": outcome]) ?? 0)
        }

        /// Returns when all that was acknowledged is worked on.
        func settle() async { await line.worker.waitUntil(line.journal.last) }
    }

    private func serving<Result: Sendable>(
        _ arguments: [String] = [],
        folder: TemporaryDirectory = TemporaryDirectory(),
        prepare: @escaping EventIntake.Preparation = { $0 },
        _ body: @escaping @Sendable (Serving) async throws -> Result
    ) async throws -> Result {
        let test = try TestContext(Self.settings, ["--tick-interval", "0s"] + arguments, folder: folder)
        let consumer = CountingConsumer()
        let line = try EventLine(context: test.context, consumer: consumer, prepare: prepare)
        let server = try HTTPServer(context: test.context, listen: Self.listen, hotRoutes: [line.intake.route()])
        return try await test.running(line.services + [server]) { _ in
            let url = "http://\(await server.address.value)/"
            return try await body(Serving(url: url, line: line, consumer: consumer, context: test.context))
        }
    }

    @Test func `takes all three modes of CloudEvents`() async throws {
        try await serving { (service: Serving) async throws in
            #expect(try await service.post("1").status == 202)
            let structured = #"{"specversion":"1.0","id":"2","source":"/s","type":"t","model":"m","data":{"x":1}}"#
            #expect(
                try await service.post(contentType: "application/cloudevents+json; charset=utf-8", structured).status
                    == 202
            )
            let batch =
                "[\(structured.replacingOccurrences(of: "\"2\"", with: "\"3\"")),\(structured.replacingOccurrences(of: "\"2\"", with: "\"4\""))]"
            #expect(try await service.post(contentType: "application/cloudevents-batch+json", batch).status == 202)
            #expect(try await service.post(contentType: "application/cloudevents-batch+json", "[]").status == 202)
            await service.settle()
            #expect(service.count("handled") == 4)
        }
    }

    @Test(arguments: [
        ("application/json", "{}", "not_a_cloudevent"),
        (
            "application/cloudevents+json", #"{"specversion":"1.0","id":"1","source":"/s"}"#,
            "cloudevent_missing_attribute"
        ),
        (
            "application/cloudevents+json", #"{"specversion":"0.3","id":"1","source":"/s","type":"t"}"#,
            "cloudevent_specversion"
        ),
        ("application/cloudevents+json", "{", "cloudevent_malformed_json"),
        ("application/cloudevents-batch+json", #"[{"specversion":"1.0"}]"#, "cloudevent_missing_attribute"),
    ])
    func `refuses what is no event, says which rule it breaks, and keeps nothing`(
        contentType: String,
        body: String,
        code: String
    ) async throws {
        try await serving { (service: Serving) async throws in
            let answer = try await service.post(contentType: contentType, body)
            #expect(answer.status == 400)
            #expect(answer.body.contains("\"code\":\"\(code)\""), "\(answer.body)")
            #expect(service.line.journal.last == .start)
            #expect(service.count("refused", type: "none") == 1)
        }
    }

    @Test func `counts what its journal admits to have lost`() async throws {
        let folder = TemporaryDirectory()
        try await serving(folder: folder) { (service: Serving) async throws in
            for id in ["1", "2", "3"] { #expect(try await service.post(id).status == 202) }
            await service.settle()
            #expect(service.context.metrics.value("vedette_journal_lost_records_total") == 0)
        }
        let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        let segment = try #require(files.filter { $0.contains("inbox/") && $0.hasSuffix(".segment") }.max())
        let cut = bytes(ofFile: folder.file(segment)).dropLast(10)
        folder.write(Array(cut), to: segment)
        try await serving(folder: folder) { (service: Serving) async throws in
            await service.settle()
            #expect(service.context.metrics.value("vedette_journal_lost_records_total") == 1)
        }
    }

    @Test func `gives verdicts the names that are set, to whoever asks and to sinks`() async throws {
        try await serving(["--verdict-types", "drift=io.seldon.serving.inference.drift"]) {
            (service: Serving) async throws in
            let answer = try await service.post("1", type: "test.echo", headers: [("Prefer", "reply")])
            #expect(answer.status == 200, "\(answer)")
            #expect(answer.headers.contains { $0.0.lowercased() == "ce-type" && $0.1 == EventType.Seldon.drift })
        }
    }

    @Test func `refuses a batch for one bad event, names it, and counts all of them`() async throws {
        let good = #"{"specversion":"1.0","id":"1","source":"/s","type":"t","model":"m"}"#
        let batch = "[\(good),\(good),{\"specversion\":\"1.0\",\"id\":\"3\",\"source\":\"/s\"},\(good)]"
        try await serving { (service: Serving) async throws in
            let answer = try await service.post(contentType: "application/cloudevents-batch+json", batch)
            #expect(answer.status == 400)
            #expect(answer.body.contains("event 3 of the batch"), "\(answer.body)")
            #expect(service.line.journal.last == .start)
            #expect(service.count("refused", type: "none") == 4)
        }
    }

    @Test func `names the event of a batch that the service does not take, and counts each once`() async throws {
        struct Stranger: DescribedError {
            let errorCode = "invalid_event", message = "the model is a stranger", remedy = "Send others"
        }
        @Sendable func event(_ id: String, _ model: String) -> String {
            #"{"specversion":"1.0","id":"\#(id)","source":"/s","type":"t","model":"\#(model)"}"#
        }
        try await serving(prepare: { event in
            if event[extension: "model"] == "stranger" { throw Stranger() }
            return event[extension: "model"] == "m" ? event : nil
        }) { (service: Serving) async throws in
            let batch = "[\(event("1", "m")),\(event("2", "unasked")),\(event("three", "stranger"))]"
            let answer = try await service.post(contentType: "application/cloudevents-batch+json", batch)
            #expect(answer.body.contains(#"event 3 of 3, \"three\": the model is a stranger"#), "\(answer.body)")
            #expect(service.count("refused") == 3 && service.count("dropped") == 0)
        }
    }

    @Test func `refuses a compressed envelope with 415, and keeps data of an event in any coding`() async throws {
        try await serving { (service: Serving) async throws in
            let envelope = #"{"specversion":"1.0","id":"1","source":"/s","type":"t"}"#
            let coded = [("Content-Encoding", "gzip")]
            let type = "application/cloudevents+json"
            #expect(try await service.post(contentType: type, envelope, headers: coded).status == 415)
            #expect(try await service.post("2", headers: [("Content-Encoding", "br")]).status == 202)
        }
    }

    @Test func `drops repetitions and adds up what came in`() async throws {
        try await serving { (service: Serving) async throws in
            for id in ["1", "2", "1", "3", "2", "1"] { #expect(try await service.post(id).status == 202) }
            _ = try await service.post("4", model: "poison")
            _ = try await service.post("5", type: "")
            await service.settle()
            #expect(service.count("handled") == 3)
            #expect(service.count("dropped") == 3)
            #expect(service.count("failed") == 1)
            #expect(service.count("refused", type: "none") == 1)
        }
    }

    @Test func `acknowledges and drops what nothing asks for`() async throws {
        try await serving(prepare: { $0[extension: "model"] == "m" ? $0 : nil }) { (service: Serving) async throws in
            #expect(try await service.post("1", model: "stranger").status == 202)
            #expect(service.line.journal.last == .start)
            #expect(service.count("dropped") == 1)
        }
    }

    @Test func `answers with the verdict when one is asked for and exactly one arose`() async throws {
        try await serving { (service: Serving) async throws in
            let asked = [("Prefer", "respond-async, reply")]
            let answer = try await service.post("1", type: "test.echo", headers: asked)
            #expect(answer.status == 200)
            #expect(answer.headers.contains { $0.0.lowercased() == "ce-id" && $0.1 == "m-1-0" })
            #expect(try await service.post("2", type: "test.twice", headers: asked).status == 202)
            #expect(try await service.post("3", model: "n", headers: asked).status == 202)  // none arose
            #expect(try await service.post("4", type: "test.echo").status == 202)  // nobody asked

            let again = try await service.post("1", type: "test.echo", headers: asked)
            #expect(again.status == 200 && again.headers.contains { $0.1 == "m-1-0" })
        }
    }

    @Test func `sends a verdict by one way only`() async throws {
        let folder = TemporaryDirectory()
        let sink = folder.file("sink.jsonl")
        try await serving(["--sink-url", "file:\(sink)", "--reply", "prefer"], folder: folder) {
            (service: Serving) async throws in
            let answer = try await service.post("1", type: "test.echo", headers: [("Prefer", "reply")])
            #expect(answer.status == 200)
            #expect(try await service.post("2", type: "test.echo").status == 202)
            await service.settle()
        }
        let sent = try JSONFormat.decodeLines(try WholeFile.read(sink, limit: 1 << 20))
        #expect(sent.map(\.id) == ["m-2-0"])
    }

    @Test func `offers a record again to a consumer that was away`() async throws {
        let folder = TemporaryDirectory()
        let context = try TestContext(Self.settings, ["--tick-interval", "0s"], folder: folder).context
        let journal = try Journal(directory: folder.file("inbox"))
        let consumer = CountingConsumer()
        await consumer.beAway(for: 2)
        let worker = ConsumerWorker(
            journal: journal,
            consumer: consumer,
            delivery: nil,
            snapshots: try SnapshotStore(directory: folder.file("snapshots")),
            configuration: .init(tickInterval: .zero, pause: .milliseconds(1)),
            metrics: context.metrics,
            logger: context.logger
        )
        for number in 0..<5 {
            let event = try CloudEvent(id: String(number), source: "/s", type: "t", extensions: ["model": "m"])
            _ = try await journal.append(EventRecord.encode(number: 0, event: event))
        }
        try await worker.drain()
        #expect(String(decoding: await consumer.snapshot(), as: UTF8.self) == #"{"m":5}"#)
        #expect(context.metrics.value("vedette_events_total", ["type": "other", "outcome": "handled"]) == 5)
        journal.close()
    }

    @Test func `keeps the trace of a request with its event`() async throws {
        try await serving { (service: Serving) async throws in
            _ = try await service.post("1", headers: [("traceparent", `Trace context`.example)])
            let record = try #require(try service.line.journal.read(after: .start, limit: 1).first)
            let event = try #require(try EventRecord(record.payload).event)
            #expect(event[extension: "traceparent"] == `Trace context`.example)
        }
    }

    @Test func `answers 503 when the journal is full, and counts a refusal`() async throws {
        try await serving(["--journal-capacity-bytes", "1048576", "--snapshot-interval", "1h"]) {
            (service: Serving) async throws in
            let gate = Gate()
            await service.consumer.wait(at: gate)
            var status = 202
            var sent = 0
            while status == 202, sent < 100 {
                sent += 1
                let big = String(repeating: "x", count: 50_000)
                let body = #"{"specversion":"1.0","id":"\#(sent)","source":"/s","type":"t","data":"\#(big)"}"#
                let answer = try await service.post(contentType: "application/cloudevents+json", body)
                status = answer.status
                if status == 503 {
                    #expect(answer.headers.contains { $0.0.lowercased() == "retry-after" })
                    #expect(answer.body.contains("journal_full"))
                }
            }
            #expect(status == 503)
            await gate.open()
            await service.settle()
            #expect(service.count("refused") == 1 && service.count("handled") == sent - 1)
            // What was worked on makes room again, long before the next snapshot is due by the clock.
            let small = #"{"specversion":"1.0","id":"after","source":"/s","type":"t"}"#
            var last = 0
            while last != 202 {
                last = try await service.post(contentType: "application/cloudevents+json", small).status
            }
        }
    }

    @Test func `goes on from a snapshot as if nothing had happened`() async throws {
        // Three runs over one journal: uninterrupted, stopped between, and back to an older snapshot.
        func verdicts(stops: Set<Int>) async throws -> [[String]] {
            let folder = TemporaryDirectory()
            let sink = folder.file("sink.jsonl")
            var from = 0
            for stop in stops.sorted() + [60] {
                try await serving(["--sink-url", "file:\(sink)"], folder: folder) { [from] service in
                    for number in from..<stop { _ = try await service.post(String(number), model: "m\(number % 2)") }
                    _ = try await service.post("0", model: "m0")  // a repetition, known across restarts
                    await service.settle()
                }
                from = stop
            }
            let sent = try JSONFormat.decodeLines(try WholeFile.read(sink, limit: 1 << 20)).map(\.id)
            return ["m0", "m1"].map { model in sent.filter { $0.hasPrefix(model) } }  // partitions may overtake
        }
        let uninterrupted = try await verdicts(stops: [])
        #expect(uninterrupted.map(\.count) == [10, 10])
        #expect(try await verdicts(stops: [7, 20, 41]) == uninterrupted)
    }
}
