import CloudEvents
import EventStore
import JSON
import RequestLoggerService
import TestSupport
import Testing

@Suite struct `Search by what was said` {
    /// A row of a table with its answer: `age`, `colour`, three values, and the probabilities of three classes.
    static func row(
        _ id: String,
        ages: [Double],
        colours: [String],
        answers: [[Double]],
        note: String = "",
        at seconds: Double
    ) throws -> [CloudEvent] {
        func tensor(_ name: String, _ type: String, _ shape: [Int], _ data: [JSONValue]) -> JSONValue {
            [
                "name": .string(name), "datatype": .string(type), "data": .array(data),
                "shape": .array(shape.map { .integer(Int64($0)) }),
            ]
        }
        let count = ages.count
        let asked: JSONValue = [
            "inputs": [
                tensor("age", "FP32", [count, 1], ages.map { .number($0) }),
                tensor("colour", "BYTES", [count, 1], colours.map { .string($0) }),
                tensor("x", "FP64", [count, 3], (0..<count * 3).map { .number(Double($0) + 0.5) }),
            ],
            "parameters": ["note": .string(note)],
        ]
        let answered: JSONValue = [
            "model_name": "table",
            "outputs": [tensor("p", "FP32", [count, 3], answers.flatMap { $0 }.map { .number($0) })],
        ]
        let start = Timestamp.now() - .seconds(600)
        return try [(EventType.inferenceRequest, "q", asked), (EventType.inferenceResponse, "a", answered)].map {
            type,
            suffix,
            content in
            try CloudEvent(
                id: "\(id)-\(suffix)",
                source: "/vedette/default/tap",
                type: type,
                time: start + .seconds(seconds),
                dataContentType: "application/json",
                extensions: [
                    "model": "table", "requestid": .string(id), "modelversion": "1", "statuscode": 200,
                    "traceparent": .string(
                        "00-\(String(repeating: "0a", count: 15))0\(Int(seconds) % 10)-00f067aa0ba902b7-01"
                    ),
                ],
                data: content.serialized()
            )
        }
    }

    static func score(_ id: String, _ score: Double, monitor: String) throws -> CloudEvent {
        try CloudEvent(
            id: "\(monitor)-\(id)",
            source: "/vedette/default/\(monitor)",
            type: EventType.outlier,
            dataContentType: "application/json",
            extensions: ["model": "table", "requestid": .string(id)],
            data: JSONValue.object([
                "data": [
                    "monitor": .string(monitor), "status": "ok", "rows": [0], "is_outlier": [0],
                    "instance_score": [.number(score)],
                ]
            ]).serialized()
        )
    }

    static func run(_ body: @Sendable (RunningLogger) async throws -> Void) async throws {
        try await RunningLogger.run { logger in
            try await logger.record(
                try row("a", ages: [30], colours: ["red"], answers: [[0.7, 0.2, 0.1]], note: "Größe M", at: 1)
                    + row("b", ages: [40], colours: ["blue"], answers: [[0.1, 0.8, 0.1]], at: 2)
                    // Its second row is 50 and red, none is 50 and blue.
                    + row(
                        "c",
                        ages: [20, 50],
                        colours: ["blue", "red"],
                        answers: [[0.6, 0.3, 0.1], [0, 0.1, 0.9]],
                        at: 3
                    )
                    + row("d", ages: [0.1], colours: ["green"], answers: [[0.2, 0.2, 0.6]], at: 4)
                    + [
                        try score("a", 1.5, monitor: "one"), try score("a", 9, monitor: "two"),
                        try score("b", 3, monitor: "one"), try score("c", 4.25, monitor: "one"),
                    ]
            )
            try await body(logger)
        }
    }

