package import CloudEvents

/// What is to hold for some alerts besides what their monitors say.
///
/// Several rules may be about an alert: of each answer the first rule that gives one decides.
package struct AlertRule: Sendable, Hashable {
    package var name: String
    package var match: AlertMatch
    /// Who answers for it, in place of what the monitor says.
    package var owner: String?
    /// Where the steps to take are written, in place of what the monitor says.
    package var runbookURL: String?
    /// How urgent it is at least.
    package var severity: Alert.Severity?
    /// For how long after an alert of a monitor closed another one of it is recorded and told to nobody.
    package var coolDown: Duration?
    /// Windows in a row that must be fine before it closes by itself, at least 1.
    package var closeAfter: Int?
    /// Alarming windows in a row after which a warning becomes critical, at least 1.
    package var criticalAfter: Int?

    package init(
        name: String,
        match: AlertMatch = AlertMatch(),
        owner: String? = nil,
        runbookURL: String? = nil,
        severity: Alert.Severity? = nil,
        coolDown: Duration? = nil,
        closeAfter: Int? = nil,
        criticalAfter: Int? = nil
    ) {
        self.name = name
        self.match = match
        self.owner = owner
        self.runbookURL = runbookURL
        self.severity = severity
        self.coolDown = coolDown
        self.closeAfter = closeAfter
        self.criticalAfter = criticalAfter
    }
}

/// A time in which nothing is sent about some alerts, and who said so.
package struct AlertSilence: Sendable, Hashable {
    package var match: AlertMatch
    /// From when; nil for ever since.
    package var start: Timestamp?
    package var end: Timestamp
    package var author: String
    package var reason: String

    package init(match: AlertMatch, start: Timestamp? = nil, end: Timestamp, author: String, reason: String) {
        self.match = match
        self.start = start
        self.end = end
        self.author = author
        self.reason = reason
    }

    /// Whether it holds.
    package func holds(at time: Timestamp) -> Bool { (start.map { $0 <= time } ?? true) && time < end }
}
