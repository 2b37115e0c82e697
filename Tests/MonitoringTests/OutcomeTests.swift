import CloudEvents
import JSON
import Methods
import Monitoring
import Testing

@Suite struct `A monitor of outcomes` {
    static func outcome(
        _ id: String,
        error: Double,
        loss: Double? = 0.5,
        prediction: JSONValue = 1,
        label: JSONValue = 1,
        row: Int = 0,
        at seconds: Double,
        data: String? = nil
    ) throws -> CloudEvent {
        try CloudEvent(
            id: "outcome-\(id)",
            source: "/vedette/default/performance-monitor",
            type: EventType.outcome,
            time: Traffic.second(seconds),
            dataContentType: "application/json",
            extensions: ["requestid": .string(id), "model": "digits", "modelversion": "1"],
            data: data.map { Array($0.utf8) }
                ?? OutcomeData(
                    requestID: id,
                    row: row,
                    prediction: prediction,
                    label: label,
                    error: error,
                    loss: loss,
                    delay: 60
                ).json.serialized()
        )
    }

    @Test func `tests the members that it names, in windows like any other`() throws {
        var set = Traffic.set(
            try Traffic.monitor(selection: "event = \"outcome\"\ncolumns = [\"error\", \"loss\"]")
        )
        var verdicts: [ReadVerdict] = []
        for index in 0..<8 {
            let error = index < 4 ? 0.0 : 9.0
            verdicts += try set.feed(Self.outcome("r\(index)", error: error, loss: error, row: 3, at: Double(index)))
        }
        #expect(verdicts.map(\.status) == ["ok", "alarm"])
        #expect(verdicts.map(\.firstRow) == ["r0#3", "r4#3"])
        #expect(verdicts.last?.event[extension: "causationid"] == "outcome-r7")
        #expect(verdicts.last?.data["effect"]?["value"]?.double == 9)
    }

    @Test func `passes over the traffic, as monitors of the traffic pass over outcomes`() throws {
        var set = Traffic.set(
            try Traffic.monitor("traffic", window: "{ size = 1 }"),
            try Traffic.monitor(
                "outcomes",
                selection: "event = \"outcome\"\ncolumns = [\"error\", \"loss\"]",
                window: "{ size = 1 }"
            ),
            try Traffic.monitor("answers", selection: "input = \"x\"\noutput = \"y\"", window: "{ size = 1 }")
        )
        let fromOutcome = try set.feed(Self.outcome("r0", error: 0, at: 0))
        #expect(fromOutcome.map { $0.data["monitor"]?.string } == ["outcomes"])
        let fromRequest = try set.feed(Traffic.event("r1", [[0, 0]], at: 1))
        #expect(fromRequest.map { $0.data["monitor"]?.string } == ["traffic"])
    }

    @Test func `takes what is null for a missing value, and counts what is no row`() throws {
        var set = Traffic.set(
            try Traffic.monitor(
                selection: "event = \"outcome\"\ncolumns = [\"prediction\", \"loss\"]",
                window: "{ size = 2 }"
            )
        )
        #expect(try set.feed(Self.outcome("r0", error: 0, loss: nil, at: 0)).isEmpty)
        #expect(set.monitors["shift"]?.counts.rows == 1)
        _ = try set.feed(Self.outcome("r1", error: 0, prediction: "seven", at: 1))  // no schema names it
        _ = try set.feed(Self.outcome("r2", error: 0, prediction: [1, 2], at: 2))
        _ = try set.feed(Self.outcome("r3", error: 0, at: 3, data: "{}"))
        #expect(set.monitors["shift"]?.counts.rows == 1)
        #expect(set.monitors["shift"]?.counts.excludedRows == 3)
        let quality = try set.tick(at: 61)
        #expect(quality.compactMap { $0.data["reason"]?.string } == ["wrong_type", "missing_tensor"])
    }

    @Test func `reads the error where nothing is chosen, and names what there is when something else is asked for`()
        throws
    {
        let error = try #require(throws: MonitoringError.self) {
            try Traffic.monitor(selection: "event = \"outcome\"\ncolumns = [\"errors\"]")
        }
        #expect(error.code == .invalidConfiguration && error.remedy.contains("error"))
        var set = Traffic.set(
            try Traffic.monitor("ceiling", method: "Ceiling", selection: "event = \"outcome\"", kind: .outlier)
        )
        // Fitted on two columns, so one is no row of it.
        _ = try set.feed(Self.outcome("r0", error: 0, at: 0))
        #expect(set.monitors["ceiling"]?.counts.excludedRows == 1)
    }
}
