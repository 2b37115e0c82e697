import CloudEvents
import EventStore
import JSON

/// Makes and changes alerts inside a transaction, and says what follows of it.
///
/// Everything that follows outside the process becomes an errand of the same transaction: a kill neither loses nor
/// repeats the decision.
struct AlertDesk: Sendable {
    /// The recipient of the policy that stands for the sinks of `sink.url`.
    static let sinks = "sinks"

    let policy: AlertPolicy
    let incidents: IncidentRules
    /// How many requests are explained when an alert opens; 0 without an explainer.
    let explanations: Int

    init(policy: AlertPolicy, incidents: IncidentRules = IncidentRules(), explanations: Int = 0) {
        self.policy = policy
        self.incidents = incidents
        self.explanations = explanations
    }

    /// What the desk did with a verdict or an action, for metrics and logs.
    struct Outcome: Sendable {
        var steps: [AlertRules.Step] = []
        /// Who was told of what.
        var told: [(name: String, change: AlertRules.Change)] = []
        /// Why somebody was not told, or an alarm opened nothing.
        var withheld: [Withheld] = []

        static func += (left: inout Outcome, right: Outcome) {
            left.steps += right.steps
            left.told += right.told
            left.withheld += right.withheld
        }
    }

    /// Why an alarm reached nobody.
    enum Withheld: Sendable, Hashable {
        case hushed(AlertHush)
        /// It is beyond the budget of the monitor's team.
        case budget

        var name: String {
            switch self {
            case .hushed(let hush): hush.rawValue
            case .budget: "budget"
            }
        }
    }

    /// How many requests are looked for in the record when the verdicts name none.
    private static let requestLimit = 20

    /// Lets a verdict about a window do to alerts what the rules say.
    func judge(
        _ verdict: WindowVerdict,
        at time: Timestamp,
        in transaction: any EventStoreTransaction
    ) throws -> Outcome {
        let verdict = policy.claimed(verdict)
        let current = try transaction.unclosedAlert(for: verdict.key)
        if current == nil, policy.exceedsBudget(verdict) { return Outcome(withheld: [.budget]) }
        let previous = current == nil ? try transaction.lastClosedAlert(for: verdict.key) : nil
        let steps = policy.conduct(for: verdict).steps(current, previous: previous, on: verdict, at: time)
        var outcome = Outcome()
        for var step in steps {
            if verdict.status == .alarm, step.change != .closed {
                step.alert.name(try requests(for: verdict, in: transaction))
            }
            let near = try transaction.alerts(namespace: verdict.key.namespace, changedSince: time - incidents.span)
            if step.change == .opened { step.alert.incident = incidents.incident(of: step.alert, among: near) }
            let performance = near.first {
                $0.kind == "performance" && $0.state != .closed && $0.key.model == verdict.key.model
            }
            step.alert.summary = AlertSentence(step.alert, performance: performance).text
            outcome += try keep(step, at: time, in: transaction)
        }
        return outcome
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
    ) throws -> Outcome {
        guard let alert = try transaction.alert(id: id) else {
            throw EventStoreError(
                .notFound,
                "there is no alert '\(id.prefix(80))'",
                remedy: "GET /v1/alerts lists them"
            )
        }
        return try keep(action(policy.defaults, alert), at: time, in: transaction)
    }

    /// Writes a step and all that follows of it.
    private func keep(
        _ step: AlertRules.Step,
        at time: Timestamp,
        in transaction: any EventStoreTransaction
    ) throws -> Outcome {
        var step = step
        let (told, hush) = policy.announce(&step, at: time)
        try transaction.save(step.alert)
        let event = try step.event(at: time)
        _ = try transaction.insert(ClassifiedEvent(event, arrivedAt: time))
        let text = String(decoding: JSONFormat.encode(event), as: UTF8.self)
        if told.contains(Self.sinks) {
            try transaction.add(Errand(purpose: .sink, document: .string(text), dueAt: time))
        }
        let routes = told.filter { $0 != Self.sinks }
        if !routes.isEmpty {
            let document: JSONValue = ["event": .string(text), "to": .array(routes.map { .string($0) })]
            try transaction.add(Errand(purpose: .route, document: document, dueAt: time))
        }
        if step.change == .opened {
            for request in step.alert.requestIDs.prefix(explanations) {
                let document: JSONValue = ["alert": .string(step.alert.id), "request": .string(request)]
                try transaction.add(Errand(purpose: .explain, document: document, dueAt: time))
            }
        }
        return Outcome(
            steps: [step],
            told: told.map { ($0, step.change) },
            withheld: hush.map { [.hushed($0)] } ?? []
        )
    }
}
