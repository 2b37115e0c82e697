import CloudEvents
import JSON
import Methods
import Monitoring
import Testing

@Suite struct `A monitor` {
    static let zero: [Float] = [0, 0]
    static let far: [Float] = [9, 9]

    // MARK: Verdicts

    @Test func `answers each window, and says which rows it was`() throws {
        var set = Traffic.set(try Traffic.monitor())
        var verdicts: [ReadVerdict] = []
        for index in 0..<8 {
            verdicts += try set.feed(Traffic.event("r\(index)", [index < 4 ? Self.zero : Self.far], at: Double(index)))
        }
        #expect(verdicts.map { $0.data["is_drift"]?.int } == [0, 1])
        #expect(verdicts.map(\.status) == ["ok", "alarm"])
        #expect(verdicts.map(\.firstRow) == ["r0#0", "r4#0"])
        #expect(verdicts.map(\.lastRow) == ["r3#0", "r7#0"])
        let verdict = try #require(verdicts.last)
        #expect(verdict.event.type == EventType.drift)
        #expect(verdict.event.source == "/vedette/default/shift")
        #expect(verdict.event[extension: "causationid"] == "r7-request")
        #expect(verdict.event[extension: "correlationid"]?.hasPrefix("shift@") == true)
        #expect(verdict.event[extension: "partitionkey"] == "default/digits/default")
        #expect(verdict.event.time == Traffic.second(7))
        #expect(verdict.data["effect"]?["name"]?.string == "mean_shift")
        #expect(verdict.data["p_val"]?.array?.count == 1, "a test of features answers with arrays")
        #expect(verdict.data["rows"] == ["r7#0", "r6#0", "r5#0", "r4#0"])
    }

    @Test func `gives the same ids and bytes when it sees the same events again, and others for other rows`() throws {
        let events = try (0..<16).map { try Traffic.event("r\($0)", [$0 < 8 ? Self.zero : Self.far], at: Double($0)) }
        func run() throws -> [CloudEvent] {
            var set = Traffic.set(try Traffic.monitor())
            return try events.flatMap { try set.feed($0).map(\.event) }
        }
        let first = try run()
        #expect(first == (try run()))
        #expect(Set(first.map(\.id)).count == 4)
    }

    @Test func `says who answers for the model and where the steps are, and keeps its state when they change`() throws {
        func monitor(_ owner: String) throws -> Monitor {
            try Traffic.monitor(
                alert: "budget = \"1 per 1s\"\nowner = \"\(owner)\"\nrunbook_url = \"https://example.org/r\""
            )
        }
        var set = Traffic.set(try monitor("vision"))
        for index in 0..<3 { _ = try set.feed(Traffic.event("r\(index)", [Self.far], at: Double(index))) }
        set.add(try monitor("language"), at: Traffic.second(2))
        let verdict = try #require(try set.feed(Traffic.event("r3", [Self.far], at: 3)).first)
        #expect(verdict.meta["owner"]?.string == "language")
        #expect(verdict.meta["runbook_url"]?.string == "https://example.org/r")
        #expect(verdict.firstRow == "r0#0")
    }

    @Test func `raises no alarm below the least effect`() throws {
        var set = Traffic.set(try Traffic.monitor(alert: "budget = \"1 per 1s\"\nmin_effect = 5"))
        var verdicts: [ReadVerdict] = []
        for index in 0..<4 { verdicts += try set.feed(Traffic.event("r\(index)", [[4, 4]], at: Double(index))) }
        #expect(verdicts.first?.data["is_drift"]?.int == 1)
        #expect(verdicts.first?.status == "ok")
    }

    @Test func `raises no alarm that the budget does not allow, and spends nothing where none is possible`() throws {
        // The test answers 0.01 at the least; one alarm in 30 days gives a look after 3 seconds 6e-7.
        var set = Traffic.set(try Traffic.monitor(keys: "floor = 0.01", alert: "budget = \"1 per 30d\""))
        var verdicts: [ReadVerdict] = []
        for index in 0..<4 { verdicts += try set.feed(Traffic.event("r\(index)", [Self.far], at: Double(index))) }
        #expect(verdicts.first?.data["is_drift"]?.int == 1)
        #expect(verdicts.first?.status == "ok")
        #expect(verdicts.first?.data["alarm_level"] == .null)
        // A day later the balance is 1/30: half of it reaches 0.01.
        for index in 4..<8 {
            verdicts += try set.feed(Traffic.event("r\(index)", [Self.far], at: 86_400 + Double(index)))
        }
        #expect(verdicts.last?.status == "alarm")
    }

