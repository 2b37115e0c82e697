package import CloudEvents

/// Something that a person should look at: a monitor's window verdicts have status `alarm`.
///
/// At most one alert per ``Key`` is not closed; later verdicts extend it. `AlertRules` says how it changes.
package struct Alert: Sendable, Hashable {
    /// What an alert is about; at most one of each is not closed.
    package struct Key: Sendable, Hashable {
        /// What stands for the model of a verdict that names none, as those of other detectors may.
        package static let unknownModel = "unknown"

        package var namespace: String
        package var model: String
        package var endpoint: String
        package var monitor: String

        package init(namespace: String, model: String, endpoint: String, monitor: String) {
            self.namespace = namespace
            self.model = model
            self.endpoint = endpoint
            self.monitor = monitor
        }
    }

    /// Where an alert stands.
    package enum State: String, Sendable, Hashable, CaseIterable {
        /// It alarms, and nobody has taken it.
        case open
        /// It alarms, and somebody has taken it.
        case acknowledged
        /// The last windows were fine, but not yet enough of them.
        case recovering
        /// Over: enough windows were fine, or a person said so.
        case closed
    }

    /// How urgent.
    package enum Severity: String, Sendable, Hashable, CaseIterable {
        case warning
        case critical
    }

    /// The rows that the alert's verdicts were about.
    package struct Window: Sendable, Hashable {
        package var start: Timestamp?
        package var end: Timestamp?
        /// Rows of the latest window.
        package var count: Int?
        /// Where its rows stand in the detector's journal.
        package var positionFrom: Int?
        package var positionTo: Int?
        package var firstID: String?
        package var lastID: String?

        package init(
            start: Timestamp? = nil,
            end: Timestamp? = nil,
            count: Int? = nil,
            positionFrom: Int? = nil,
            positionTo: Int? = nil,
            firstID: String? = nil,
            lastID: String? = nil
        ) {
            self.start = start
            self.end = end
            self.count = count
            self.positionFrom = positionFrom
            self.positionTo = positionTo
            self.firstID = firstID
            self.lastID = lastID
        }
    }

    /// One column's part in it.
    package struct Feature: Sendable, Hashable {
        package var name: String
        package var statistic: Double?
        package var pValue: Double?
        package var effect: Double?

        package init(name: String, statistic: Double? = nil, pValue: Double? = nil, effect: Double? = nil) {
            self.name = name
            self.statistic = statistic
            self.pValue = pValue
            self.effect = effect
        }
    }

    /// The most request ids and verdict ids that an alert keeps.
    package static let idLimit = 100

    package var id: String
    package var key: Key
    package var version: String?
    /// What it is about: the kind of its verdicts (`drift`, `outlier`, `adversarial`, `quality`, `performance`, `fairness`),
    /// or `silence`.
    package var kind: String
    /// The method's name, as the field knows it.
    package var method: String?
    package var state: State
    package var severity: Severity
    /// In plain language: what, how far from the threshold, since when, which features, which requests.
    package var summary: String
    package var openedAt: Timestamp
    package var updatedAt: Timestamp
    package var closedAt: Timestamp?
    /// From the start of the first alarming window to the end of the latest.
    package var window: Window
    package var statistic: Double?
    package var pValue: Double?
    package var threshold: Double?
    package var effect: Effect?
    /// The columns that stand out, the strongest first.
    package var features: [Feature]
    /// Requests, or rows of requests as `<requestid>#<row>`, that it is about; the first ``idLimit``.
    package var requestIDs: [String]
    /// The verdicts that made it, oldest first; the latest ``idLimit``.
    package var verdictIDs: [String]
    package var owner: String?
    package var runbookURL: String?
    /// Windows in a row that alarmed.
    package var alarms: Int
    /// Windows in a row that were fine.
    package var calms: Int
    /// When a person took it.
    package var acknowledgedAt: Timestamp?
    /// Until when nothing is sent about it.
    package var silencedUntil: Timestamp?
    /// Who took it, where a name is known.
    package var acknowledgedBy: String?
    /// Who silenced it, and why, where that is known.
    package var silencedBy: String?
    package var silenceReason: String?
    /// Who closed it; nil when it closed by itself or no name is known.
    package var closedBy: String?
    /// Until when nobody is told that it alarms, because one of the same monitor closed a short while before.
    package var mutedUntil: Timestamp?
    /// The incident that it is part of: what seems to have one cause.
    package var incident: String
    /// Who was told of it, with its severity at that time.
    package var told: [String: Severity]
    /// Grows with every change, so that each announcement has an id of its own.
    package var revision: Int

    package init(
        id: String,
        key: Key,
        version: String? = nil,
        kind: String,
        method: String? = nil,
        state: State = .open,
        severity: Severity = .warning,
        summary: String = "",
        openedAt: Timestamp,
        updatedAt: Timestamp,
        closedAt: Timestamp? = nil,
        window: Window = Window(),
        statistic: Double? = nil,
        pValue: Double? = nil,
        threshold: Double? = nil,
        effect: Effect? = nil,
        features: [Feature] = [],
        requestIDs: [String] = [],
        verdictIDs: [String] = [],
        owner: String? = nil,
        runbookURL: String? = nil,
        alarms: Int = 0,
        calms: Int = 0,
        acknowledgedAt: Timestamp? = nil,
        silencedUntil: Timestamp? = nil,
        acknowledgedBy: String? = nil,
        silencedBy: String? = nil,
        silenceReason: String? = nil,
        closedBy: String? = nil,
        mutedUntil: Timestamp? = nil,
        incident: String? = nil,
        told: [String: Severity] = [:],
        revision: Int = 0
    ) {
        self.id = id
        self.key = key
        self.version = version
        self.kind = kind
        self.method = method
        self.state = state
        self.severity = severity
        self.summary = summary
        self.openedAt = openedAt
        self.updatedAt = updatedAt
        self.closedAt = closedAt
        self.window = window
        self.statistic = statistic
        self.pValue = pValue
        self.threshold = threshold
        self.effect = effect
        self.features = features
        self.requestIDs = requestIDs
        self.verdictIDs = verdictIDs
        self.owner = owner
        self.runbookURL = runbookURL
        self.alarms = alarms
        self.calms = calms
        self.acknowledgedAt = acknowledgedAt
        self.silencedUntil = silencedUntil
        self.acknowledgedBy = acknowledgedBy
        self.silencedBy = silencedBy
        self.silenceReason = silenceReason
        self.closedBy = closedBy
        self.mutedUntil = mutedUntil
        self.incident = incident ?? Incident.id(ofFirst: id)
        self.told = told
        self.revision = revision
    }

    /// Whether nothing is to be sent about it at `time`.
    package func isSilenced(at time: Timestamp) -> Bool { silencedUntil.map { $0 > time } ?? false }
}
