import CloudEvents
import JSON
import Testing

@Suite struct `Verdict data` {
    static let meta = VerdictMeta(monitor: "m", method: "KSDrift", configHash: "abc", model: "digits", version: "0.1.0")

    @Test func `writes flags as 0 and 1 and NaN as null, as alibi-detect's field names have it`() throws {
        let outlier = VerdictData(
            .outlier(
                InstanceData(status: .ok, isFlagged: [true, false], scores: [.nan, 0.5], threshold: 1, rows: [0, 1])
            ),
            meta: Self.meta
        )
        #expect(outlier.json["data"]?["is_outlier"] == [1, 0])
        #expect(try JSONValue(parsing: outlier.encoded())["data"]?["instance_score"] == [nil, 0.5])
        let again = try VerdictData(json: JSONValue(parsing: outlier.encoded()), type: EventType.outlier)
        guard case .outlier(let data) = again.content else { throw CancellationError() }
        #expect(data.scores[0].isNaN)
        #expect(data.isFlagged == [true, false])

        let drift = VerdictData(.drift(DriftData(status: .ok, isDrift: false, pValue: .joint(0.4))), meta: Self.meta)
        #expect(drift.json["data"]?["is_drift"] == 0)
        #expect(drift.json["data"]?["p_val"] == 0.4)
        #expect(drift.json["meta"]?["name"] == "KSDrift")
        #expect(drift.json["meta"]?["detector_type"] == "drift")
    }

    @Test func `keeps joint tests and tests feature by feature apart`() throws {
        for pValue in [JointOrEach.joint(0.1), .each([0.1]), .each([0.1, .nan])] {
            let verdict = VerdictData(.drift(DriftData(status: .ok, pValue: pValue)), meta: Self.meta)
            let again = try VerdictData(json: JSONValue(parsing: verdict.encoded()), type: EventType.drift)
            guard case .drift(let data) = again.content else { throw CancellationError() }
            #expect(data.pValue?.values.count == pValue.values.count)
            #expect(data.pValue?.smallest == 0.1)
        }
        #expect(JointOrEach.each([]).smallest == nil)
    }

    static let broken: [(json: JSONValue, type: String, names: String)] = [
        ([:], EventType.drift, "data"),
        (["data": [:], "meta": [:]], EventType.drift, "data.status"),
        (["data": ["status": "fine"]], EventType.drift, "data.status"),
        (["data": ["status": "ok"]], EventType.drift, "meta"),
        (["data": ["status": "ok", "is_drift": "yes"]], EventType.drift, "data.is_drift"),
        (["data": ["status": "ok", "p_val": "x"]], EventType.drift, "data.p_val"),
        (["data": ["status": "ok", "effect": ["value": 1.0]]], EventType.drift, "data.effect.name"),
        (["data": ["status": "ok", "window": ["start": "today"]]], EventType.drift, "data.window.start"),
        (
            ["data": ["status": "ok", "features": [["name": "a", "statistic": 1.0], ["statistic": 1.0]]]],
            EventType.drift, "data.features[1].name"
        ),
        (["data": ["is_outlier": [0, 2], "instance_score": [1.0, 2.0]]], EventType.outlier, "data.is_outlier"),
        (["data": ["is_outlier": [0], "instance_score": [1.0, 2.0]]], EventType.outlier, "data.instance_score"),
        (["data": [:]], "io.vedette.other", "io.vedette.other"),
    ]

    @Test(arguments: broken)
    func `names the member that is wrong`(json: JSONValue, type: String, names: String) throws {
        let error = try #require(throws: CloudEventError.self) { try VerdictData(json: json, type: type) }
        #expect(error.code == .verdictData)
        #expect(error.message.hasPrefix(names + " "), "\(error)")
    }

    @Test func `has ids that depend on monitor, configuration and what was judged alone`() throws {
        let span = WindowSpan(
            start: Timestamp(nanoseconds: 0),
            end: Timestamp(nanoseconds: 1),
            count: 2,
            positionFrom: 7,
            positionTo: 9,
            firstID: "a",
            lastID: "b"
        )
        let verdict = VerdictData(.drift(DriftData(status: .ok, window: span)), meta: Self.meta)
        let first = try verdict.windowEvent(time: Timestamp(nanoseconds: 5), causationID: "x")
        let second = try verdict.windowEvent(time: Timestamp(nanoseconds: 6), causationID: "y")
        #expect(first.id == "m@abc:drift:7-9")
        #expect(first.id == second.id)
        #expect(first.source == "/vedette/default/m")
        let outlier = VerdictData(
            .outlier(InstanceData(status: .ok, isFlagged: [], scores: [], threshold: 1, rows: [])),
            meta: Self.meta
        )
        #expect(
            try outlier.instanceEvent(time: Timestamp(nanoseconds: 5), requestID: "r", row: 3, causationID: "x").id
                == "m@abc:outlier:r#3"
        )
    }

    @Test func `has a source that is a URI reference whatever the monitor's name`() throws {
        var meta = Self.meta
        meta.monitor = "Zähler 1/a"
        let verdict = VerdictData(.drift(DriftData(status: .learning)), meta: meta)
        #expect(verdict.source == "/vedette/default/Z%C3%A4hler%201%2Fa")
        #expect(throws: Never.self) { try verdict.windowEvent(time: Timestamp(nanoseconds: 0), causationID: nil) }
    }
}
