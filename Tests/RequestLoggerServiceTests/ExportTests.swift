import CloudEvents
import Foundation
import JSON
import NIOHTTP1
import RequestLoggerService
import Tensors
import TestSupport
import Testing

@Suite struct `Export of the record` {
    @Test func `rows are lines of CSV with their answers, and texts that need it are quoted`() async throws {
        try await RunningLogger.run { logger in
            try await logger.record(
                try `Search by what was said`.row(
                    "a,\"1\"",
                    ages: [30, 0.1],
                    colours: ["red, \"dark\"", "blue\nnight"],
                    answers: [[0.7, 0.2, 0.1], [0.25, 0.5, 0.25]],
                    at: 1
                )
            )
            let answer = try await logger.get("/v1/export/rows.csv?model=table")
            #expect(answer.status == 200)
            #expect(answer.headers.first(name: "content-type") == "text/csv; charset=utf-8")
            let lines = answer.text.components(separatedBy: "\r\n")
            #expect(
                lines[0]
                    == "requestid,row,time,namespace,model,version,status,latency_ms,flags,age,colour,x[0],x[1],x[2],answer.p[0],answer.p[1],answer.p[2]"
            )
            #expect(lines[1].hasPrefix("\"a,\"\"1\"\"\",0,"))
            #expect(lines[1].hasSuffix(",default,table,1,200,,,30,\"red, \"\"dark\"\"\",0.5,1.5,2.5,0.7,0.2,0.1"))
            #expect(lines[2].hasSuffix(",,,0.1,\"blue\nnight\",3.5,4.5,5.5,0.25,0.5,0.25"))
            #expect(lines.count == 4 && lines[3].isEmpty)
            #expect(try await logger.get("/v1/export/rows.csv").status == 400)
            #expect(try await logger.get("/v1/export/rows.csv?model=none").status == 404)
            #expect(try await logger.get("/v1/export/rows.csv?model=table&limit=0").status == 400)
        }
    }

    @Test func `numbers are an array of numpy, the newest exchange first, without what has other columns`() async throws
    {
        try await RunningLogger.run { logger in
            func exchange(_ id: String, _ rows: [[Float]], at seconds: Double) throws -> [CloudEvent] {
                let data = rows.flatMap { $0 }.map { "\($0)" }.joined(separator: ",")
                let shape = "[\(rows.count),\(rows[0].count)]"
                return try [
                    (EventType.inferenceRequest, "inputs", shape, data),
                    (
                        EventType.inferenceResponse, "outputs", "[\(rows.count),1]",
                        rows.map { "\($0[0])" }.joined(separator: ",")
                    ),
                ].map { type, member, shape, data in
                    try CloudEvent(
                        id: "\(id)-\(member)",
                        source: "/t",
                        type: type,
                        time: Timestamp.now() - .seconds(100 - seconds),
                        dataContentType: "application/json",
                        extensions: ["model": "m", "requestid": .string(id)],
                        data: Array(
                            #"{"\#(member)":[{"name":"v","datatype":"FP32","shape":\#(shape),"data":[\#(data)]}]}"#.utf8
                        )
                    )
                }
            }
            try await logger.record(
                try exchange("a", [[1, 2], [3, 4]], at: 1) + exchange("odd", [[1, 2, 3]], at: 2)
                    + exchange("b", [[5, 6]], at: 3)
            )
            func array(_ query: String) async throws -> AnyTensor {
                let directory = TemporaryDirectory()
                let url = logger.base + "/v1/export/rows.npy?model=m&\(query)"
                let bytes = try await logger.bytes(url)
                return try NPY.read(path: directory.write(bytes, to: "rows.npy"))
            }
            let inputs = try await array("")
            #expect(inputs.shape == [3, 2])
            #expect(try inputs.converted(to: Float.self).elements == [5, 6, 1, 2, 3, 4])
            if case .float32 = inputs {} else { Issue.record("single precision is kept") }
            #expect(try await array("limit=2").shape == [2, 2])
            let outputs = try await array("part=outputs")
            #expect(try outputs.shape == [3, 1] && outputs.converted(to: Float.self).elements == [5, 1, 3])
            let texts = try await logger.get("/v1/export/rows.npy?model=m&part=labels")
            #expect(texts.status == 400)
        }
    }

    @Test func `answers are there though the newest request waits for its own, and ids keep every digit`() async throws
    {
        try await RunningLogger.run { logger in
            func half(_ id: String, _ type: String, _ member: String, _ value: String, at seconds: Double) throws
                -> CloudEvent
            {
                try CloudEvent(
                    id: "\(id)-\(member)",
                    source: "/t",
                    type: type,
                    time: Timestamp.now() - .seconds(100 - seconds),
                    dataContentType: "application/json",
                    extensions: ["model": "m", "requestid": .string(id)],
                    data: Array(
                        #"{"\#(member)":[{"name":"v","datatype":"INT64","shape":[1,1],"data":[\#(value)]}]}"#.utf8
                    )
                )
            }
            try await logger.record([
                try half("a", EventType.inferenceRequest, "inputs", "9007199254740993", at: 1),
                try half("a", EventType.inferenceResponse, "outputs", "7", at: 1),
                try half("b", EventType.inferenceRequest, "inputs", "5", at: 2),
            ])
            let lines = try await logger.get("/v1/export/rows.csv?model=m").text.components(separatedBy: "\r\n")
            try #require(lines.count == 4)
            #expect(lines[0].hasSuffix(",v,answer.v"))
            #expect(lines[1].hasPrefix("b,0,") && lines[1].hasSuffix(",5,"))
            #expect(lines[2].hasPrefix("a,0,") && lines[2].hasSuffix(",9007199254740993,7"))
            // The same rows in the same order as the inputs have.
            let directory = TemporaryDirectory()
            let bytes = try await logger.bytes(logger.base + "/v1/export/rows.npy?model=m&part=outputs")
            let outputs = try NPY.read(path: directory.write(bytes, to: "rows.npy")).converted(to: Double.self).elements
            try #require(outputs.count == 2)
            #expect(outputs[0].isNaN && outputs[1] == 7)
        }
    }

    @Test func `an array refuses a column of texts by its name`() async throws {
        try await `Search by what was said`.run { logger in
            let answer = try await logger.get("/v1/export/rows.npy?model=table")
            #expect(answer.status == 400 && answer.json["error"]?.string?.contains("'colour'") == true)
            #expect(try await logger.get("/v1/export/rows.npy?model=table&part=outputs").status == 200)
        }
    }

    @Test func `events are lines that a replay reads, in the order of their arrival`() async throws {
        try await RunningLogger.run { logger in
            var sent: [CloudEvent] = []
            for number in 0..<150 { sent += try Samples.exchange("r\(number)") }
            try await logger.record(sent)
            let answer = try await logger.get("/v1/export/events.jsonl")
            #expect(try JSONFormat.decodeLines(Array(answer.text.utf8)).map(\.id) == sent.map(\.id))
            let some = try await logger.get("/v1/export/events.jsonl?kind=response&model=digits&requestid=r7").text
            #expect(try JSONFormat.decodeLines(Array(some.utf8)).map(\.id) == ["r7-a"])
            #expect(try await logger.get("/v1/export/events.jsonl?model=none").text.isEmpty)
            #expect(try await logger.get("/v1/export/events.jsonl?limit=3").status == 400)
        }
    }

    @Test func `a path may end in a slash, and HEAD of the live feed ends`() async throws {
        try await RunningLogger.run { logger in
            for path in ["/v1/models/", "/v1/exchanges/", "/alerts/", "/health/", "/models/"] {
                #expect(try await logger.get(path).status == 200, "\(path)")
            }
            let head = try await logger.send("HEAD", "/v1/stream")
            #expect(head.status == 200 && head.headers.first(name: "content-type") == "text/event-stream")
            #expect(head.text.isEmpty)
            #expect(try await logger.get("/metrics").text.contains("vedette_journal_lag_records 0"))
        }
    }
}
