import CloudEvents
import EventStore
import Testing

@Suite struct `Incidents` {
    let rules = IncidentRules(span: .seconds(600))
    static let start = Timestamp(seconds: 1_700_000_000)

    func alert(
        _ name: String,
        model: String = "digits",
        at seconds: Double,
        updated: Double? = nil,
        features: [String] = [],
        namespace: String = "default"
    ) -> Alert {
        Alert(
            id: "alert-\(name)",
            key: Alert.Key(namespace: namespace, model: model, endpoint: "default", monitor: name),
            kind: "drift",
            openedAt: Self.start + .seconds(seconds),
            updatedAt: Self.start + .seconds(updated ?? seconds),
            features: features.map { Alert.Feature(name: $0) }
        )
    }

    @Test func `alerts of one model belong together, whatever the monitor`() {
        let first = alert("ks", at: 0)
        #expect(rules.incident(of: alert("mmd", at: 500), among: [first]) == "incident-ks")
        #expect(rules.incident(of: alert("mmd", at: 700), among: [first]) == "incident-mmd")
        #expect(rules.incident(of: alert("mmd", at: 700), among: [alert("ks", at: 0, updated: 200)]) == "incident-ks")
        #expect(rules.incident(of: alert("m", at: 1, namespace: "b"), among: [first]) == "incident-m")
    }

    @Test func `alerts of models that share a strong feature belong together, places in a tensor do not count`() {
        let credit = alert("c", model: "credit", at: 0, features: ["income", "age", "debt", "region"])
        let fraud = alert("f", model: "fraud", at: 60, features: ["amount", "income"])
        #expect(rules.incident(of: fraud, among: [credit]) == "incident-c")
        let weak = alert("w", model: "fraud", at: 60, features: ["region"])  // not among credit's strongest three
        #expect(rules.incident(of: weak, among: [credit]) == "incident-w")
        let outputs = ["probabilities[0]"]
        let a = alert("a", model: "a", at: 0, features: outputs)
        #expect(rules.incident(of: alert("b", model: "b", at: 1, features: outputs), among: [a]) == "incident-b")
    }

    @Test func `the same model goes before a shared feature, and the older incident first`() {
        var joined = alert("second", at: 20)
        joined.incident = "incident-first"
        let other = alert("other", model: "credit", at: 0, features: ["income"])
        let new = alert("new", at: 30, features: ["income"])
        #expect(rules.incident(of: new, among: [other, joined, alert("first", at: 10)]) == "incident-first")
    }

    @Test func `models that nobody named are not one model`() {
        let unknown = alert("a", model: Alert.Key.unknownModel, at: 0)
        #expect(rules.incident(of: alert("b", model: Alert.Key.unknownModel, at: 1), among: [unknown]) == "incident-b")
    }

    @Test func `where an incident stands follows from its alerts`() throws {
        var (a, b) = (alert("a", at: 0, features: ["x", "y"]), alert("b", model: "m", at: 10, features: ["y"]))
        func incident() throws -> Incident { try #require(Incident(id: a.incident, alerts: [a, b])) }
        #expect(try incident().state == .open && incident().severity == .warning)
        a.state = .acknowledged
        #expect(try incident().state == .open)
        b.state = .recovering
        #expect(try incident().state == .acknowledged)
        (a.state, a.closedAt) = (.closed, Self.start + .seconds(50))
        #expect(try incident().state == .recovering && incident().closedAt == nil)
        (b.state, b.closedAt, b.severity) = (.closed, Self.start + .seconds(40), .critical)
        #expect(try incident().state == .closed && incident().closedAt == Self.start + .seconds(50))
        #expect(try incident().severity == .critical && incident().sharedFeatures == ["y"])
        #expect(try incident().models == ["digits", "m"])
        #expect(
            try incident().summary.hasPrefix("2 alerts of 2 models by 2 monitors, all over. They have in common: y.")
        )
        #expect(Incident(id: "x", alerts: []) == nil)
    }
}