    // MARK: Whose traffic

    @Test func `never mixes the traffic of two models, two versions, two endpoints or two namespaces`() throws {
        // Every stream alone is clean or far; windows of 4 that mixed any two would show a mean between.
        var set = Traffic.set(
            try Traffic.monitor("digits-shift"),
            try Traffic.monitor("letters-shift", model: "letters")
        )
        struct Stream: Hashable { let model: String, version: String, endpoint: String, namespace: String }
        var streams: [Stream] = []
        for model in ["digits", "letters"] {
            for version in ["1", "2"] {
                for endpoint in ["default", "canary"] {
                    for namespace in ["default", "other"] {
                        streams.append(Stream(model: model, version: version, endpoint: endpoint, namespace: namespace))
                    }
                }
            }
        }
        var verdicts: [ReadVerdict] = []
        for round in 0..<8 {
            for (index, stream) in streams.enumerated() {
                let value = Float(index)
                verdicts += try set.feed(
                    Traffic.event(
                        "\(index)-\(round)",
                        [[value, value]],
                        model: stream.model,
                        namespace: stream.namespace,
                        version: stream.version,
                        endpoint: stream.endpoint,
                        at: Double(round)
                    )
                )
            }
        }
        #expect(verdicts.count == 16, "eight streams of the namespace default, two windows each")
        for verdict in verdicts {
            let stream = Stream(
                model: verdict.event[extension: "model"] ?? "",
                version: verdict.event[extension: "modelversion"] ?? "",
                endpoint: verdict.event[extension: "endpoint"] ?? "",
                namespace: verdict.event[extension: "namespace"] ?? ""
            )
            let index = try #require(streams.firstIndex(of: stream))
            #expect(verdict.data["effect"]?["value"]?.double == Double(index))
            #expect(verdict.data["monitor"]?.string == "\(stream.model)-shift")
            #expect(verdict.firstRow?.hasPrefix("\(index)-") == true && verdict.lastRow?.hasPrefix("\(index)-") == true)
        }
    }

    @Test func `watches only the version, endpoint and component that it names`() throws {
        var set = Traffic.set(
            try Traffic.monitor(
                selection: "version = \"2\"\nendpoint = \"canary\"\ncomponent = \"transformer\"",
                window: "{ size = 1 }"
            )
        )
        var heard = 0
        for version in ["1", "2"] {
            for endpoint in ["default", "canary"] {
                for component in ["predictor", "transformer"] {
                    heard += try set.feed(
                        Traffic.event(
                            "\(version)\(endpoint)\(component)",
                            [Self.zero],
                            version: version,
                            endpoint: endpoint,
                            at: 0,
                            extensions: ["component": .string(component)]
                        )
                    ).count
                }
            }
        }
        #expect(heard == 1)
    }

    @Test func `joins request and response in any order and judges the exchange once`() throws {
        for responsesFirst in [false, true] {
            var set = Traffic.set(try Traffic.monitor(selection: "input = \"x\"\noutput = \"y\""))
            var verdicts: [ReadVerdict] = []
            for step in 0..<2 {
                for index in 0..<4 {
                    let isResponse = (step == 1) != responsesFirst
                    verdicts += try set.feed(
                        Traffic.event("r\(index)", [Self.far], response: isResponse, at: Double(step * 4 + index))
                    )
                }
            }
            #expect(verdicts.count == 1)
            #expect(verdicts.first?.rowCount == 4)
            #expect(verdicts.first?.event[extension: "causationid"] == "r3-response", "whichever half came last")
        }
    }

