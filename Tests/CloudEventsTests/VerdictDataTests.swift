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
        #expect(drift.json["data"]?["method"] == "KSDrift" && drift.json["data"]?["config_hash"] == "abc")
        #expect(drift.json["meta"]?["name"] == "KSDrift" && drift.json["meta"]?["method"] == nil)
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

    @Test func `has ids that depend on who judged and what was judged alone`() throws {
        func drift(_ status: VerdictStatus, _ meta: VerdictMeta = Self.meta) -> VerdictData {
            VerdictData(.drift(DriftData(status: status)), meta: meta)
        }
        let window = VerdictData.Subject.window(first: "a#0", last: "b#2")
        func id(_ verdict: VerdictData, _ subject: VerdictData.Subject, at time: Int64 = 5) throws -> String {
            try verdict.event(about: subject, time: Timestamp(nanoseconds: time), causationID: "x").id
        }
        let first = try id(drift(.ok), window)
        #expect(try id(drift(.alarm), window, at: 6) == first)
        var others = try [
            id(drift(.ok), .window(first: "a#0", last: "b#3")),
            id(drift(.ok), .stretch(since: Timestamp(nanoseconds: 0))),
        ]
        for change: (inout VerdictMeta) -> Void in [
            { $0.monitor = "n" }, { $0.configHash = "abd" }, { $0.endpoint = "canary" }, { $0.modelVersion = "2" },
        ] {
            var meta = Self.meta
            change(&meta)
            others.append(try id(drift(.ok, meta), window))
        }
        #expect(Set(others + [first]).count == others.count + 1)
    }

    @Test func `says in an attribute whether it flags a row of its request`() throws {
        func event(_ flags: [Bool]) throws -> CloudEvent {
            let scores = flags.map { _ in 0.5 }
            let data = InstanceData(status: .ok, isFlagged: flags, scores: scores, threshold: 1, rows: [0])
            return try VerdictData(.outlier(data), meta: Self.meta)
                .event(
                    about: .rows([0], requestID: "r", eventID: "e"),
                    time: Timestamp(nanoseconds: 0),
                    causationID: "e"
                )
        }
        #expect(try event([false, true])[extension: "flagged"] == "true")
        #expect(try event([false, false])[extension: "flagged"] == "false")
        #expect(try event([false]).isUnflaggedInstanceVerdict && !event([true]).isUnflaggedInstanceVerdict)
        let drift = VerdictData(.drift(DriftData(status: .ok)), meta: Self.meta)
        let window = VerdictData.Subject.window(first: "a#0", last: "b#0")
        #expect(
            try drift.event(about: window, time: Timestamp(nanoseconds: 0), causationID: nil)[extension: "flagged"]
                == nil
        )
    }

    @Test func `names rows of a request by their place, and rows of a window by their request`() throws {
        let span = WindowSpan(
            start: Timestamp(nanoseconds: 0),
            end: Timestamp(nanoseconds: 1),
            count: 2,
            positionFrom: 7,
            positionTo: 9,
            firstID: "a",
            lastID: "b"
        )
        let summary = InstanceData(
            status: .ok,
            isFlagged: [],
            scores: [],
            threshold: 1,
            rows: [],
            flaggedRows: ["b#1"],
            window: span
        )
        let rows = InstanceData(status: .ok, isFlagged: [true], scores: [1], threshold: 1, rows: [3])
        let cases: [(InstanceData, JSONValue)] = [(summary, ["b#1"]), (rows, [3])]
        for (data, expected) in cases {
            let verdict = VerdictData(.outlier(data), meta: Self.meta)
            #expect(verdict.json["data"]?["rows"] == expected)
            #expect(try VerdictData(json: JSONValue(parsing: verdict.encoded()), type: EventType.outlier) == verdict)
        }
    }

    @Test func `has a source that is a URI reference whatever the monitor's name`() throws {
        var meta = Self.meta
        meta.monitor = "Zähler 1/a"
        let verdict = VerdictData(.drift(DriftData(status: .learning)), meta: meta)
        #expect(verdict.source == "/vedette/default/Z%C3%A4hler%201%2Fa")
        #expect(throws: Never.self) {
            try verdict.event(
                about: .stretch(since: Timestamp(nanoseconds: 0)),
                time: Timestamp(nanoseconds: 0),
                causationID: nil
            )
        }
    }
}
