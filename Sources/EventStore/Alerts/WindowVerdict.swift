package import CloudEvents

/// What a verdict about a window of rows says, as far as alerts need it.
///
/// Verdicts about single instances are not window verdicts: single instances never alert.
package struct WindowVerdict: Sendable, Hashable {
    /// The kinds that say that a monitor cannot judge.
    static let kindsAboutJudging: Set<String> = ["quality", "silence"]

    /// Whether it says that the monitor cannot judge, rather than what it found.
    var isAboutJudging: Bool { Self.kindsAboutJudging.contains(kind) }

    package var key: Alert.Key
    package var version: String?
    /// The verdict's type without its prefix, `drift`, `outlier`, …; `silence` for a quality verdict of that reason.
    package var kind: String
    package var method: String?
    /// How the monitor stands, decided by the detector against its budget of false alarms.
    package var status: VerdictStatus
    /// The id of the verdict event.
    package var eventID: String
    package var window: Alert.Window
    package var statistic: Double?
    package var pValue: Double?
    package var threshold: Double?
    /// The p-value at which the monitor's own budget lets it alarm at this look; nil where the test has none.
    package var alarmLevel: Double?
    /// What the monitor's own configuration promises; nil where the verdict does not say.
    package var budget: AlarmRate?
    package var effect: Effect?
    package var features: [Alert.Feature]
    /// The requests or rows that it names.
    package var requestIDs: [String]
    package var owner: String?
    package var runbookURL: String?

    package init(
        key: Alert.Key,
        version: String? = nil,
        kind: String,
        method: String? = nil,
        status: VerdictStatus,
        eventID: String,
        window: Alert.Window = Alert.Window(),
        statistic: Double? = nil,
        pValue: Double? = nil,
        threshold: Double? = nil,
        alarmLevel: Double? = nil,
        budget: AlarmRate? = nil,
        effect: Effect? = nil,
        features: [Alert.Feature] = [],
        requestIDs: [String] = [],
        owner: String? = nil,
        runbookURL: String? = nil
    ) {
        self.key = key
        self.version = version
        self.kind = kind
        self.method = method
        self.status = status
        self.eventID = eventID
        self.window = window
        self.statistic = statistic
        self.pValue = pValue
        self.threshold = threshold
        self.alarmLevel = alarmLevel
        self.budget = budget
        self.effect = effect
        self.features = features
        self.requestIDs = requestIDs
        self.owner = owner
        self.runbookURL = runbookURL
    }
}