    @Test func `counts halves without the other and judges none of them`() throws {
        var set = Traffic.set(try Traffic.monitor(selection: "input = \"x\"\noutput = \"y\"\njoin_within = \"10s\""))
        for index in 0..<8 { #expect(try set.feed(Traffic.event("r\(index)", [Self.far], at: Double(index))).isEmpty) }
        _ = try set.tick(at: 100)
        #expect(set.monitors["shift"]?.unpairedHalves == 8)
    }

    @Test func `leaves rows that were kept by a rule out of its windows`() throws {
        var set = Traffic.set(try Traffic.monitor())
        for index in 0..<8 {
            let rule: [String: CloudEventValue] = index % 2 == 0 ? [:] : ["samplereason": "rule", "sampledrate": 1]
            let verdicts = try set.feed(
                Traffic.event("r\(index)", [index % 2 == 0 ? Self.zero : Self.far], at: Double(index), extensions: rule)
            )
            if index == 6 { #expect(verdicts.first?.data["is_drift"]?.int == 0) } else { #expect(verdicts.isEmpty) }
        }
        #expect(set.monitors["shift"]?.counts.untestedRows == 4)
    }

    // MARK: What enters

    @Test func `excludes what it cannot read, says so once a minute, and calls no such window ok`() throws {
        var set = Traffic.set(try Traffic.monitor())
        var verdicts: [ReadVerdict] = []
        verdicts += try set.feed(Traffic.event("bad1", [[1, 2, 3]], at: 0))
        verdicts += try set.feed(Traffic.event("bad2", [[1, 2, 3], [1, 2, 3]], at: 1))
        verdicts += try set.feed(Traffic.event("bad3", [Self.zero], at: 2, data: Array("{\"inputs\": [".utf8)))
        for index in 0..<4 { verdicts += try set.feed(Traffic.event("r\(index)", [Self.zero], at: 3 + Double(index))) }
        #expect(verdicts.map(\.status) == ["insufficient"])
        #expect(verdicts.first?.data["message"]?.string == "4 of 8 rows could not be read")
        let quality = try set.tick(at: 61)
        #expect(quality.map(\.event.type) == [EventType.quality, EventType.quality])
        #expect(quality.map { $0.data["reason"]?.string } == ["wrong_shape", "undecodable"])
        #expect(quality.map { $0.data["count"]?.int } == [3, 1])
        #expect(quality.first?.data["request_ids"] == ["bad1", "bad2"])
        #expect(try set.tick(at: 200).isEmpty)
    }

    @Test func `lets rows with missing values enter, and leaves them to the test`() throws {
        var set = Traffic.set(try Traffic.monitor())
        var verdicts: [ReadVerdict] = []
        let body =
            #"{"inputs": [{"name": "x", "datatype": "FP32", "shape": [4, 2], "data": [9, NaN, 9, 9, NaN, NaN, 9, 9]}]}"#
        verdicts += try set.feed(Traffic.event("r", [Self.zero], at: 0, data: Array(body.utf8)))
        verdicts += try set.tick(at: 61)
        #expect(verdicts.map(\.rowCount) == [4])
        #expect(verdicts.first?.data["effect"]?["value"]?.double == 9)
    }

    @Test func `leaves rows with missing values out of a test that takes rows as a whole, and counts them`() throws {
        var set = Traffic.set(try Traffic.monitor(keys: "by_column = false"))
        var verdicts: [ReadVerdict] = []
        let body =
            #"{"inputs": [{"name": "x", "datatype": "FP32", "shape": [4, 2], "data": [0, NaN, 0, 0, NaN, NaN, 0, 0]}]}"#
        verdicts += try set.feed(Traffic.event("r", [Self.zero], at: 0, data: Array(body.utf8)))
        #expect(set.monitors["shift"]?.counts.rows == 2 && set.monitors["shift"]?.counts.excludedRows == 2)
        verdicts += try set.feed(Traffic.event("s", [Self.zero, Self.zero], at: 1))
        #expect(verdicts.map(\.status) == ["insufficient"])
        let quality = try set.tick(at: 61)
        #expect(quality.map { $0.data["reason"]?.string } == ["missing_value"])
    }

    @Test func `takes an empty batch for a question without rows`() throws {
        var set = Traffic.set(try Traffic.monitor())
        #expect(try set.feed(Traffic.event("r", [], at: 0)).isEmpty)
        #expect(try set.tick(at: 100).isEmpty)
    }

    @Test func `judges no response that reports a failure`() throws {
        var set = Traffic.set(try Traffic.monitor(selection: "input = \"x\"\noutput = \"y\""))
        for index in 0..<4 {
            _ = try set.feed(Traffic.event("r\(index)", [Self.far], at: Double(index)))
            let failed: [String: CloudEventValue] = ["statuscode": 500]
            #expect(
                try set.feed(
                    Traffic.event(
                        "r\(index)",
                        [],
                        response: true,
                        at: Double(index),
                        extensions: failed,
                        data: Array("{}".utf8)
                    )
                ).isEmpty
            )
        }
        #expect(set.monitors["shift"]?.counts.failedResponses == 4)
        #expect(try set.tick(at: 300).isEmpty, "nothing was excluded, nothing waits")
        #expect(set.monitors["shift"]?.unpairedHalves == 0)
    }

    @Test func `says that too few rows came when the time is up`() throws {
        var set = Traffic.set(try Traffic.monitor(window: "{ size = 4, min_size = 3, at_most = \"60s\" }"))
        _ = try set.feed(Traffic.event("r0", [Self.far], at: 0))
        #expect(try set.tick(at: 59).isEmpty)
        let verdicts = try set.tick(at: 60)
        #expect(verdicts.map(\.status) == ["insufficient"])
        #expect(verdicts.first?.data["is_drift"] == .null)
    }

    @Test func `tells once that the model has traffic and it has no rows`() throws {
        var set = Traffic.set(try Traffic.monitor(alert: "max_silence = \"5m\""))
        _ = try set.feed(Traffic.event("r0", [Self.zero], at: 0))
        #expect(try set.tick(at: 400).isEmpty, "no traffic at all is no silence of the monitor")
        _ = try set.feed(Traffic.event("r1", [Self.zero], response: true, at: 401))
        let verdicts = try set.tick(at: 402)
        #expect(verdicts.map { $0.data["reason"]?.string } == ["silence"])
        #expect(try set.tick(at: 500).isEmpty)
    }

    @Test func `tells of silence where no row ever came, and of the next one after rows came again`() throws {
        for rule in ["max_silence = \"5m\"", "max_silence = \"auto\""] {
            var set = Traffic.set(try Traffic.monitor(alert: rule))
            for second in [0.0, 200, 299] {
                #expect(try set.feed(Traffic.event("r\(second)", [Self.zero], response: true, at: second)).isEmpty)
            }
            var told = try set.tick(at: 301)
            #expect(told.map { $0.data["reason"]?.string } == ["silence"] && told.first?.status == "alarm")
            #expect(told.first?.data["start"]?.string == Traffic.second(0).rfc3339)
            #expect(try set.tick(at: 600).isEmpty)
            _ = try set.feed(Traffic.event("row", [Self.zero], at: 700))
            _ = try set.feed(Traffic.event("late", [Self.zero], response: true, at: 701))
            told = try set.tick(at: 1001)
            #expect(told.map { $0.data["start"]?.string } == [Traffic.second(700).rfc3339])
        }
        var off = Traffic.set(try Traffic.monitor(alert: "max_silence = \"off\""))
        for second in [0.0, 200] {
            _ = try off.feed(Traffic.event("r\(second)", [Self.zero], response: true, at: second))
        }
        #expect(try off.tick(at: 100_000).isEmpty)
    }

    @Test func `counts at most 5 % of unreadable rows as harmless`() throws {
        for (bad, status) in [(1, "ok"), (2, "insufficient")] {
            var set = Traffic.set(try Traffic.monitor(window: "{ size = 19 }"))
            for index in 0..<bad { _ = try set.feed(Traffic.event("bad\(index)", [[1, 2, 3]], at: 0)) }
            var verdicts: [ReadVerdict] = []
            for index in 0..<19 { verdicts += try set.feed(Traffic.event("r\(index)", [Self.zero], at: 1)) }
            #expect(verdicts.map(\.status) == [status], "1 of 20 is 5 %, 2 of 21 are more")
        }
    }

    @Test func `names twenty requests of a minute and counts all, by reason`() throws {
        var set = Traffic.set(try Traffic.monitor())
        for index in 0..<30 { _ = try set.feed(Traffic.event("bad\(index)", [[1, 2, 3]], at: Double(index))) }
        for index in 30..<33 {
            _ = try set.feed(Traffic.event("bad\(index)", [], at: Double(index), data: Array("{".utf8)))
        }
        let first = try set.feed(Traffic.event("next", [[1, 2, 3]], at: 61))
        #expect(first.map { $0.data["reason"]?.string } == ["wrong_shape", "undecodable"])
        #expect(first.map { $0.data["count"]?.int } == [30, 3])
        #expect(first.first?.data["request_ids"]?.array?.map(\.string) == (0..<20).map { "bad\($0)" })
        let second = try set.tick(at: 130)
        #expect(second.map { $0.data["count"]?.int } == [1])
        #expect(Set((first + second).map(\.event.id)).count == 3)
    }

    // MARK: Instances

    @Test func `judges instances one by one, batch by batch, and never raises an alarm for one`() throws {
        var set = Traffic.set(
            try Traffic.monitor("ceiling", method: "Ceiling", window: "{ size = 100 }", kind: .outlier)
        )
        let verdicts = try set.feed(Traffic.event("r", [[1, 0], [7, 0], [2, 0]], at: 0))
        #expect(verdicts.count == 1)
        let verdict = try #require(verdicts.first)
        #expect(verdict.event.type == EventType.outlier)
        #expect(verdict.data["is_outlier"] == [0, 1, 0])
        #expect(verdict.data["instance_score"]?.array?.compactMap(\.double) == [1, 7, 2])
        #expect(verdict.data["rows"] == [0, 1, 2])
        #expect(verdict.status == "ok")
        #expect(verdict.event[extension: "requestid"] == "r")
        #expect(verdict.event[extension: "causationid"] == "r-request")
    }

    @Test func `raises an alarm for a share of flagged rows that was not promised`() throws {
        var set = Traffic.set(
            try Traffic.monitor("ceiling", method: "Ceiling", window: "{ size = 20 }", rows: 400, kind: .outlier)
        )
        var windows: [ReadVerdict] = []
        for index in 0..<40 {
            let value: Float = index < 20 ? (index == 3 ? 7 : 0) : (index % 2 == 0 ? 7 : 0)
            windows += try set.feed(Traffic.event("r\(index)", [[value, 0]], at: Double(index))).filter {
                $0.data["window"] != .null
            }
        }
        #expect(windows.map(\.status) == ["ok", "alarm"])
        let shares = windows.compactMap { $0.data["effect"]?["value"]?.double }
        #expect(windows[0].data["rows"] == ["r3#0"])
        #expect(
            windows[1].data["rows"]?.array?.map(\.string) == stride(from: 38, through: 20, by: -2).map { "r\($0)#0" }
        )
        #expect(shares.count == 2 && abs(shares[0]) < 1e-12 && abs(shares[1] - 0.45) < 1e-12)  // 0.05 was promised
    }

    @Test func `leaves rows with missing values out where the method needs all of a row`() throws {
        var set = Traffic.set(
            try Traffic.monitor("ceiling", method: "Ceiling", window: "{ size = 100 }", kind: .outlier)
        )
        let body = #"{"inputs": [{"name": "x", "datatype": "FP32", "shape": [3, 2], "data": [1, 0, NaN, 0, 7, 0]}]}"#
        var verdicts = try set.feed(Traffic.event("r", [Self.zero], at: 0, data: Array(body.utf8)))
        #expect(verdicts.first?.data["rows"] == [0, 2])
        #expect(verdicts.first?.data["is_outlier"] == [0, 1])
        verdicts = try set.tick(at: 61)
        #expect(verdicts.map { $0.data["reason"]?.string } == ["missing_value"])
    }
}
