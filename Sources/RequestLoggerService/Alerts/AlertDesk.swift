import CloudEvents
import EventStore
import JSON

/// Makes and changes alerts inside a transaction, and says what follows of it.
///
/// Everything that follows outside the process becomes an errand of the same transaction: a kill neither loses nor
/// repeats the decision.
struct AlertDesk: Sendable {
    let rules: AlertRules
    /// Who is told; nobody where it is empty.
    let audience: [Errand.Purpose]
    /// How many requests are explained when an alert opens; 0 without an explainer.
    let explanations: Int

    init(rules: AlertRules, audience: [Errand.Purpose] = [], explanations: Int = 0) {
        self.rules = rules
        self.audience = audience
        self.explanations = explanations
    }

    /// How many requests are looked for in the record when the verdicts name none.
    private static let requestLimit = 20

    /// Lets a verdict about a window do to alerts what the rules say.
    ///
    /// - Returns: The steps, in order; empty when nothing changed.
    func judge(
        _ verdict: WindowVerdict,
        at time: Timestamp,
        in transaction: any EventStoreTransaction
    ) throws -> [AlertRules.Step] {
        let current = try transaction.unclosedAlert(for: verdict.key)
        let previous = current == nil ? try transaction.lastClosedAlert(for: verdict.key) : nil
        var steps = rules.steps(current, previous: previous, on: verdict, at: time)
        for index in steps.indices {
            if verdict.status == .alarm, steps[index].change != .closed {
                steps[index].alert.name(try requests(for: verdict, in: transaction))
                steps[index].alert.summary = AlertSentence(steps[index].alert).text
            }
            try keep(steps[index], at: time, in: transaction)
        }
        return steps
    }

    /// What the record knows of the requests that a verdict is about, where it names none itself: the rows that its
    /// monitor flagged, or, of a monitor that flags no rows, the latest of the window.
    private func requests(for verdict: WindowVerdict, in transaction: any EventStoreTransaction) throws -> [String] {
        guard verdict.requestIDs.isEmpty, let kind = VerdictKind(rawValue: verdict.kind) else { return [] }
        let limit = Self.requestLimit
        let window = verdict.window
        if kind == .outlier || kind == .adversarial {
            return try transaction.flaggedRequests(of: verdict.key, kind: kind, window: window, limit: limit)
        }
        return try transaction.requests(of: verdict.key, window: window, limit: limit)
    }

    /// Lets a person's action change an alert.
    ///
    /// - Throws: `.notFound` when there is no such alert, and what the action throws.
    func act(
        onAlert id: String,
        at time: Timestamp,
        in transaction: any EventStoreTransaction,
        _ action: (AlertRules, Alert) throws -> AlertRules.Step
    ) throws -> AlertRules.Step {
        guard let alert = try transaction.alert(id: id) else {
            throw EventStoreError(
                .notFound,
                "there is no alert '\(id.prefix(80))'",
                remedy: "GET /v1/alerts lists them"
            )
        }
        let step = try action(rules, alert)
        try keep(step, at: time, in: transaction)
        return step
    }

    private func keep(_ step: AlertRules.Step, at time: Timestamp, in transaction: any EventStoreTransaction) throws {
        try transaction.save(step.alert)
        let event = try step.event(at: time)
        _ = try transaction.insert(ClassifiedEvent(event, arrivedAt: time))
        if step.change == .opened || step.change == .closed, !step.alert.isSilenced(at: time) {
            let text = String(decoding: JSONFormat.encode(event), as: UTF8.self)
            for purpose in audience {
                try transaction.add(Errand(purpose: purpose, document: .string(text), dueAt: time))
            }
        }
        if step.change == .opened {
            for request in step.alert.requestIDs.prefix(explanations) {
                let document: JSONValue = ["alert": .string(step.alert.id), "request": .string(request)]
                try transaction.add(Errand(purpose: .explain, document: document, dueAt: time))
            }
        }
    }
}
