import CloudEvents
import EventStore
import JSON
import TestSupport
import Testing

/// What every event store must do, whatever keeps it; each check gets a new store.
struct EventStoreConformance {
    let store: any EventStore

    /// One thing that a store must do.
    struct Check: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let run: @Sendable (EventStoreConformance) async throws -> Void

        init(_ name: String, _ run: @escaping @Sendable (EventStoreConformance) async throws -> Void) {
            testDescription = name
            self.run = run
        }
    }

    /// All of it.
    static let checks = [
        Check("joins the parts of an exchange in every order") { try await $0.joinsInEveryOrder() },
        Check("opens attempts for a used request id") { try await $0.opensAttempts() },
        Check("tells attempts of one event id by time") { try await $0.tellsAttemptsOfOneEventIDByTime() },
        Check("matches answers by their beginning") { try await $0.matchesAnswersByTheirBeginning() },
        Check("keeps models apart") { try await $0.keepsModelsApart() },
        Check("learns the model from the answer") { try await $0.learnsTheModelFromTheAnswer() },
        Check("shows what came early") { try await $0.showsWhatCameEarly() },
        Check("narrows to rows") { try await $0.narrowsToRows() },
        Check("pages while others arrive") { try await $0.pagesWhileOthersArrive() },
        Check("filters exchanges") { try await $0.filtersExchanges() },
        Check("lists events") { try await $0.listsEvents() },
        Check("keeps payloads whole") { try await $0.keepsPayloadsWhole() },
        Check("keeps all of a transaction or nothing") { try await $0.keepsAllOrNothing() },
        Check("is idempotent") { try await $0.isIdempotent() },
        Check("keeps one unclosed alert per key") { try await $0.keepsOneUnclosedAlertPerKey() },
        Check("remembers errands") { try await $0.remembersErrands() },
        Check("lists incidents with their alerts") { try await $0.listsIncidents() },
        Check("erases what is about a request, and nothing else") { try await $0.erases() },
        Check("finds the flagged rows of a window") { try await $0.findsFlaggedRowsOfAWindow() },
        Check("counts by model version") { try await $0.countsByModelVersion() },
        Check("counts traffic by step") { try await $0.countsTrafficByStep() },
        Check("scales traffic by what a recorded exchange stands for") { try await $0.scalesTrafficBySampling() },
        Check("keeps the latencies of each step") { try await $0.keepsLatencies() },
        Check("counts each exchange once, where it ended up") { try await $0.countsEachExchangeOnce() },
        Check("keeps counts when what was counted is gone") { try await $0.keepsCountsOfWhatIsGone() },
        Check("finds the exchanges of a trace") { try await $0.findsTraces() },
        Check("deletes payloads before rows") { try await $0.deletesPayloadsBeforeRows() },
        Check("trims the oldest") { try await $0.trimsTheOldest() },
        Check("keeps whatever texts come") { try await $0.keepsWhateverTextsCome() },
        Check("adds events in one run as it does one by one") { try await $0.addsRunsAsSingles() },
    ]

    static let arrival = Timestamp(seconds: 1_700_000_000)

    /// A request or response of `digits`.
    static func half(
        _ type: String,
        request: String,
        id: String? = nil,
        at seconds: Double = 0,
        model: String? = "digits",
        extensions: [String: CloudEventValue] = [:],
        data: String = #"{"inputs":[]}"#
    ) throws -> ClassifiedEvent {
        var all = extensions
        all["requestid"] = .string(request)
        if let model { all["model"] = .string(model) }
        return ClassifiedEvent(
            try CloudEvent(
                id: id ?? "\(request)-\(type.suffix(8))",
                source: "/vedette/default/tap",
                type: type,
                time: arrival + .seconds(seconds),
                dataContentType: "application/json",
                extensions: all,
                data: Array(data.utf8)
            ),
            arrivedAt: arrival + .seconds(seconds)
        )
    }

    static func request(_ id: String, event: String? = nil, at seconds: Double = 0) throws -> ClassifiedEvent {
        try half(EventType.inferenceRequest, request: id, id: event, at: seconds)
    }

    static func response(_ id: String, event: String? = nil, at seconds: Double = 0.01) throws -> ClassifiedEvent {
        try half(
            EventType.inferenceResponse,
            request: id,
            id: event,
            at: seconds,
            extensions: ["statuscode": .integer(200), "latencyms": .string("10")]
        )
    }

    static func remark(
        _ type: String,
        request: String?,
        id: String,
        extensions: [String: CloudEventValue] = [:],
        data: JSONValue
    ) throws -> ClassifiedEvent {
        var all = extensions
        if let request { all["requestid"] = .string(request) }
        return ClassifiedEvent(
            try CloudEvent(
                id: id,
                source: "/vedette/default/monitor",
                type: type,
                dataContentType: "application/json",
                extensions: all,
                data: data.serialized()
            ),
            arrivedAt: arrival
        )
    }

    static func outlier(_ request: String, rows: [Int] = [0], flags: [Int] = [1], model: String? = "digits") throws
        -> ClassifiedEvent
    {
        try remark(
            EventType.outlier,
            request: request,
            id: "outlier-\(request)-\(rows)",
            extensions: model.map { ["model": .string($0)] } ?? [:],
            data: [
                "data": [
                    "monitor": "digits-outlier", "status": "ok",
                    "rows": .array(rows.map { .integer(Int64($0)) }),
                    "is_outlier": .array(flags.map { .integer(Int64($0)) }),
                ]
            ]
        )
    }

    @discardableResult
    func insert(_ records: [ClassifiedEvent], position: UInt64? = nil) async throws -> [Insertion] {
        try await store.write { transaction in
            let insertions = try transaction.insert(records)
            if let position { try transaction.setPosition(position) }
            return insertions
        }
    }

    // MARK: Exchanges

    /// Request, response, verdict, explanation and label make one document in every order of arrival.
    func joinsInEveryOrder() async throws {
        for (index, order) in Self.permutations(of: [0, 1, 2, 3, 4]).enumerated() {
            let id = "r\(index)"
            let parts = [
                try Self.request(id),
                try Self.response(id),
                try Self.outlier(id),
                try Self.remark(EventType.explanation, request: id, id: "explanation-\(id)", data: ["data": [:]]),
                try Self.remark(
                    EventType.feedback,
                    request: nil,
                    id: "label-\(id)",
                    data: ["requestid": .string(id), "row": 0, "label": 3]
                ),
            ]
            for place in order { try await insert([parts[place]]) }
            let documents = try await store.exchanges(requestID: id)
            #expect(documents.count == 1, "order \(order)")
            let document = try #require(documents.first)
            #expect(document.request?.event.id == parts[0].event.id)
            #expect(document.response?.event.id == parts[1].event.id)
            #expect(document.verdicts.count == 1 && document.explanations.count == 1 && document.labels.count == 1)
            #expect(document.flags == ["outlier"], "order \(order)")
            #expect(document.statusCode == 200 && document.attempt == 1)
        }
        let flagged = try await store.exchanges(ExchangeQuery(verdict: "outlier", limit: 1000))
        #expect(flagged.items.count == 120)
    }

    /// The same key with another event opens the next attempt; a redelivery does not.
    func opensAttempts() async throws {
        let first = try await insert([
            try Self.request("r", event: "a", at: 0), try Self.response("r", event: "b", at: 0.01),
        ])
        #expect(first.allSatisfy { if case .stored(_, false) = $0 { true } else { false } })
        let second = try await insert([
            try Self.request("r", event: "a", at: 0), try Self.request("r", event: "c", at: 5),
        ])
        #expect(second[0] == .duplicate)
        guard case .stored(_, true) = second[1] else {
            Issue.record("reuse of a request id is told, but got \(second[1])")
            return
        }
        try await insert([try Self.response("r", event: "d", at: 5.01)])
        let attempts = try await store.exchanges(requestID: "r")
        #expect(attempts.map(\.attempt) == [1, 2])
        #expect(attempts.map { $0.request?.event.id } == ["a", "c"])
        #expect(attempts.map { $0.response?.event.id } == ["b", "d"])
    }

    /// KServe gives both halves one id, and a client may use it again: the time tells the attempts apart.
    func tellsAttemptsOfOneEventIDByTime() async throws {
        func kserve(_ type: String, at seconds: Double) throws -> ClassifiedEvent {
            ClassifiedEvent(
                try CloudEvent(
                    id: "1",
                    source: "http://localhost:9081/",
                    type: type,
                    time: Self.arrival + .seconds(seconds),
                    extensions: ["inferenceservicename": "iris", "namespace": "prod"],
                    data: []
                ),
                arrivedAt: Self.arrival
            )
        }
        for start in [0.0, 10] {
            try await insert([
                try kserve(EventType.KServe.inferenceRequest, at: start),
                try kserve(EventType.KServe.inferenceResponse, at: start + 1),
            ])
        }
        try await insert([try kserve(EventType.KServe.inferenceRequest, at: 0)])
        let attempts = try await store.exchanges(requestID: "1")
        #expect(attempts.map(\.attempt) == [1, 2])
        #expect(attempts.allSatisfy { $0.request != nil && $0.response != nil && $0.key.model == "iris" })
    }

    /// Answers to two open attempts find the one that began when they say, in whatever order they come.
    func matchesAnswersByTheirBeginning() async throws {
        try await insert([
            try Self.request("r", event: "q1", at: 0), try Self.request("r", event: "q2", at: 1),
            try Self.response("r", event: "a2", at: 1.01), try Self.response("r", event: "a1", at: 0.01),
        ])
        let attempts = try await store.exchanges(requestID: "r")
        #expect(attempts.map { $0.response?.event.id } == ["a1", "a2"])
    }

    /// One request id at two models or namespaces is two exchanges, and a verdict goes to the one that it names.
    func keepsModelsApart() async throws {
        for model in ["digits", "letters"] {
            try await insert([try Self.half(EventType.inferenceRequest, request: "r", id: model, model: model)])
        }
        try await insert([try Self.outlier("r", model: "letters")])
        let documents = try await store.exchanges(requestID: "r")
        #expect(documents.count == 2)
        #expect(documents.first { $0.key.model == "digits" }?.verdicts.isEmpty == true)
        #expect(documents.first { $0.key.model == "letters" }?.flags == ["outlier"])
        #expect(try await store.exchanges(ExchangeQuery(model: "digits", verdict: "outlier")).items.isEmpty)
    }

    /// A half that does not know its model meets the one that does.
    func learnsTheModelFromTheAnswer() async throws {
        try await insert([
            try Self.half(EventType.inferenceRequest, request: "r", id: "q", model: nil),
            try Self.half(
                EventType.inferenceResponse,
                request: "r",
                id: "a",
                at: 1,
                model: nil,
                data: #"{"model_name":"digits"}"#
            ),
        ])
        let documents = try await store.exchanges(requestID: "r")
        #expect(documents.map(\.key.model) == ["digits"])
        #expect(documents.first?.response != nil)
        #expect(try await store.models().map(\.model) == ["digits"])
    }

    /// What is said before the request comes can be seen already.
    func showsWhatCameEarly() async throws {
        try await insert([try Self.outlier("r")])
        let early = try await store.exchanges(requestID: "r")
        #expect(early.count == 1 && early.first?.verdicts.count == 1 && early.first?.request == nil)
        #expect(try await store.exchanges(ExchangeQuery()).items.isEmpty)
    }

    /// Rows are addressed, and what names no row concerns all of them.
    func narrowsToRows() async throws {
        try await insert([
            try Self.request("r"), try Self.outlier("r", rows: [0, 1, 2], flags: [0, 0, 1]),
            try Self.remark(EventType.feedback, request: "r#2", id: "l2", data: ["label": 1]),
            try Self.remark(EventType.feedback, request: "r", id: "l0", data: ["row": 0, "label": 1]),
        ])
        let document = try #require(try await store.exchanges(requestID: "r").first)
        #expect(document.labels.count == 2)
        #expect(document.narrowed(toRow: 2).labels.map(\.event.id) == ["l2"])
        #expect(document.narrowed(toRow: 1).verdicts.count == 1)
        #expect(document.narrowed(toRow: 7).verdicts.isEmpty)
        #expect(document.verdicts.first?.record.flaggedRows == [2])
    }

    // MARK: Lists

    /// Pages show every exchange once, in order, though others arrive meanwhile.
    func pagesWhileOthersArrive() async throws {
        // Equal times, so that only the sequence orders them.
        try await insert((0..<25).map { try Self.request("r\($0)", at: Double($0 / 10)) })
        var seen: [String] = []
        var cursor: PageCursor?
        repeat {
            let page = try await store.exchanges(ExchangeQuery(limit: 4, cursor: cursor))
            seen += page.items.map(\.key.requestID)
            cursor = page.next
            try await insert([try Self.request("late\(seen.count)", at: 100)])
        } while cursor != nil
        #expect(seen == (0..<25).reversed().map { "r\($0)" })
    }

    func filtersExchanges() async throws {
        try await insert(try (0..<10).map { try Self.request("r\($0)", at: Double($0)) })
        try await insert([try Self.half(EventType.inferenceRequest, request: "x", model: "letters")])
        let window = ExchangeQuery(
            model: "digits",
            since: Self.arrival + .seconds(3),
            until: Self.arrival + .seconds(6),
            limit: 100
        )
        #expect(try await store.exchanges(window).items.map(\.key.requestID) == ["r5", "r4", "r3"])
        #expect(try await store.exchanges(ExchangeQuery(namespace: "other")).items.isEmpty)
        let error = await #expect(throws: EventStoreError.self) {
            _ = try await store.exchanges(ExchangeQuery(verdict: "'; DROP TABLE events"))
        }
        #expect(error?.code == .badQuery)
    }

    func listsEvents() async throws {
        try await insert([
            try Self.request("r1"), try Self.response("r1"), try Self.outlier("r1"), try Self.request("r2"),
        ])
        let all = try await store.events(EventQuery(order: .oldestFirst, limit: 3))
        #expect(all.items.map(\.sequence) == [1, 2, 3])
        let rest = try await store.events(EventQuery(order: .oldestFirst, limit: 3, cursor: all.next))
        #expect(rest.items.map(\.sequence) == [4] && rest.next == nil)
        #expect(try await store.events(EventQuery(requestID: "r1")).items.map(\.sequence) == [3, 2, 1])
        #expect(try await store.events(EventQuery(kinds: [.verdict], flaggedOnly: true)).items.count == 1)
        #expect(try await store.events(EventQuery(monitor: "digits-outlier")).items.count == 1)
        #expect(try await store.events(EventQuery(kinds: [.verdict], isAboutRequest: true)).items.count == 1)
        #expect(try await store.events(EventQuery(kinds: [.verdict], isAboutRequest: false)).items.isEmpty)
        #expect(try await store.events(EventQuery(ids: ["outlier-r1-[0]"])).items.count == 1)
        #expect(try await store.newestSequence() == 4)
    }

    /// Whatever bytes the data holds come back as they came, with every attribute.
    func keepsPayloadsWhole() async throws {
        let event = try CloudEvent(
            id: "ünï\"<#%",
            source: "/a?b=c",
            type: "com.example.other",
            subject: "s",
            time: try Timestamp(rfc3339: "2026-11-25T10:00:05.123456789Z"),
            dataContentType: "application/octet-stream",
            dataSchema: "https://example.com/s",
            extensions: ["flag": .boolean(true), "count": .integer(-7), "note": .string("käse")],
            data: (0...255).map { UInt8($0) }
        )
        let empty = try CloudEvent(id: "e", source: "/a", type: "t", data: [])
        let none = try CloudEvent(id: "n", source: "/a", type: "t")
        var random = SplitMix(seed: 3)
        let noise = (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let text = Array(String(repeating: "0.25, ", count: 200_000).utf8)
        let large = try [("noise", noise), ("text", text), ("short", Array(text.prefix(1000)))].map { id, data in
            try CloudEvent(id: id, source: "/a", type: "t", data: data)
        }
        for event in [event, empty, none] + large {
            try await insert([ClassifiedEvent(event, arrivedAt: Self.arrival)])
            let found = try #require(try await store.events(EventQuery(limit: 1)).items.first)
            #expect(found.event.id == event.id)
            #expect(found.event.data == event.data)
            #expect(found.event.time == event.time)
            #expect(found.event[extension: "count"] == event[extension: "count"])
            #expect(found.record.arrivedAt == Self.arrival)
        }
    }

    /// Names that are long, hold quotes or NUL, or look like SQL do no harm, to themselves or to what comes after.
    func keepsWhateverTextsCome() async throws {
        let names = [String(repeating: "ü", count: 4000), "a\"b\\c,{}", "'; DROP TABLE events; --", "NULL", "%s$1"]
        for (index, name) in names.enumerated() {
            try await insert([
                try Self.half(EventType.inferenceRequest, request: "r\(index)", id: "\(index)\(name)", model: name),
                try Self.remark(
                    EventType.feedback,
                    request: "r\(index)",
                    id: name,
                    extensions: ["model": .string(name)],
                    data: ["label": 1]
                ),
            ])
            let document = try #require(try await store.exchanges(ExchangeQuery(model: name)).items.first)
            #expect(document.key.model == name && document.labels.count == 1)
            #expect(try await store.events(EventQuery(kinds: [.label], ids: [name])).items.count == 1)
        }
        let body = #"{"model_name":"a\u0000b"}"#  // no text of every store can hold this character
        try await insert([try Self.half(EventType.inferenceResponse, request: "nul", model: nil, data: body)])
        #expect(try await store.exchanges(requestID: "nul").first?.response?.event.data == Array(body.utf8))
        // What the store has of the first and what comes of the second are one model, also where they are counted.
        try await insert([
            try Self.half(EventType.inferenceRequest, request: "nul", id: "nul-q", model: nil),
            try Self.half(EventType.inferenceResponse, request: "nul2", id: "nul-a", model: nil, data: body),
        ])
        #expect(try await store.exchanges(requestID: "nul").first?.request != nil)
        #expect(try await store.exchanges(requestID: "nul2").count == 1)
        #expect(Set(try await store.models().map(\.model)).isSuperset(of: names))
    }

    /// A run of events is kept as if each had come by itself: attempts, flags, counts and repetitions.
    func addsRunsAsSingles() async throws {
        let run = [
            try Self.outlier("r"), try Self.request("r", event: "a"), try Self.response("r", event: "b"),
            try Self.request("r", event: "a"), try Self.request("r", event: "c", at: 5), try Self.outlier("s"),
            try Self.request("s"), try Self.response("r", event: "d", at: 5.01), try Self.outlier("s"),
        ]
        let insertions = try await insert(run)
        #expect(insertions.indices.filter { insertions[$0] == .duplicate } == [3, 8])
        let stored = insertions.compactMap {
            if case .stored(let sequence, let reused) = $0 { (sequence, reused) } else { nil }
        }
        #expect(stored.map(\.1) == [false, false, false, true, false, false, false])
        #expect(zip(stored, stored.dropFirst()).allSatisfy { $0.0 < $1.0 }, "numbers have the order of arrival")
        let attempts = try await store.exchanges(requestID: "r")
        #expect(attempts.map(\.attempt) == [1, 2])
        #expect(attempts.map { $0.request?.event.id } == ["a", "c"])
        #expect(attempts.map { $0.response?.event.id } == ["b", "d"])
        #expect(attempts.map(\.flags) == [["outlier"], []])
        #expect(try await store.exchanges(requestID: "s").first?.flags == ["outlier"])
        let summary = try #require(try await store.models().first)
        #expect(summary.exchanges == 3 && summary.flagged == ["outlier": 2])
        #expect(try await store.newestSequence() == stored.last?.0)
    }

    // MARK: Transactions

    /// A transaction that fails leaves nothing, the position included.
    func keepsAllOrNothing() async throws {
        struct Stop: Error {}
        try await insert([try Self.request("r1")], position: 7)
        await #expect(throws: Stop.self) {
            try await store.write { transaction in
                _ = try transaction.insert([Self.request("r2")])
                try transaction.setPosition(8)
                throw Stop()
            }
        }
        #expect(try await store.position() == 7)
        #expect(try await store.events(EventQuery()).items.count == 1)
        #expect(try await store.models().map(\.exchanges) == [1])
        #expect(try await store.makeDurable() == 7)
    }

    /// The same records again, as after a kill, change nothing.
    func isIdempotent() async throws {
        let records = [try Self.request("r"), try Self.response("r"), try Self.outlier("r")]
        try await insert(records, position: 3)
        let again = try await insert(records, position: 3)
        #expect(again == [.duplicate, .duplicate, .duplicate])
        #expect(try await store.exchanges(requestID: "r").count == 1)
        #expect(try await store.models().map(\.exchanges) == [1])
    }

    // MARK: Alerts and errands

    func keepsOneUnclosedAlertPerKey() async throws {
        let key = Alert.Key(namespace: "n", model: "m", endpoint: "e", monitor: "mon")
        var first = Alert(id: "a1", key: key, kind: "drift", openedAt: Self.arrival, updatedAt: Self.arrival)
        try await save(first)
        let second = Alert(id: "a2", key: key, kind: "drift", openedAt: Self.arrival, updatedAt: Self.arrival)
        await #expect(throws: (any Error).self) { try await save(second) }
        #expect(try await store.openAlertCounts() == [OpenAlertCount(kind: "drift", severity: .warning, count: 1)])
        first.state = .closed
        try await save(first)
        try await save(second)
        let (unclosed, closed) = try await store.write { transaction in
            (try transaction.unclosedAlert(for: key), try transaction.lastClosedAlert(for: key))
        }
        #expect(unclosed == second && closed == first)
        #expect(try await store.alerts(AlertQuery(states: [.open])).items.map(\.id) == ["a2"])
        #expect(try await store.alerts(AlertQuery(model: "m", kind: "drift", limit: 1)).next != nil)
        #expect(try await store.alerts(AlertQuery(kind: "outlier")).items.isEmpty)
        #expect(try await store.alert(id: "a1") == first)
        #expect(try await store.alert(id: "none") == nil)
    }

    private func save(_ alert: Alert) async throws {
        try await store.write { transaction in try transaction.save(alert) }
    }

    func listsIncidents() async throws {
        func alert(_ name: String, _ seconds: Double, incident: String? = nil, model: String = "m") -> Alert {
            let time = Self.arrival + .seconds(seconds)
            let key = Alert.Key(namespace: "n", model: model, endpoint: "e", monitor: name)
            return Alert(
                id: "alert-\(name)",
                key: key,
                kind: "drift",
                openedAt: time,
                updatedAt: time,
                incident: incident
            )
        }
        var a = alert("a", 1)
        let b = alert("b", 2, incident: a.incident, model: "other")
        var c = alert("c", 3)
        for alert in [a, b, c] { try await save(alert) }
        let all = try await store.incidents(IncidentQuery()).items
        #expect(all.map(\.id) == ["incident-c", "incident-a"])
        #expect(all.map { $0.alerts.map(\.id) } == [["alert-c"], ["alert-a", "alert-b"]])
        let first = try await store.incidents(IncidentQuery(limit: 1))
        #expect(first.items.map(\.id) == ["incident-c"])
        let rest = try await store.incidents(IncidentQuery(limit: 1, cursor: first.next))
        #expect(rest.items.map(\.id) == ["incident-a"] && rest.next == nil)
        #expect(try await store.incidents(IncidentQuery(model: "other")).items.map(\.alerts.count) == [2])
        #expect(try await store.incidents(IncidentQuery(namespace: "elsewhere")).items.isEmpty)
        #expect(try await store.incidents(IncidentQuery(id: "incident-c")).items.map(\.id) == ["incident-c"])
        for closed in [c, a] {
            var closed = closed
            closed.state = .closed
            try await save(closed)
            if closed.id == "alert-a" { a = closed } else { c = closed }
        }
        #expect(try await store.incidents(IncidentQuery(isActive: true)).items.first?.alerts == [a, b])
        #expect(try await store.incidents(IncidentQuery(isActive: false)).items.map(\.alerts) == [[c]])
        let since = Self.arrival + .seconds(2)
        let changed = try await store.write { try $0.alerts(namespace: "n", changedSince: since).map(\.id) }
        #expect(changed == ["alert-c", "alert-b"])
    }

    func erases() async throws {
        try await insert([
            try Self.request("r1"), try Self.response("r1"), try Self.request("r2"), try Self.outlier("r1"),
            try Self.outlier("r2"),
        ])
        let entry = AuditEntry(
            id: "audit-1",
            time: Self.arrival,
            action: .erase,
            subject: "r1",
            person: "ada",
            isNameProven: true,
            role: "admin",
            way: "token"
        )
        let count = try await store.write { transaction in
            _ = try transaction.insert(ClassifiedEvent(try entry.event(), arrivedAt: Self.arrival))
            return try transaction.erase(requestID: "r1")
        }
        #expect(count == 3)
        #expect(try await store.exchanges(requestID: "r1").isEmpty)
        #expect(try await store.exchanges(requestID: "r2").first?.verdicts.count == 1)
        #expect(try await store.write { try $0.erase(requestID: "r1") } == 0)
        // The audit log outlives what retention deletes.
        while try await store.trim(arrivedBefore: Self.arrival + .seconds(1000), limit: 2) > 0 {}
        let left = try await store.events(EventQuery(limit: 9)).items
        #expect(left.compactMap { AuditEntry(of: $0.event) } == [entry] && left.count == 1)
    }

    func remembersErrands() async throws {
        let errand = Errand(purpose: .route, document: ["alert": "a1"], dueAt: Self.arrival)
        try await store.write { transaction in try transaction.add(errand) }
        #expect(try await store.errands(.route, dueAt: Self.arrival - .seconds(1), limit: 9).isEmpty)
        #expect(try await store.errands(.explain, dueAt: Self.arrival, limit: 9).isEmpty)
        let due = try #require(try await store.errands(.route, dueAt: Self.arrival, limit: 9).first)
        #expect(due.document == errand.document)
        try await store.write { transaction in try transaction.postpone(due, until: Self.arrival + .seconds(60)) }
        #expect(try await store.errands(.route, dueAt: Self.arrival, limit: 9).isEmpty)
        let later = try await store.errands(.route, dueAt: Self.arrival + .seconds(60), limit: 9)
        #expect(later.map(\.attempts) == [1])
        try await store.write { transaction in try transaction.remove(due) }
        #expect(try await store.errands(.route, dueAt: Self.arrival + .seconds(99), limit: 9).isEmpty)
    }

    func findsFlaggedRowsOfAWindow() async throws {
        try await insert([
            try Self.outlier("r1"), try Self.outlier("r2", rows: [0, 1], flags: [0, 1]),
            try Self.outlier("r3", flags: [0]), try Self.outlier("r4", model: "letters"),
        ])
        let found = try await store.write { transaction in
            try transaction.flaggedRequests(
                of: Alert.Key(namespace: "default", model: "digits", endpoint: "default", monitor: "digits-outlier"),
                kind: .outlier,
                window: Alert.Window(start: Self.arrival, end: Self.arrival),
                limit: 10
            )
        }
        #expect(found == ["r2#1", "r1#0"])
    }

    // MARK: Counts and retention

    func countsByModelVersion() async throws {
        try await insert([
            try Self.half(EventType.inferenceRequest, request: "a", extensions: ["sampledrate": .integer(10)]),
            try Self.half(
                EventType.inferenceResponse,
                request: "a",
                id: "ra",
                at: 1,
                extensions: ["statuscode": .integer(500), "modelversion": "2", "sampledrate": .integer(10)]
            ),
            try Self.half(EventType.inferenceRequest, request: "b", extensions: ["modelversion": "2"]),
            try Self.outlier("b"),
            try Self.outlier("b", rows: [1]),
        ])
        let models = try await store.models()
        #expect(models.count == 1)
        let summary = try #require(models.first)
        #expect(summary.version == "2" && summary.exchanges == 2 && summary.failures == 1)
        #expect(summary.estimatedExchanges == 11)
        #expect(summary.flagged == ["outlier": 1])
    }

    /// The beginning of the minute that the arrival is in.
    static let minute = Timestamp(seconds: 1_699_999_980)

    /// An exchange, its halves in two transactions.
    private func exchange(
        _ id: String,
        at seconds: Double,
        status: Int32 = 200,
        latency: String? = nil,
        version: String = "3",
        model: String? = "digits"
    ) async throws {
        try await insert([try Self.half(EventType.inferenceRequest, request: id, at: seconds, model: model)])
        var extensions: [String: CloudEventValue] = [
            "statuscode": .integer(status), "modelversion": .string(version),
        ]
        if let latency { extensions["latencyms"] = .string(latency) }
        try await insert([
            try Self.half(
                EventType.inferenceResponse,
                request: id,
                id: "answer-\(id)",
                at: seconds,
                model: model,
                extensions: extensions
            )
        ])
    }

    func countsTrafficByStep() async throws {
        // The arrival is 20 s into a minute: seconds 0 and 39 of it are in that minute, 40 and 99 in the next.
        for (index, second) in [0.0, 39.9, 40.0, 99.9, 100.0].enumerated() {
            try await exchange(
                "t\(index)",
                at: second,
                status: index == 1 ? 503 : 200,
                latency: index == 0 ? "2" : "5"
            )
        }
        try await insert([try Self.outlier("t2"), try Self.outlier("t2", rows: [0])])
        let query = TrafficQuery(since: Self.arrival, step: .seconds(60), count: 2)
        #expect(query.since == Self.minute)
        let steps = try await store.traffic(query)
        #expect(steps.map(\.index) == [0, 1] && steps.map(\.exchanges) == [2, 2])
        #expect(steps.map(\.failures) == [1, 0] && steps.map(\.flagged) == [0, 1])
        #expect(steps.map(\.milliseconds) == [7, 10] && steps.map(\.slowest) == [5, 5])
        #expect(steps.map(\.timed) == [2, 2] && steps.allSatisfy { $0.version == "3" })
        // The same by larger units, and by one model.
        for (step, count) in [(120, 1), (300, 2), (600, 1), (3600, 1), (7200, 1)] {
            let query = TrafficQuery(model: "digits", since: Self.minute, step: .seconds(step), count: count)
            let total = try await store.traffic(query).reduce(into: TrafficSums()) { $0 += $1.sums }
            #expect(total.exchanges == (step == 120 ? 4 : 5), "\(step)")
            #expect(total.failures == 1 && total.flagged == 1 && total.slowest == 5, "\(step)")
        }
        for query in [
            TrafficQuery(model: "another", since: Self.minute, step: .seconds(60), count: 9),
            TrafficQuery(namespace: "another", since: Self.minute, step: .seconds(60), count: 9),
            TrafficQuery(since: Self.minute - .seconds(600), step: .seconds(60), count: 10),
        ] {
            #expect(try await store.traffic(query).isEmpty)
        }
    }

    func keepsLatencies() async throws {
        // 1 to 200 ms, of which the last ten were sampled one in ten.
        for number in 1...200 {
            let rate: [String: CloudEventValue] = ["sampledrate": .integer(number > 190 ? 10 : 1)]
            try await insert([
                try Self.half(EventType.inferenceRequest, request: "l\(number)", extensions: rate),
                try Self.half(
                    EventType.inferenceResponse,
                    request: "l\(number)",
                    id: "la\(number)",
                    extensions: rate.merging(["latencyms": .string("\(number)")]) { $1 }
                ),
            ])
        }
        let query = TrafficQuery(since: Self.minute, step: .seconds(60), count: 1)
        let step = try #require(try await store.traffic(query).first)
        // Of 290, the middle is 145, and 261 are no more than 198: 190 and eight of ten each.
        for (part, truth) in [(0.5, 145.0), (0.9, 198.0), (1.0, 200.0), (0.65, 189.0)] {
            let told = try #require(step.latencies.quantile(part))
            #expect(abs(told - truth) <= truth * LatencySketch.relativeError * 1.000_001, "\(part): \(told)")
        }
    }

    func countsEachExchangeOnce() async throws {
        // The answer comes first, and knows when it began and its model; the request says otherwise when it began.
        try await insert([
            try Self.half(
                EventType.inferenceResponse,
                request: "r",
                id: "a",
                at: 130,
                extensions: ["latencyms": .string("1000"), "statuscode": .integer(500)]
            )
        ])
        let query = TrafficQuery(since: Self.minute, step: .seconds(60), count: 5)
        #expect(try await store.traffic(query).map(\.index) == [2])
        try await insert([try Self.request("r", at: 10)])
        let steps = try await store.traffic(query)
        #expect(steps.map(\.index) == [0] && steps.map(\.exchanges) == [1] && steps.map(\.failures) == [1])
        // One whose request names no model counts under the model that its answer names.
        try await insert([try Self.half(EventType.inferenceRequest, request: "s", id: "q", model: nil)])
        #expect(try await store.traffic(query).map(\.model).sorted() == ["", "digits"])
        try await insert([
            try Self.half(
                EventType.inferenceResponse,
                request: "s",
                id: "b",
                at: 1,
                model: nil,
                data: #"{"model_name":"digits"}"#
            )
        ])
        #expect(try await store.traffic(query).map(\.model) == ["digits"])
        #expect(try await store.traffic(query).first?.exchanges == 2)
        // Again the same: nothing is counted.
        try await insert([try Self.request("r", at: 10)])
        #expect(try await store.traffic(query).first?.exchanges == 2)
    }

    func keepsCountsOfWhatIsGone() async throws {
        try await exchange("a", at: 0, latency: "7")
        try await exchange("b", at: 30)
        _ = try await store.write { try $0.erase(requestID: "b") }
        _ = try await store.trim(arrivedBefore: Self.arrival + .seconds(90), limit: 100)
        #expect(try await store.exchanges(ExchangeQuery()).items.isEmpty)
        func count(_ step: Int) async throws -> Int {
            let query = TrafficQuery(since: Self.minute - .seconds(3600), step: .seconds(step), count: 7200 / step)
            return try await store.traffic(query).reduce(0) { $0 + $1.exchanges }
        }
        for step in [60, 300, 3600] { #expect(try await count(step) == 2, "\(step)") }
        try await store.trimTraffic(before: Self.arrival + .seconds(7200), unit: .minute)
        #expect(try await count(60) == 0)
        for step in [300, 3600] { #expect(try await count(step) == 2, "\(step)") }
        try await store.trimTraffic(before: Self.arrival - .seconds(7200), unit: .hour)
        #expect(try await count(3600) == 2)
    }

    func findsTraces() async throws {
        let (one, other) = (String(repeating: "ab", count: 16), "00000000000000010123456789abcdef")
        // The same last half as `other`: found by it, and told apart.
        let near = "00000000000000020123456789abcdef"
        for (id, trace, isOfAnswer) in [("a", one, false), ("b", one, true), ("c", other, false), ("d", near, false)] {
            let traced: [String: CloudEventValue] = ["traceparent": .string("00-\(trace)-00f067aa0ba902b7-01")]
            try await insert([
                try Self.half(EventType.inferenceRequest, request: id, extensions: isOfAnswer ? [:] : traced),
                try Self.half(
                    EventType.inferenceResponse,
                    request: id,
                    id: "answer-\(id)",
                    extensions: isOfAnswer ? traced : [:]
                ),
            ])
        }
        try await exchange("e", at: 0)
        func found(_ text: String, model: String? = nil) async throws -> [String] {
            let trace = try #require(TraceID(text))
            return try await store.exchanges(ExchangeQuery(model: model, trace: trace)).items.map(\.key.requestID)
        }
        #expect(try await found(one).sorted() == ["a", "b"])
        #expect(try await found(one.uppercased(), model: "digits").sorted() == ["a", "b"])
        #expect(try await found(one, model: "letters").isEmpty)
        #expect(try await found(other) == ["c"])
        #expect(try await found(near) == ["d"])
        #expect(try await found(String(repeating: "cd", count: 16)).isEmpty)
        #expect(TraceID("abc") == nil && TraceID(String(repeating: "0", count: 32)) == nil)
        #expect(TraceID(String(repeating: "g", count: 32)) == nil)
    }

    func deletesPayloadsBeforeRows() async throws {
        for second in 0..<6 { try await exchange("p\(second)", at: Double(second), latency: "3") }
        try await insert([try Self.outlier("p0")])
        let before = try await store.bytes()
        var looked = 0
        while case let count = try await store.dropPayloads(arrivedBefore: Self.arrival + .seconds(3), limit: 4),
            count > 0
        {
            #expect(count <= 4)
            looked += count
        }
        #expect(looked == 6)
        #expect(try await store.dropPayloads(arrivedBefore: Self.arrival + .seconds(3), limit: 4) == 0)
        #expect(try await store.bytes() <= before)
        for second in 0..<6 {
            let exchange = try #require(try await store.exchanges(requestID: "p\(second)").first)
            let halves = [try #require(exchange.request), try #require(exchange.response)]
            #expect(halves.allSatisfy { $0.isPayloadGone == (second < 3) && ($0.event.data == nil) == (second < 3) })
            #expect(exchange.latencyMilliseconds == 3 && exchange.statusCode == 200 && exchange.version == "3")
        }
        // What a verdict says stays, and a repetition of what lost its payload is one still.
        #expect(try await store.exchanges(requestID: "p0").first?.verdicts.first?.record.verdict?.isFlagged == true)
        #expect(try await insert([try Self.request("p0")]) == [.duplicate])
        #expect(try await store.trim(arrivedBefore: Self.arrival + .seconds(3), limit: 100) == 7)
    }

    func scalesTrafficBySampling() async throws {
        // One exchange in ten by its hash, all that failed, and all that were slow: as a tap records them.
        for (id, rate, status, latency) in [
            ("h1", 10, 200, "2"), ("h2", 10, 200, "4"), ("f1", 1, 500, "3"), ("s1", 1, 200, "900"),
        ] as [(String, Int32, Int32, String)] {
            let rule: CloudEventValue = rate == 1 ? "rule" : "hash"
            let both: [String: CloudEventValue] = ["sampledrate": .integer(rate), "samplereason": rule]
            try await insert([
                try Self.half(EventType.inferenceRequest, request: id, extensions: both),
                try Self.half(
                    EventType.inferenceResponse,
                    request: id,
                    id: "answer-\(id)",
                    extensions: both.merging(["statuscode": .integer(status), "latencyms": .string(latency)]) { $1 }
                ),
            ])
        }
        try await insert([try Self.outlier("h1")])
        let query = TrafficQuery(since: Self.minute, step: .seconds(60), count: 1)
        let steps = try await store.traffic(query)
        let step = try #require(steps.first)
        #expect(steps.count == 1 && step.exchanges == 4 && step.failures == 1 && step.flagged == 1)
        #expect(step.served.exchanges == 22 && step.served.failures == 1 && step.served.flagged == 10)
        // 10 of 2 ms, 10 of 4 ms, one of 3 ms and one of 900 ms.
        #expect(step.served.timed == 22 && step.served.milliseconds == 963)
    }

    func trimsTheOldest() async throws {
        for second in 0..<10 {
            try await insert([
                try Self.request("r\(second)", at: Double(second)), try Self.response("r\(second)", at: Double(second)),
            ])
        }
        #expect(try await store.oldestArrival() == Self.arrival)
        let deleted = try await store.trim(arrivedBefore: Self.arrival + .seconds(5), limit: 4)
        #expect(deleted == 4)
        #expect(try await store.trim(arrivedBefore: Self.arrival + .seconds(5), limit: 100) == 6)
        #expect(try await store.trim(arrivedBefore: Self.arrival + .seconds(5), limit: 100) == 0)
        let left = try await store.exchanges(ExchangeQuery(limit: 100)).items
        #expect(left.map(\.key.requestID) == ["r9", "r8", "r7", "r6", "r5"])
        #expect(try await store.bytes() > 0)
    }

    private static func permutations(of elements: [Int]) -> [[Int]] {
        guard let first = elements.first else { return [[]] }
        return permutations(of: Array(elements.dropFirst())).flatMap { rest in
            (0...rest.count).map { place in
                var whole = rest
                whole.insert(first, at: place)
                return whole
            }
        }
    }
}
