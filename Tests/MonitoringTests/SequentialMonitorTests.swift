import CloudEvents
import DriftDetection
import JSON
import Methods
import Monitoring
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `A monitor of a sequential test` {
    static func monitor(
        _ keys: String = "",
        every: Int = 4,
        selection: String = "",
        alert: String = "",
        window: String = ""
    ) throws -> Monitor {
        try Traffic.monitor(
            "sum",
            method: "RowSum",
            keys: keys,
            selection: selection,
            window: "{ size = 8, every = \(every)\(window) }",
            alert: alert
        )
    }

    static func feed(_ set: inout MonitorSet, _ values: [Float], from first: Int = 0) throws -> [ReadVerdict] {
        var verdicts: [ReadVerdict] = []
        for (index, value) in values.enumerated() {
            let number = first + index
            verdicts += try set.feed(Traffic.event("r\(number)", [[value, 0]], at: Double(number)))
        }
        return verdicts
    }

    @Test func `tells how things are every few rows, and a detection at once`() throws {
        var set = Traffic.set(try Self.monitor())
        let verdicts = try Self.feed(&set, [1, 1, 1, 1, 1, 9, 0, 0, 0, 0])
        #expect(verdicts.map { $0.data["time"]?.int } == [4, 6, 10])
        #expect(verdicts.map { $0.data["is_drift"]?.int } == [0, 1, 1])
        #expect(verdicts.map(\.status) == ["ok", "alarm", "alarm"])
        #expect(verdicts.map(\.firstRow) == ["r0#0", "r4#0", "r6#0"])
        #expect(verdicts.map(\.rowCount) == [4, 2, 4])
        let detection = verdicts[1]
        #expect(detection.data["test_stat"]?.double == 14 && detection.data["threshold"]?.double == 10)
        #expect(detection.data["ert"]?.double == 100 && detection.data["e_value"] == .null)
        #expect(detection.event[extension: "causationid"] == "r5-request")
        #expect(set.monitors["sum"]?.counts.alarms == 1)
    }

    @Test func `feeds the rows of a batch one by one`() throws {
        var set = Traffic.set(try Self.monitor("restarts = true"))
        let verdicts = try set.feed(Traffic.event("b", [[6, 0], [6, 0], [0, 1], [0, 1], [11, 0]], at: 1))
        #expect(verdicts.map(\.lastRow) == ["b#1", "b#4"])
        #expect(verdicts.map { $0.data["time"]?.int } == [2, 3], "the second run began with row 2")
        #expect(Set(verdicts.map(\.event.id)).count == 2)
    }

    @Test func `begins anew after a detection where the method does, and recovers`() throws {
        var set = Traffic.set(try Self.monitor("restarts = true", every: 2))
        let verdicts = try Self.feed(&set, [11, 0, 0, 0, 0])
        #expect(verdicts.map(\.status) == ["alarm", "recovering", "ok"])
        #expect(verdicts.map { $0.data["time"]?.int } == [1, 2, 4])
    }

    @Test func `raises no alarm below the least effect`() throws {
        var set = Traffic.set(try Self.monitor(alert: "min_effect = 20"))
        let verdicts = try Self.feed(&set, [11])
        #expect(verdicts.map(\.status) == ["ok"] && verdicts[0].data["is_drift"]?.int == 1)
        #expect(throws: MethodError.self) { try Self.monitor(alert: "min_effect = 1e10") }
    }

    @Test func `is insufficient when the test has nothing more to say, and when too much could not be read`() throws {
        var set = Traffic.set(try Self.monitor(every: 8))
        let verdicts = try Self.feed(&set, Array(repeating: 0, count: 48))
        #expect(verdicts.allSatisfy { $0.status == "ok" })
        var two = Traffic.set(try Self.monitor(every: 2))
        let last = try Self.feed(&two, Array(repeating: 0, count: 50)).last
        #expect(last?.status == "insufficient" && last?.data["message"]?.string == "reference exhausted")
        var lossy = Traffic.set(try Self.monitor())
        let lost = try Self.feed(&lossy, [0, .nan, .infinity, 0, 0, 0])
        #expect(lost.map(\.status) == ["insufficient"])
        #expect(lossy.monitors["sum"]?.counts.excludedRows == 2 && lossy.monitors["sum"]?.counts.rows == 4)
        #expect(lost.first?.data["time"]?.int == 4, "what cannot enter leaves the test as it was")
    }

    @Test func `leaves out rows of another shape in mid-stream`() throws {
        var set = Traffic.set(try Self.monitor())
        var verdicts = try Self.feed(&set, [1, 1])
        verdicts += try set.feed(Traffic.event("wide", [[1, 2, 3]], at: 2))
        verdicts += try Self.feed(&set, [1, 1], from: 3)
        #expect(verdicts.last?.data["test_stat"]?.double == 4)
        #expect(set.monitors["sum"]?.counts.excludedRows == 1)
    }

    @Test func `tells after a while also when rows are few, and before the row that comes later`() throws {
        var set = Traffic.set(try Self.monitor(window: ", at_most = \"10s\""))
        _ = try Self.feed(&set, [1])
        let verdicts = try set.feed(Traffic.event("late", [[20, 0]], at: 30))
        #expect(verdicts.map { $0.data["test_stat"]?.double } == [1, 21])
        #expect(verdicts.map(\.status) == ["ok", "alarm"])
    }

    @Test func `counts and names the lane that makes room for a seventeenth, across a snapshot`() throws {
        var set = Traffic.set(try Self.monitor())
        for lane in 1...17 {
            _ = try set.feed(
                Traffic.event("r\(lane)", [[1, 0]], version: "\(lane)", at: Double(lane)),
                position: UInt64(lane)
            )
            let evicted = set.takeEvictions()
            #expect(evicted.map { $0.lane.version } == (lane == 17 ? ["1"] : []))
        }
        #expect(set.takeEvictions().isEmpty)
        #expect(set.monitors["sum"]?.counts.evictedLanes == 1)
        var again = Traffic.set(try Self.monitor())
        try again.restore(set.snapshot())
        #expect(again.monitors["sum"]?.counts.evictedLanes == 1)
    }

    @Test func `starts over when it is reset`() throws {
        var set = Traffic.set(try Self.monitor())
        _ = try Self.feed(&set, [11])
        try set.reset("sum")
        let verdicts = try Self.feed(&set, [0, 0, 0, 1], from: 1)
        #expect(verdicts.map { $0.data["is_drift"]?.int } == [0])
        #expect(verdicts.map { $0.data["test_stat"]?.double } == [1])
    }

    @Test(arguments: ["ConformalMartingaleDrift", "EDetector", "BettingMMDDrift"])
    func `goes on from a snapshot taken at any row, with the same events`(method: String) throws {
        let catalog = MethodCatalog(DriftDetection.factories)
        func monitor() throws -> Monitor {
            let keys = method == "EDetector" ? "ert = 40" : "p_val = 0.3"
            let text = "name = \"\(method)\"\n\(keys)\n[monitor]\nmodel = \"digits\"\nwindow = { size = 5 }"
            var generator = SeededGenerator(seed: 1)
            let rows = Tensor<Float>(shape: [60, 2]) { target in
                for place in 0..<120 { target.initializeElement(at: place, to: Float(generator.normal())) }
            }
            let folder = TemporaryDirectory()
            let configuration = try MonitorConfiguration(parsing: text, catalog: catalog)
            let report = try Fitting.fit(configuration, catalog: catalog, rows: rows, output: folder.file("m"))
            return try Monitor(
                name: "m",
                kind: .drift,
                fitted: report.monitor,
                schema: nil,
                featureWidth: 2,
                version: "test"
            )
        }
        var generator = SeededGenerator(seed: 2)
        let events = try (0..<60).map { index in
            let shift: Float = index > 30 ? 1.5 : 0
            let row = [Float(generator.normal()) + shift, Float(generator.normal())]
            return try Traffic.event("r\(index)", [row], at: Double(index))
        }
        var whole = Traffic.set(try monitor())
        let expected = try events.map { try whole.feed($0).map(\.event) }
        #expect(expected.joined().count >= 12)
        for cut in stride(from: 0, to: 60, by: 7) {
            var first = Traffic.set(try monitor())
            for event in events[..<cut] { _ = try first.feed(event) }
            var second = Traffic.set(try monitor())
            try second.restore(first.snapshot())
            #expect(second.unreadable.isEmpty)
            for (index, event) in events.enumerated() where index >= cut {
                #expect(try second.feed(event).map(\.event) == expected[index], "cut at \(cut), row \(index)")
            }
        }
    }

    // MARK: Outcomes

    static func outcome(_ id: String, row: Int, _ data: String, at seconds: Double) throws -> CloudEvent {
        try CloudEvent(
            id: "outcome:\(id)#\(row)",
            source: "/vedette/default/performance-monitor",
            type: EventType.outcome,
            time: Traffic.second(seconds),
            dataContentType: "application/json",
            extensions: ["requestid": .string(id), "model": .string("digits"), "modelversion": .string("1")],
            data: Array("{\"requestid\": \"\(id)\", \"row\": \(row), \(data)}".utf8)
        )
    }

    @Test func `takes outcomes, a row each, by the members that it names`() throws {
        var set = Traffic.set(
            try Self.monitor(every: 2, selection: "event = \"outcome\"\ncolumns = [\"error\", \"loss\"]")
        )
        var verdicts: [ReadVerdict] = []
        verdicts += try set.feed(
            Self.outcome("a", row: 3, #""error": 1, "loss": 0.5, "label": 2, "prediction": 3"#, at: 1)
        )
        verdicts += try set.feed(Self.outcome("b", row: 0, #""error": null, "loss": 0.5"#, at: 2))
        verdicts += try set.feed(Self.outcome("c", row: 0, #""error": 0"#, at: 3))
        verdicts += try set.feed(Self.outcome("d", row: 0, #""error": 0, "loss": "much""#, at: 4))
        verdicts += try set.feed(Traffic.event("request", [[9, 9]], at: 5))
        verdicts += try set.feed(Self.outcome("e", row: 1, #""error": 0, "loss": 2"#, at: 6))
        let verdict = try #require(verdicts.first)
        #expect(verdicts.count == 1 && verdict.status == "insufficient", "three of five could not be read")
        #expect(verdict.firstRow == "a#3" && verdict.lastRow == "e#1")
        #expect(verdict.data["test_stat"]?.double == 3.5)
        #expect(verdict.event[extension: "causationid"] == "outcome:e#1")
        let reasons = try set.tick(at: 120).map { $0.data["reason"]?.string ?? "" }
        #expect(Set(reasons).isSuperset(of: ["missing_value", "missing_tensor", "wrong_type"]))
    }
}
