import CloudEvents
import EventStore
import JSON
import Testing

@Suite struct `Alert rules` {
    let rules = AlertRules(closeAfter: 2, criticalAfter: 3)
    let key = Alert.Key(namespace: "default", model: "digits", endpoint: "default", monitor: "digits-ks")

    /// The verdict about the window that ends at `end` seconds.
    func verdict(_ status: VerdictStatus, end: Double, kind: String = "drift", requests: [String] = [])
        -> WindowVerdict
    {
        WindowVerdict(
            key: key,
            kind: kind,
            status: status,
            eventID: "verdict-\(kind)-\(Int(end))",
            window: Alert.Window(
                start: Timestamp(seconds: end - 10),
                end: Timestamp(seconds: end),
                count: 200,
                firstID: "r-\(Int(end - 10))",
                lastID: "r-\(Int(end))"
            ),
            statistic: 0.4,
            pValue: 1e-9,
            threshold: 0.05,
            requestIDs: requests
        )
    }

    /// Feeds verdicts one after the other, as the store does, and returns every step.
    func run(_ verdicts: [WindowVerdict]) -> [AlertRules.Step] {
        var current: Alert?
        var previous: Alert?
        return verdicts.enumerated().flatMap { index, verdict in
            let steps = rules.steps(
                current,
                previous: previous,
                on: verdict,
                at: Timestamp(seconds: Double(100 + index))
            )
            for step in steps {
                (current, previous) = step.alert.state == .closed ? (nil, step.alert) : (step.alert, previous)
            }
            return steps
        }
    }

    @Test(arguments: [VerdictStatus.ok, .learning, .insufficient, .recovering, .error])
    func `opens nothing without an alarm`(status: VerdictStatus) {
        #expect(run([verdict(status, end: 10)]).isEmpty)
    }

    @Test func `opens one alert and lets later alarms extend it`() throws {
        let steps = run([verdict(.alarm, end: 10), verdict(.alarm, end: 20), verdict(.alarm, end: 30)])
        #expect(steps.map(\.change) == [.opened, .extended, .extended])
        #expect(Set(steps.map(\.alert.id)).count == 1)
        let last = try #require(steps.last).alert
        #expect(last.window.start == Timestamp(seconds: 0))
        #expect(last.window.end == Timestamp(seconds: 30))
        #expect(last.verdictIDs == ["verdict-drift-10", "verdict-drift-20", "verdict-drift-30"])
        #expect(last.openedAt == Timestamp(seconds: 100))
        #expect(last.updatedAt == Timestamp(seconds: 102))
    }

    @Test func `closes only after enough fine windows in a row`() {
        let steps = run([
            verdict(.alarm, end: 10), verdict(.ok, end: 20), verdict(.alarm, end: 30), verdict(.ok, end: 40),
            verdict(.ok, end: 50), verdict(.ok, end: 60),
        ])
        #expect(steps.map(\.change) == [.opened, .recovering, .extended, .recovering, .closed])
        #expect(steps.map(\.alert.state) == [.open, .recovering, .open, .recovering, .closed])
        #expect(steps.last?.alert.closedAt == Timestamp(seconds: 104))
    }

    @Test func `a detector's own recovering does not count as fine`() {
        let steps = run([verdict(.alarm, end: 10)] + (2..<8).map { verdict(.recovering, end: Double($0) * 10) })
        #expect(steps.last?.alert.state == .recovering)
    }

    @Test func `neither learning nor an insufficient window closes an alert`() {
        let steps = run([
            verdict(.alarm, end: 10), verdict(.insufficient, end: 20), verdict(.learning, end: 30),
            verdict(.error, end: 40),
        ])
        #expect(steps.map(\.change) == [.opened])
    }

    @Test func `returns to acknowledged when it alarms again`() throws {
        let opened = try #require(rules.steps(nil, on: verdict(.alarm, end: 10), at: Timestamp(seconds: 1)).first).alert
        let taken = try rules.acknowledge(opened, at: Timestamp(seconds: 2)).alert
        let calm = try #require(rules.steps(taken, on: verdict(.ok, end: 20), at: Timestamp(seconds: 3)).first).alert
        let again = try #require(rules.steps(calm, on: verdict(.alarm, end: 30), at: Timestamp(seconds: 4)).first).alert
        #expect([taken.state, calm.state, again.state] == [.acknowledged, .recovering, .acknowledged])
        #expect(again.calms == 0)
    }

    @Test func `becomes critical when it lasts, and an attack at once`() {
        let drift = run((1...4).map { verdict(.alarm, end: Double($0) * 10) })
        #expect(drift.map(\.alert.severity) == [.warning, .warning, .critical, .critical])
        #expect(run([verdict(.alarm, end: 10, kind: "adversarial")]).map(\.alert.severity) == [.critical])
    }

