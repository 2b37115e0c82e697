import AsyncHTTPClient
import CloudEvents
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import OpenInference
import TestSupport
import Testing

/// What users of other loggers of payloads suffered from, by the issue that says so; here it must not happen.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct `Complaints about loggers`: StartsTaps {
    private let group = MultiThreadedEventLoopGroup.singleton

    private func request(_ head: String, _ body: String) -> String {
        "POST /v2/models/m/infer HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// Sends one request through a tap to a model that answers with these bytes.
    ///
    /// - Returns: What the client got, and the events.
    private func exchange(_ request: String, answer: [UInt8], _ settings: [String] = []) async throws -> (
        received: [UInt8], events: [CloudEvent], tap: ServiceProcess
    ) {
        let folder = TemporaryDirectory()
        let model = try await LoopbackListener(group: group)
        let file = folder.file("events")
        let tap = try await start(folder, "log", upstream: model.port, sink: "a=file:\(file)", settings)
        let port = try #require(Int(try await proxy(of: tap).split(separator: ":").last ?? ""))
        let client = try await LoopbackConnection.connect(to: port, group: group)
        try await client.send(request)
        let connection = await model.accept()
        _ = await connection.receive(until: String(request.suffix(2)))
        try await connection.channel.writeAndFlush(ByteBuffer(bytes: answer))
        await connection.close()
        let received = await client.receiveAllBytes()
        let delivered = #"vedette_sink_events_total{sink="a",outcome="delivered"}"#
        try await awaitMetric(delivered, of: tap, atLeast: 2)
        #expect(tap.terminate() == 0)
        await model.close()
        return (received, self.delivered(file), tap)
    }

    private func ok(_ head: String, _ body: [UInt8]) -> [UInt8] {
        Array("HTTP/1.1 200 OK\r\n\(head)Content-Length: \(body.count)\r\nConnection: close\r\n\r\n".utf8) + body
    }

    // gzip of {"outputs":[]} by Python: gzip.compress(b'{"outputs":[]}', mtime=0)
    private static let gzipped = [UInt8](
        hex: "1f 8b 08 00 00 00 00 00 02 03 ab 56 ca 2f 2d 29 28 2d 29 56 b2 8a 8e ad 05 00 e5 7b 82 69 0e 00 00 00"
    )
    // zlib.compress of the same
    private static let deflated = [UInt8](hex: "78 9c ab 56 ca 2f 2d 29 28 2d 29 56 b2 8a 8e ad 05 00 28 95 05 53")

    @Test(arguments: [("gzip", gzipped), ("deflate", deflated)])
    func `kserve 2672: answers that are compressed reach the client as they are, and can be read from the log`(
        encoding: String,
        body: [UInt8]
    ) async throws {
        let answer = ok("Content-Type: application/json\r\nContent-Encoding: \(encoding)\r\n", body)
        let (received, events, _) = try await exchange(
            request("Accept-Encoding: \(encoding)\r\n", "{}"),
            answer: answer
        )
        #expect(received.suffix(body.count).elementsEqual(body))
        #expect(events.last?.data == body)
        #expect(events.last?[extension: "contentencoding"] == encoding)
        #expect(try PayloadDecoder().decode(try #require(events.last)).tensors.isEmpty)
    }

    @Test func `kserve 5591: the id of a call is its X-Request-Id, not its Ce-Id`() async throws {
        let head = "Ce-Id: event\r\nX-Request-Id: mine\r\nSeldon-Puid: puid\r\n"
        let (_, events, _) = try await exchange(request(head, "{}"), answer: ok("", Array("{}".utf8)))
        #expect(events.count == 2 && events.allSatisfy { $0[extension: "requestid"] == "mine" })
    }

    @Test func `kserve 4778, 3634, 4292: headers of both halves by name and beginning, and annotations`() async throws {
        let folder = TemporaryDirectory()
        let annotations = folder.write(Array("team/owner=\"vision \\\"a\\\"\"\nother=\"x\"\n".utf8), to: "annotations")
        let (_, events, _) = try await exchange(
            request("X-Team-Name: blue\r\nX-Other: no\r\n", "{}"),
            answer: ok("X-Team-Node: n1\r\nX-Cache: hit\r\n", Array("{}".utf8)),
            [
                "--capture-headers=x-team-*,x-cache", "--capture-annotations-file=\(annotations)",
                "--capture-annotations=team/*",
            ]
        )
        #expect(events.first?[extension: "metadata"] == #"{"X-Team-Name":["blue"]}"#)
        #expect(events.last?[extension: "metadata"] == #"{"X-Team-Node":["n1"],"X-Cache":["hit"]}"#)
        #expect(events.allSatisfy { $0[extension: "annotations"] == #"{"team/owner":"vision \"a\""}"# })
    }

    @Test func `kserve 3809: a stream reaches the client piece by piece while it is recorded`() async throws {
        let folder = TemporaryDirectory()
        let model = try await LoopbackListener(group: group)
        let tap = try await start(folder, "log", upstream: model.port, sink: "a=file:\(folder.file("events"))")
        let port = try #require(Int(try await proxy(of: tap).split(separator: ":").last ?? ""))
        let client = try await LoopbackConnection.connect(to: port, group: group)
        try await client.send(request("", "{}"))
        let connection = await model.accept()
        _ = await connection.receive(until: "{}")
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        try await connection.send(head + "8\r\ndata: 1\n\r\n")
        // The second piece comes only when the client has the first: a tap that waited would wait for ever.
        _ = await client.receive(until: "data: 1\n")
        try await connection.send("8\r\ndata: 2\n\r\n0\r\n\r\n")
        _ = await client.receive(until: "0\r\n\r\n")
        #expect(tap.terminate() == 0)
        #expect(delivered(folder.file("events")).last?.data == Array("data: 1\ndata: 2\n".utf8))
        await model.close()
    }

    @Test func `seldon-core 3620: calls with meta and binData are recorded as they are`() async throws {
        let body = #"{"meta":{"puid":"p","tags":{"a":1}},"binData":"AAEC"}"#
        let (_, events, _) = try await exchange(request("", body), answer: ok("", Array(body.utf8)))
        #expect(events.map(\.data) == [Array(body.utf8), Array(body.utf8)])
    }

    @Test func `knative eventing 6648: large payloads come whole`() async throws {
        let body = "[" + Array(repeating: "0.123456", count: 300_000).joined(separator: ",") + ",7.5]"
        let answer = ok("Content-Type: application/json\r\n", Array(body.utf8))
        let (received, events, _) = try await exchange(request("", "{}"), answer: answer)
        #expect(received.suffix(body.utf8.count).elementsEqual(body.utf8))
        #expect(events.last?.data?.elementsEqual(body.utf8) == true)
    }

    @Test func `seldon-core 2109: of a burst nothing is lost`() async throws {
        let folder = TemporaryDirectory()
        let model = try await AnsweringModel.listen(group: group)
        let port = try #require(model.localAddress?.port)
        let tap = try await start(folder, "log", upstream: port, sink: "a=file:\(folder.file("events"))")
        let url = try await proxy(of: tap)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for client in 0..<16 {
                tasks.addTask {
                    for index in 0..<100 {
                        var request = HTTPClientRequest(url: "\(url)/v2/models/m/infer")
                        request.method = .POST
                        request.headers.add(name: "X-Request-Id", value: "\(client)-\(index)")
                        request.body = .bytes(ByteBuffer(string: String(repeating: "x", count: 2000)))
                        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
                        _ = try await response.body.collect(upTo: 1 << 20)
                    }
                }
            }
            try await tasks.waitForAll()
        }
        let outcome = #"vedette_sink_events_total{sink="a",outcome="delivered"}"#
        try await awaitMetric(outcome, of: tap, atLeast: 3200)
        #expect(tap.terminate() == 0)
        let events = delivered(folder.file("events"))
        #expect(events.count == 3200)
        #expect(Set(events.compactMap { $0[extension: "requestid"] }).count == 1600)
        try await model.close()
    }

    @Test func `kserve 6167, seldon-core 3726: a sink that takes nothing grows nobody's memory and stops no call`()
        async throws
    {
        let folder = TemporaryDirectory()
        let model = try await AnsweringModel.listen(group: group)
        let port = try #require(model.localAddress?.port)
        let sink = try await LoopbackListener(group: group)  // takes connections, and answers nothing
        let tap = try await start(
            folder,
            "log",
            upstream: port,
            sink: "a=http://127.0.0.1:\(sink.port)/",
            ["--sink-spool-bytes=8388608"]
        )
        try await post(try await proxy(of: tap), count: 400, bytes: 200_000)  // 80 MB
        #expect(try await metric("process_resident_memory_bytes", of: tap) < 128e6)
        tap.kill()
        await sink.close()
        try await model.close()
    }

    @Test func `kserve 3836: several destinations, each with what it asks for`() async throws {
        let folder = TemporaryDirectory()
        let model = try await AnsweringModel.listen(group: group)
        let port = try #require(model.localAddress?.port)
        let (all, answers) = (folder.file("all"), folder.file("answers"))
        let tap = try await start(
            folder,
            "log",
            upstream: port,
            sink: "all=file:\(all),answers=file:\(answers),dead=http://127.0.0.1:1/",
            [#"--sink-filters={"answers":{"suffix":{"type":".response"}}}"#]
        )
        try await post(try await proxy(of: tap), count: 20)
        try await awaitMetric(#"vedette_sink_events_total{sink="all",outcome="delivered"}"#, of: tap, atLeast: 40)
        try await awaitMetric(#"vedette_sink_events_total{sink="answers",outcome="delivered"}"#, of: tap, atLeast: 20)
        #expect(tap.terminate() == 0)
        #expect(delivered(all).count == 40)
        #expect(delivered(answers).map(\.type) == Array(repeating: EventType.inferenceResponse, count: 20))
        try await model.close()
    }

    @Test func `kserve 6181: what was sent, dropped and waits, and how long, is told`() async throws {
        let folder = TemporaryDirectory()
        let model = try await AnsweringModel.listen(group: group)
        let port = try #require(model.localAddress?.port)
        let sink = "live=file:\(folder.file("events")),dead=http://127.0.0.1:1/"
        let tap = try await start(folder, "log", upstream: port, sink: sink)
        try await post(try await proxy(of: tap), count: 10)
        try await awaitMetric(#"vedette_sink_events_total{sink="live",outcome="delivered"}"#, of: tap, atLeast: 20)
        try await awaitMetric(#"vedette_sink_spool_events{sink="dead"}"#, of: tap, atLeast: 20)
        #expect(try await metric(#"vedette_sink_spool_events{sink="live"}"#, of: tap) == 0)
        #expect(try await metric(#"vedette_sink_events_total{sink="dead",outcome="dropped"}"#, of: tap) == 0)
        #expect(try await metric(#"vedette_sink_oldest_event_age_seconds{sink="dead"}"#, of: tap) > 0)
        #expect(try await metric(#"vedette_sink_request_duration_seconds_count{sink="live"}"#, of: tap) > 0)
        try await awaitMetric(#"vedette_sink_requests_total{sink="dead",code="none"}"#, of: tap, atLeast: 1)
        tap.kill()
        try await model.close()
    }

    @Test func `kserve 3939, seldon-core 1659: taps sample the same calls by their ids, and errors always`()
        async throws
    {
        var kept: [Set<String>] = []
        for _ in 0..<2 {
            let folder = TemporaryDirectory()
            let model = try await AnsweringModel.listen(group: group)
            let port = try #require(model.localAddress?.port)
            let file = folder.file("events")
            let rate = ["--capture-sample-rate=0.25", "--capture-sample-salt=s"]
            let tap = try await start(folder, "log", upstream: port, sink: "a=file:\(file)", rate)
            try await post(try await proxy(of: tap), count: 60)
            #expect(tap.terminate() == 0)
            let events = delivered(file)
            #expect(
                events.allSatisfy { $0[extension: "sampledrate"] == "4" && $0[extension: "samplereason"] == "hash" }
            )
            kept.append(Set(events.compactMap { $0[extension: "requestid"] }))
            try await model.close()
        }
        #expect(kept[0] == kept[1])
        #expect((4...30).contains(kept[0].count), "Binomial(60, 0.25): 3.3 standard deviations either way")

        let answer = Array("HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)
        let (_, events, _) = try await exchange(request("", "{}"), answer: answer, ["--capture-sample-rate=0"])
        #expect(events.allSatisfy { $0[extension: "samplereason"] == "rule" && $0[extension: "sampledrate"] == "1" })
    }

    @Test func `MLServer 880: a call that asks not to be logged is not, where it may ask that`() async throws {
        let model = try await AnsweringModel.listen(group: group)
        let port = try #require(model.localAddress?.port)
        for (peers, expected) in [("127.0.0.1", 0), ("10.0.0.1", 2)] {
            let folder = TemporaryDirectory()
            let file = folder.file("events")
            let peer = ["--capture-skip-peers=\(peers)"]
            let tap = try await start(folder, "log", upstream: port, sink: "a=file:\(file)", peer)
            var request = HTTPClientRequest(url: "\(try await proxy(of: tap))/v2/models/m/infer")
            request.method = .POST
            request.headers.add(name: "Seldon-Skip-Logging", value: "true")
            request.body = .bytes(ByteBuffer(string: "{}"))
            _ = try await HTTPClient.shared.execute(request, timeout: .seconds(10)).body.collect(upTo: 1024)
            let ignored = try await metric("vedette_skip_logging_ignored_total", of: tap)
            #expect(tap.terminate() == 0)
            #expect(delivered(file).count == expected)
            #expect(ignored == (expected == 0 ? 0 : 1))
        }
        try await model.close()
    }

    @Test func `modelmesh-serving 284: nothing is transcoded, whatever the body is`() async throws {
        let body: [UInt8] = [0, 1, 2, 0xFF, 0x0A]
        let answer = ok("Content-Type: application/octet-stream\r\n", body)
        let (received, events, _) = try await exchange(request("", "{}"), answer: answer)
        #expect(received.suffix(5).elementsEqual(body))
        #expect(events.last?.data == body && events.last?.dataContentType == "application/octet-stream")
    }

    @Test func `secrets that rules name are neither in the spool on disk nor in a log nor in a metric`() async throws {
        let folder = TemporaryDirectory()
        let rules = """
            hash_key_file = "key"
            [[rule]]
            tensor = "ssn"
            action = "hash"
            [[rule]]
            header = "x-user"
            action = "mask"
            """
        folder.write(Array(rules.utf8), to: "rules.toml")
        folder.write(Array("0123456789abcdef".utf8), to: "key")
        let model = try await AnsweringModel.listen(group: group)
        let port = try #require(model.localAddress?.port)
        let settings = [
            "--capture-redaction-file=\(folder.file("rules.toml"))", "--capture-headers=x-user", "--log-level=trace",
        ]
        let tap = try await start(folder, "log", upstream: port, sink: "a=http://127.0.0.1:1/", settings)
        let secret = "078-05-1120"
        let bodies = [
            #"{"inputs":[{"name":"ssn","shape":[1],"datatype":"BYTES","data":["\#(secret)"]}]}"#,
            #"{"inputs":[{"name":"ssn","shape":[1],"datatype":"BYTES","data":["\#(secret)"]}"#,
            #"{"instances":["\#(secret)"]}"#, secret,
        ]
        for body in bodies {
            var request = HTTPClientRequest(url: "\(try await proxy(of: tap))/v2/models/m/infer?user=\(secret)")
            request.method = .POST
            request.headers.add(name: "X-User", value: secret)
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body))
            _ = try await HTTPClient.shared.execute(request, timeout: .seconds(10)).body.collect(upTo: 1024)
        }
        try await awaitMetric(#"vedette_captures_total{outcome="recorded"}"#, of: tap, atLeast: 4)
        #expect(try await metric(#"vedette_redacted_payloads_total{outcome="rewritten"}"#, of: tap) == 1)
        let page = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: "\(tap.base)/metrics"),
            timeout: .seconds(9)
        )
        #expect(!String(buffer: try await page.body.collect(upTo: 1 << 20)).contains(secret))
        tap.kill()
        var looked = 0
        let files = FileManager.default.enumerator(atPath: folder.path)
        while let name = files?.nextObject() as? String {
            guard let data = FileManager.default.contents(atPath: folder.file(name)) else { continue }
            looked += data.count
            #expect(data.range(of: Data(secret.utf8)) == nil, "\(name)")
        }
        #expect(looked > 2000)
        try await model.close()
    }
}

extension LoopbackConnection {
    /// What arrives until the other end closes, as bytes.
    fileprivate func receiveAllBytes() async -> [UInt8] {
        var received: [UInt8] = []
        for await bytes in arrivals { received += bytes.readableBytesView }
        return received
    }
}