    static let cases: [(query: String, found: [String])] = [
        ("class=1", ["b"]), ("class=2", ["d", "c"]), ("class=0", ["c", "a"]), ("class=7", []),
        ("feature=age%3E%3D40", ["c", "b"]), ("feature=age%3E40", ["c"]), ("feature=age%3C30", ["d", "c"]),
        ("feature=age%3C%3D30", ["d", "c", "a"]), ("feature=age=40", ["b"]), ("feature=age!=40", ["d", "c", "a"]),
        ("feature=age=0.1", ["d"]), ("feature=age%3E0.1", ["c", "b", "a"]), ("feature=colour=red", ["c", "a"]),
        ("feature=age=50,colour=red", ["c"]), ("feature=age=50,colour=blue", []), ("feature=age=50&class=2", ["c"]),
        ("feature=age=50&class=0", []), ("feature=x%5B2%5D=2.5", ["d", "c", "b", "a"]), ("feature=x%5B2%5D%3E3", ["c"]),
        ("feature=x%5B3%5D%3E0", []), ("feature=nothing=1", []),
        ("min_score=3", ["c", "b", "a"]), ("min_score=3&monitor=one", ["c", "b"]),
        ("max_score=3&monitor=one", ["b", "a"]),
        ("min_score=3&max_score=4", ["b"]), ("monitor=two", ["a"]), ("monitor=three", []),
        ("text=RED", ["c", "a"]), ("text=gr%C3%B6%C3%9Fe", ["a"]), ("text=green&class=2", ["d"]),
        ("text=green&class=1", []),
        ("trace=0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a02", ["b"]), ("trace=0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A03&class=2", ["c"]),
        ("trace=0b0a0a0a0a0a0a0a0a0a0a0a0a0a0a02", []), ("model=other&class=1", []), ("verdict=flagged&class=1", []),
    ]

    @Test func `each filter finds what it names and nothing else`() async throws {
        try await Self.run { logger in
            for (query, found) in Self.cases {
                let answer = try await logger.get("/v1/exchanges?\(query)")
                #expect(answer.status == 200, "\(query)")
                let ids = answer.json["items"]?.array?.compactMap { $0["requestid"]?.string }
                #expect(ids == found, "\(query)")
                #expect(answer.json["next"] == .null, "\(query)")
            }
            #expect(try await logger.get("/v1/exchanges?class=1").json["looked_at"] == 4)
            #expect(try await logger.get("/v1/exchanges?model=table").json["looked_at"] == nil)
        }
    }

    @Test func `a page of what was found says where to go on`() async throws {
        try await Self.run { logger in
            var (path, found): (String, [String]) = ("/v1/exchanges?text=red&limit=1", [])
            var cursor = ""
            repeat {
                let json = try await logger.get(path + cursor).json
                found += json["items"]?.array?.compactMap { $0["requestid"]?.string } ?? []
                cursor = json["next"]?.string.map { "&cursor=\($0)" } ?? ""
                path = "/v1/exchanges?text=red&limit=1"
            } while !cursor.isEmpty
            #expect(found == ["c", "a"])
        }
    }

    @Test(arguments: [
        "feature=age", "feature=%3E3", "feature=colour%3Ered", "min_score=x", "min_score=3&max_score=2", "trace=12",
        "max_score=nan",
    ])
    func `what cannot be read is refused with what can`(query: String) async throws {
        try await RunningLogger.run { logger in
            let answer = try await logger.get("/v1/exchanges?\(query)")
            #expect(answer.status == 400 && answer.json["remedy"]?.string?.isEmpty == false)
        }
    }

    @Test func `the page has the same fields, keeps them, and shows what they find`() async throws {
        try await Self.run { logger in
            let page = try await logger.get("/exchanges?feature=age%3E%3D40&class=2").text
            #expect(page.contains("/requests/c") && !page.contains("/requests/b"))
            #expect(page.contains("value=\"age&gt;=40\"") && page.contains("Looked at 4 exchanges"))
            #expect(try await logger.get("/exchanges?feature=age").status == 400)
            #expect(try await logger.get("/exchanges?text=nowhere").text.contains("Nothing like that on record"))
        }
    }
}
