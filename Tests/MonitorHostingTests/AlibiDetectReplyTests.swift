import CloudEvents
import Foundation
import JSON
import TestSupport
import Testing

/// What a client of Seldon's alibi-detect server gets from a detector in its place.
@Suite struct `Answers to Seldon's events` {
    private static func start(_ kind: DetectorFixture.Kind, _ fixture: DetectorFixture, _ folder: TemporaryDirectory)
        async throws -> ServiceProcess
    {
        try await ServiceProcess(
            kind.executable,
            directory: folder.path,
            arguments: ["--monitors-directory=\(fixture.monitors)", "--models-file=\(fixture.models)"]
        )
    }

    /// A request as Seldon's executor logs it, or KServe's.
    private static func foreign(_ event: CloudEvent, type: String) throws -> CloudEvent {
        try CloudEvent(
            id: event.id,
            source: "http://localhost:8080/",
            type: type,
            time: event.time,
            dataContentType: "application/json",
            extensions: [
                "requestid": .string("puid-\(event.id)"), "inferenceservicename": "blobs", "namespace": "default",
                "endpoint": "default",
            ],
            data: event.data
        )
    }

    @Test func `of drift are empty until the batch is full, and then the detector's answer`() async throws {
        let fixture = try DetectorFixture(.drift), folder = TemporaryDirectory()
        let process = try await Self.start(.drift, fixture, folder)
        var answers: [(event: CloudEvent, answer: DetectorClient.Answer)] = []
        for event in try DetectorFixture.traffic(30, shiftedFrom: 0) {
            let event = try Self.foreign(event, type: EventType.Seldon.inferenceRequest)
            let answer = try await DetectorClient(base: process.base).post(event)
            #expect(answer.status == 200)
            answers.append((event, answer))
        }
        let empty = answers.filter { $0.answer.bytes.isEmpty }, full = answers.filter { !$0.answer.bytes.isEmpty }
        #expect(empty.count > full.count && full.count >= 2)
        for (event, answer) in full {
            let reply = try #require(try HTTPBinding.decode(headers: answer.headers, body: answer.bytes).first)
            #expect(reply.id == event.id)
            #expect(reply.type == EventType.Seldon.drift)
            #expect(reply[extension: "requestid"] == event[extension: "requestid"])
            #expect(reply[extension: "inferenceservicename"] == "blobs")
            #expect(answer.json["data"]?["is_drift"]?.int == 1)
            #expect(answer.json["data"]?["p_val"]?.array?.count == 4)
            #expect(answer.json["data"]?["threshold"]?.double == 0.05 / 4)
            #expect(answer.json["meta"]?["name"]?.string == "KSDrift")
            #expect(answer.json["meta"]?["detector_type"]?.string == "drift")
        }
    }

    @Test func `of outliers hold the scores that are asked for and no nulls`() async throws {
        let fixture = try DetectorFixture(.outlier), folder = TemporaryDirectory()
        let process = try await Self.start(.outlier, fixture, folder)
        let client = DetectorClient(base: process.base)
        let events = try DetectorFixture.traffic(4, shiftedFrom: 0).map {
            try Self.foreign($0, type: EventType.Seldon.inferenceRequest)
        }
        let plain = try await client.post(events[0]).json["data"]?.object
        #expect(plain?["is_outlier"]?.array?.isEmpty == false)
        #expect(plain?["instance_score"] == nil && plain?["feature_score"] == nil)
        #expect(plain?.contains { $0.value == .null } == false)
        let header = [(name: "Alibi-Detect-Return-Instance-Score", value: "true")]
        let scored = try await client.post(events[1], headers: header).json["data"]?.object
        #expect(scored?["instance_score"]?.array?.count == scored?["is_outlier"]?.array?.count)
        #expect(scored?["feature_score"] == nil)
    }

    @Test func `KServe's loggers are answered when they ask`() async throws {
        let fixture = try DetectorFixture(.outlier), folder = TemporaryDirectory()
        let process = try await Self.start(.outlier, fixture, folder)
        let client = DetectorClient(base: process.base)
        let events = try DetectorFixture.traffic(2, shiftedFrom: 0).map {
            try Self.foreign($0, type: EventType.KServe.inferenceRequest)
        }
        #expect(try await client.post(events[0]).status == 202)
        let asked = try await client.post(events[1], headers: [(name: "Prefer", value: "reply")])
        #expect(asked.status == 200)
        let reply = try HTTPBinding.decode(headers: asked.headers, body: asked.bytes).first
        #expect(reply?.id == events[1].id && reply?.type == EventType.Seldon.outlier)
    }
}
