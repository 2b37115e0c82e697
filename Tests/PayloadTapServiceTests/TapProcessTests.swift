import AsyncHTTPClient
import CloudEvents
import Foundation
import HTTPMessages
import NIOCore
import NIOHTTP1
import NIOPosix
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(2)))
struct `Tap as a process`: StartsTaps {
    @Test func `loses nothing of its spool when it is killed, and delivers it afterwards`() async throws {
        let folder = TemporaryDirectory()
        let model = try await AnsweringModel.listen(group: MultiThreadedEventLoopGroup.singleton)
        let port = try #require(model.localAddress?.port)
        // Port 1 refuses: the sink is dead, and its spool is all there is.
        let first = try await start(folder, "first", upstream: port, sink: "logger=http://127.0.0.1:1/")
        try await post(try await proxy(of: first), count: 50)
        try await awaitMetric(#"vedette_captures_total{outcome="recorded"}"#, of: first, atLeast: 50)
        first.kill()

        let second = try await start(folder, "second", upstream: port, sink: "logger=file:\(folder.file("events"))")
        try await awaitMetric(
            #"vedette_sink_events_total{sink="logger",outcome="delivered"}"#,
            of: second,
            atLeast: 100
        )
        let events = delivered(folder.file("events"))
        #expect(Set(events.map(\.id)).count == 100)
        #expect(Set(events.compactMap { $0[extension: "requestid"] }) == Set((0..<50).map { "r-\($0)" }))
        #expect(second.terminate() == 0)
        try await model.close()
    }

    @Test func `passes traffic with a dead sink in bounded memory, thins and drops, and counts exactly`() async throws {
        let folder = TemporaryDirectory()
        let model = try await AnsweringModel.listen(group: MultiThreadedEventLoopGroup.singleton)
        let port = try #require(model.localAddress?.port)
        let bound = ["--sink-spool-bytes=1048576"]
        let tap = try await start(folder, "first", upstream: port, sink: "logger=http://127.0.0.1:1/", bound)
        let count = 400.0
        try await post(try await proxy(of: tap), count: Int(count), bytes: 20_000)  // 8 MB for a spool of 1 MB
        var recorded = 0.0
        var dropped = 0.0
        while recorded + dropped < count {
            recorded = try await metric(#"vedette_captures_total{outcome="recorded"}"#, of: tap)
            dropped = try await metric(#"vedette_captures_total{outcome="dropped"}"#, of: tap)
        }
        #expect(recorded > 40 && dropped > 40 && recorded + dropped == count)
        let requests = #"vedette_requests_total{namespace="default",model="",version="",code="200"}"#
        #expect(try await metric(requests, of: tap) == count)
        let thinned = try await metric(#"vedette_sink_events_total{sink="logger",outcome="thinned"}"#, of: tap)
        let lost = try await metric(#"vedette_sink_events_total{sink="logger",outcome="dropped"}"#, of: tap)
        #expect(thinned > 0)
        #expect(try await metric("vedette_capture_bytes", of: tap) == 0)
        #expect(try await metric("process_resident_memory_bytes", of: tap) < 128e6)
        #expect(tap.terminate() == 0)

        // What the counters say was spooled is what comes out, to the event.
        let file = folder.file("events")
        let second = try await start(folder, "second", upstream: port, sink: "logger=file:\(file)", bound)
        let outcome = #"vedette_sink_events_total{sink="logger",outcome="delivered"}"#
        try await awaitMetric(outcome, of: second, atLeast: 2 * recorded - lost)
        #expect(second.terminate() == 0)
        let events = delivered(file)
        #expect(Double(events.count) == 2 * recorded - lost)
        #expect(Double(events.count { $0[extension: "dataomitted"] == "spool-full" }) == thinned)
        try await model.close()
    }

    @Test func `ends the exchange in hand after SIGTERM, tells of it, and takes no more`() async throws {
        let folder = TemporaryDirectory()
        let group = MultiThreadedEventLoopGroup.singleton
        let model = try await LoopbackListener(group: group)
        let tap = try await start(folder, "log", upstream: model.port, sink: "a=file:\(folder.file("events"))")
        let port = try #require(Int(try await proxy(of: tap).split(separator: ":").last ?? ""))
        let client = try await LoopbackConnection.connect(to: port, group: group)
        try await client.send("POST /v2/models/m/infer HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")
        let connection = await model.accept()
        _ = await connection.receive(until: "hi")
        tap.beginStop()
        // The listener goes; a connection that comes too late is refused.
        while let late = try? await LoopbackConnection.connect(to: port, group: group) { await late.close() }
        try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
        #expect(await client.receiveAll().hasSuffix("\r\n\r\ndone"))
        #expect(tap.end() == 0)
        let events = delivered(folder.file("events"))
        #expect(events.map(\.type) == [EventType.inferenceRequest, EventType.inferenceResponse])
        #expect(events.last?.data == Array("done".utf8))
        await model.close()
    }

    @Test func `stops soon though its sink never answers, and keeps what it owes`() async throws {
        let folder = TemporaryDirectory()
        let group = MultiThreadedEventLoopGroup.singleton
        let model = try await AnsweringModel.listen(group: group)
        let port = try #require(model.localAddress?.port)
        let sink = try await LoopbackListener(group: group)
        let first = try await start(folder, "first", upstream: port, sink: "logger=http://127.0.0.1:\(sink.port)/")
        try await post(try await proxy(of: first), count: 10)
        try await awaitMetric(#"vedette_captures_total{outcome="recorded"}"#, of: first, atLeast: 10)
        let owing = await sink.accept()  // it reads, and says nothing for as long as the test lasts
        let clock = ContinuousClock()
        let before = clock.now
        #expect(first.terminate() == 0)
        #expect(before.duration(to: clock.now) < .seconds(15))  // half of what the sink might take for an answer
        await owing.close()
        await sink.close()

        let file = folder.file("events")
        let second = try await start(folder, "second", upstream: port, sink: "logger=file:\(file)")
        let outcome = #"vedette_sink_events_total{sink="logger",outcome="delivered"}"#
        try await awaitMetric(outcome, of: second, atLeast: 20)
        #expect(second.terminate() == 0)
        #expect(Set(delivered(file).map(\.id)).count == 20)
        try await model.close()
    }

    @Test func `captures no more when told so, and passes requests all the same`() async throws {
        let folder = TemporaryDirectory()
        let model = try await AnsweringModel.listen(group: MultiThreadedEventLoopGroup.singleton)
        let port = try #require(model.localAddress?.port)
        let tap = try await start(folder, "log", upstream: port, sink: "a=file:\(folder.file("events"))")
        var request = HTTPClientRequest(url: "\(tap.base)/v1/capture")
        request.method = .PUT
        request.body = .bytes(ByteBuffer(string: #"{"enabled": false}"#))
        #expect(try await HTTPClient.shared.execute(request, timeout: .seconds(10)).status == .ok)
        try await post(try await proxy(of: tap), count: 3)
        #expect(tap.terminate() == 0)
        #expect(delivered(folder.file("events")).isEmpty)
        try await model.close()
    }

    static let badSettings = [
        ["--upstream-url=localhost:8080"], ["--capture-sample-rate=2"], ["--upstream-uri=http://x"],
        ["--http-listen=0.0.0.0:0"],
    ]

    @Test(arguments: badSettings)
    func `does not start with a setting that it does not understand`(arguments: [String]) throws {
        let folder = TemporaryDirectory()
        let end = try ServiceProcess.run("payload-tap", arguments: arguments + ["--state-directory=\(folder.path)"])
        #expect(end.code == 78, "\(end.log)")
        #expect(end.log.contains("error.remedy"))
    }
}