    @Test func `a verdict about older rows or of another kind is kept but is no news`() throws {
        let steps = run([
            verdict(.alarm, end: 30), verdict(.alarm, end: 20), verdict(.ok, end: 20),
            verdict(.alarm, end: 40, kind: "quality"), verdict(.ok, end: 50, kind: "quality"),
        ])
        #expect(steps.map(\.change) == [.opened, .extended, .extended])
        let last = try #require(steps.last).alert
        #expect(last.kind == "drift")
        #expect(last.window.end == Timestamp(seconds: 30))
        #expect(last.verdictIDs == ["verdict-drift-30", "verdict-drift-20", "verdict-quality-40"])
    }

    @Test func `silence makes way for what is wrong with the traffic`() {
        let steps = run([
            verdict(.alarm, end: 10, kind: "silence"), verdict(.alarm, end: 20),
            verdict(.alarm, end: 30, kind: "silence"),
        ])
        #expect(steps.map(\.change) == [.opened, .closed, .opened, .extended])
        #expect(steps.map(\.alert.kind) == ["silence", "silence", "drift", "drift"])
    }

    @Test func `any fine window ends a silence`() {
        let steps = run([verdict(.alarm, end: 10, kind: "silence"), verdict(.ok, end: 20), verdict(.ok, end: 30)])
        #expect(steps.map(\.alert.state) == [.open, .recovering, .closed])
    }

    @Test func `the same verdict always makes the same id, another one another`() {
        let at = Timestamp(seconds: 1)
        let ids = [10, 10, 20].map { rules.steps(nil, on: verdict(.alarm, end: $0), at: at).first?.alert.id }
        #expect(ids[0] == ids[1])
        #expect(ids[0] != ids[2])
    }

    @Test func `a silence outlives the alert it was asked for`() throws {
        let opened = try #require(rules.steps(nil, on: verdict(.alarm, end: 10), at: Timestamp(seconds: 1)).first).alert
        let silenced = try rules.silence(opened, until: Timestamp(seconds: 500), at: Timestamp(seconds: 2)).alert
        let closed = try rules.close(silenced, at: Timestamp(seconds: 3)).alert
        let within = rules.steps(nil, previous: closed, on: verdict(.alarm, end: 20), at: Timestamp(seconds: 400)).first
        let after = rules.steps(nil, previous: closed, on: verdict(.alarm, end: 30), at: Timestamp(seconds: 600)).first
        #expect(within?.alert.isSilenced(at: Timestamp(seconds: 400)) == true)
        #expect(after?.alert.isSilenced(at: Timestamp(seconds: 600)) == false)
    }

    @Test func `a closed alert refuses every action and says why`() throws {
        let opened = try #require(rules.steps(nil, on: verdict(.alarm, end: 10), at: Timestamp(seconds: 1)).first).alert
        let closed = try rules.close(opened, at: Timestamp(seconds: 2)).alert
        let now = Timestamp(seconds: 3)
        for action in [
            { () throws -> Void in _ = try rules.acknowledge(closed, at: now) },
            { _ = try rules.silence(closed, until: Timestamp(seconds: 9), at: now) },
            { _ = try rules.close(closed, at: now) },
        ] {
            let error = #expect(throws: EventStoreError.self, performing: action)
            #expect(error?.code == .conflict)
        }
        let error = #expect(throws: EventStoreError.self) {
            _ = try rules.silence(opened, until: Timestamp(seconds: 1), at: now)
        }
        #expect(error?.code == .badQuery)
    }

    @Test func `keeps a bounded number of requests and verdicts`() throws {
        let steps = run((1...300).map { verdict(.alarm, end: Double($0) * 10, requests: ["row-\($0)", "row-1"]) })
        let last = try #require(steps.last).alert
        #expect(last.requestIDs.count == Alert.idLimit)
        #expect(last.requestIDs.first == "row-1")
        #expect(last.verdictIDs.count == Alert.idLimit)
        #expect(last.verdictIDs.last == "verdict-drift-3000")
    }

    @Test func `an alert survives its JSON form`() throws {
        var alert = try #require(run([verdict(.alarm, end: 10, requests: ["a#1", "b"])]).last).alert
        alert.effect = Effect(name: "flagged_rate", value: 0.12, low: 0.1, high: nil)
        alert.features = [Alert.Feature(name: "probability_3", statistic: 0.4, pValue: nil, effect: 0.2)]
        alert.owner = "vision-team"
        alert.silencedUntil = Timestamp(seconds: 77)
        #expect(try Alert(json: alert.json) == alert)
    }

    @Test func `an alert without a state is reported as corrupt`() throws {
        let error = #expect(throws: EventStoreError.self) { try Alert(json: ["id": "x"]) }
        #expect(error?.code == .corrupt)
    }
}
