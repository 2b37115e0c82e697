package import CloudEvents
import Crypto

/// How alerts come, change and go: a pure state machine over values, without clock, store or network.
///
/// ```
///            alarm                 ok or recovering            ok, closeAfter in a row
/// (none) ──────────► open ───────────────────► recovering ─────────────────────────► closed
///                     │  ▲                        │
///         acknowledge │  └─────────── alarm ──────┤
///                     ▼                           │
///                acknowledged ◄────── alarm ──────┘  when it had been acknowledged
/// ```
///
/// A person may close from any state; the next alarm then opens a new alert.
package struct AlertRules: Sendable, Hashable {
    /// How an alert changed, for those who are told.
    package enum Change: String, Sendable, Hashable {
        case opened
        case extended
        case recovering
        case closed
        case acknowledged
        case silenced
    }

    /// An alert after a change.
    package struct Step: Sendable, Hashable {
        package var alert: Alert
        package var change: Change
        /// The id of the verdict that changed it; nil when a person did.
        package var causationID: String?

        package init(alert: Alert, change: Change, causationID: String?) {
            self.alert = alert
            self.change = change
            self.causationID = causationID
        }
    }

    /// Windows in a row that must be fine before an alert closes by itself, at least 1.
    package var closeAfter: Int
    /// Alarming windows in a row after which a warning becomes critical, at least 1.
    package var criticalAfter: Int

    /// How urgent an alert is at least.
    package var leastSeverity: Alert.Severity
    /// For how long after an alert closed nobody is told that another one of its kind and monitor opened.
    package var coolDown: Duration

    package init(
        closeAfter: Int = 3,
        criticalAfter: Int = 3,
        leastSeverity: Alert.Severity = .warning,
        coolDown: Duration = .zero
    ) {
        precondition(closeAfter >= 1 && criticalAfter >= 1, "both counts are at least 1")
        self.closeAfter = closeAfter
        self.criticalAfter = criticalAfter
        self.leastSeverity = leastSeverity
        self.coolDown = coolDown
    }

    /// Returns what a window verdict does to the alert of its key, in order; empty when it changes nothing.
    ///
    /// An alert that only says that a monitor cannot judge (`silence`, `quality`) makes way for one that says what is
    /// wrong with the traffic, and any fine window is good news for it.
    ///
    /// - Parameters:
    ///   - current: The alert of the verdict's key that is not closed.
    ///   - previous: The latest closed alert of the key; a silence asked for then still holds.
    ///   - time: When the verdict arrived, from the journal, so that a replay decides the same.
    package func steps(
        _ current: Alert?,
        previous: Alert? = nil,
        on verdict: WindowVerdict,
        at time: Timestamp
    ) -> [Step] {
        switch (current, verdict.status) {
        case (nil, .alarm):
            return [opened(by: verdict, after: previous, at: time)]
        case (let alert?, .alarm) where alert.isAboutJudging && !verdict.isAboutJudging:
            return [closed(alert, by: verdict, at: time), opened(by: verdict, after: alert, at: time)]
        case (let alert?, .alarm):
            return [extended(alert, by: verdict, at: time)]
        case (let alert?, .ok) where alert.hears(verdict):
            return [calmed(alert, counts: true, by: verdict, at: time)]
        case (let alert?, .recovering) where alert.hears(verdict):
            return [calmed(alert, counts: false, by: verdict, at: time)]
        default:
            return []  // learning, insufficient and error say nothing about the traffic
        }
    }

    /// Returns the alert as taken by a person; acknowledging again changes nothing.
    ///
    /// - Parameter person: Their name, where it is known.
    /// - Throws: `.conflict` when it is closed.
    package func acknowledge(
        _ alert: Alert,
        by person: String? = nil,
        at time: Timestamp
    ) throws(EventStoreError) -> Step {
        try refuseClosed(alert, "acknowledged")
        var alert = alert
        if alert.acknowledgedAt == nil {
            alert.acknowledgedAt = time
            alert.acknowledgedBy = person
        }
        if alert.state == .open { alert.state = .acknowledged }
        return finished(alert, .acknowledged, by: nil, at: time)
    }

    /// Returns the alert with nothing sent about its key until `end`.
    ///
    /// - Throws: `.conflict` when it is closed, `.badQuery` when `end` is not after `time`.
    package func silence(
        _ alert: Alert,
        until end: Timestamp,
        by person: String? = nil,
        reason: String? = nil,
        at time: Timestamp
    ) throws(EventStoreError) -> Step {
        try refuseClosed(alert, "silenced")
        guard end > time else {
            throw EventStoreError(
                .badQuery,
                "a silence until \(end.rfc3339) is over already",
                remedy: "Give 'until' as a later time, or 'for' as a duration such as 2h"
            )
        }
        var alert = alert
        alert.silencedUntil = end
        alert.silencedBy = person
        alert.silenceReason = reason
        return finished(alert, .silenced, by: nil, at: time)
    }

    /// Returns the alert as closed by a person.
    ///
    /// - Throws: `.conflict` when it is closed already.
    package func close(_ alert: Alert, by person: String? = nil, at time: Timestamp) throws(EventStoreError) -> Step {
        try refuseClosed(alert, "closed")
        var alert = alert
        alert.closedBy = person
        return closed(alert, by: nil, at: time)
    }

    private func opened(by verdict: WindowVerdict, after previous: Alert?, at time: Timestamp) -> Step {
        var alert = Alert(
            id: Self.id(of: verdict),
            key: verdict.key,
            version: verdict.version,
            kind: verdict.kind,
            openedAt: time,
            updatedAt: time,
            window: verdict.window
        )
        if let previous, previous.isSilenced(at: time) {
            alert.silencedUntil = previous.silencedUntil
            alert.silencedBy = previous.silencedBy
            alert.silenceReason = previous.silenceReason
        }
        if let end = previous?.closedAt.map({ $0 + coolDown }), previous?.kind == verdict.kind, end > time {
            alert.mutedUntil = end
        }
        alert.take(verdict)
        alert.severity = severity(of: alert)
        return finished(alert, .opened, by: verdict, at: time)
    }

    private func extended(_ alert: Alert, by verdict: WindowVerdict, at time: Timestamp) -> Step {
        var alert = alert
        if alert.kind == verdict.kind && !alert.isNewer(than: verdict) {
            alert.take(verdict)
            alert.state = alert.acknowledgedAt == nil ? .open : .acknowledged
            alert.severity = severity(of: alert)
        } else {
            // It is about older rows, or of another kind: it belongs here, but is not the latest news.
            alert.remember(verdict)
        }
        return finished(alert, .extended, by: verdict, at: time)
    }

    private func calmed(_ alert: Alert, counts: Bool, by verdict: WindowVerdict, at time: Timestamp) -> Step {
        var alert = alert
        alert.alarms = 0
        alert.calms += counts ? 1 : 0
        alert.remember(verdict)
        if alert.calms >= closeAfter { return closed(alert, by: verdict, at: time) }
        alert.state = .recovering
        return finished(alert, .recovering, by: verdict, at: time)
    }

    private func closed(_ alert: Alert, by verdict: WindowVerdict?, at time: Timestamp) -> Step {
        var alert = alert
        alert.state = .closed
        alert.closedAt = time
        return finished(alert, .closed, by: verdict, at: time)
    }

    private func finished(_ alert: Alert, _ change: Change, by verdict: WindowVerdict?, at time: Timestamp) -> Step {
        var alert = alert
        alert.updatedAt = max(alert.updatedAt, time)
        alert.revision += 1
        alert.summary = AlertSentence(alert).text
        return Step(alert: alert, change: change, causationID: verdict?.eventID)
    }

    /// Attacks are critical at once; everything else when it lasts.
    ///
    /// A severity never falls while an alert lives.
    private func severity(of alert: Alert) -> Alert.Severity {
        let isCritical = alert.kind == "adversarial" || alert.alarms >= criticalAfter || leastSeverity == .critical
        return isCritical || alert.severity == .critical ? .critical : .warning
    }

    private func refuseClosed(_ alert: Alert, _ verb: String) throws(EventStoreError) {
        guard alert.state == .closed else { return }
        throw EventStoreError(
            .conflict,
            "the alert \(alert.id) is closed and cannot be \(verb)",
            remedy: "Look for an open alert of the same monitor"
        )
    }

    /// The same verdict always opens the same alert, so that a replay does not make a second one.
    private static func id(of verdict: WindowVerdict) -> String {
        let parts = [
            verdict.key.namespace, verdict.key.model, verdict.key.endpoint, verdict.key.monitor, verdict.eventID,
        ]
        let digest = SHA256.hash(data: Array(parts.joined(separator: "\0").utf8))
        return "alert-" + digest.prefix(8).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}

extension Alert {
    /// Whether it says that a monitor cannot judge, rather than what it found.
    fileprivate var isAboutJudging: Bool { WindowVerdict.kindsAboutJudging.contains(kind) }

    /// Whether good news from the verdict is news for this alert.
    fileprivate func hears(_ verdict: WindowVerdict) -> Bool {
        (kind == verdict.kind || isAboutJudging) && !isNewer(than: verdict)
    }

    /// Whether the alert has heard of later rows than the verdict is about.
    fileprivate func isNewer(than verdict: WindowVerdict) -> Bool {
        guard let known = window.end, let end = verdict.window.end else { return false }
        return end < known
    }

    /// Keeps which verdict and which requests, and nothing else of it.
    fileprivate mutating func remember(_ verdict: WindowVerdict) {
        if !verdictIDs.contains(verdict.eventID) { verdictIDs.append(verdict.eventID) }
        if verdictIDs.count > Self.idLimit { verdictIDs.removeFirst(verdictIDs.count - Self.idLimit) }
    }

    /// Makes the verdict the alert's latest news.
    fileprivate mutating func take(_ verdict: WindowVerdict) {
        remember(verdict)
        name(verdict.requestIDs)
        alarms += 1
        calms = 0
        version = verdict.version ?? version
        method = verdict.method ?? method
        window.end = verdict.window.end ?? window.end
        window.count = verdict.window.count ?? window.count
        window.positionTo = verdict.window.positionTo ?? window.positionTo
        window.lastID = verdict.window.lastID ?? window.lastID
        statistic = verdict.statistic
        pValue = verdict.pValue
        threshold = verdict.threshold
        effect = verdict.effect
        features = verdict.features
        owner = verdict.owner ?? owner
        runbookURL = verdict.runbookURL ?? runbookURL
    }

    /// Adds requests that the alert is about, up to the bound, each once.
    package mutating func name(_ requests: [String]) {
        for request in requests where requestIDs.count < Self.idLimit && !requestIDs.contains(request) {
            requestIDs.append(request)
        }
    }
}
