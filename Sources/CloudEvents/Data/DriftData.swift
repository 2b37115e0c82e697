import JSON

/// What a drift test said of a window: the `data` of `io.vedette.verdict.drift`.
public struct DriftData: Sendable, Hashable {
    /// How the monitor is after this window.
    public var status: VerdictStatus
    /// The test's own answer at `threshold`; nil where it did not test.
    public var isDrift: Bool?
    /// The p-values, where the test has them.
    public var pValue: JointOrEach?
    /// The test statistics.
    public var distance: JointOrEach?
    /// The significance that `isDrift` was told by; of a sequential test what its statistic has to pass.
    public var threshold: Double?
    /// What a sequential test has of its own; nil for a test of windows.
    public var sequence: SequenceData?
    /// What a joint test's statistic has to exceed at `threshold`, where the method knows it.
    public var distanceThreshold: Double?
    /// What a method has to say beside its test, by field.
    ///
    /// An event, which stays small, has those of ``eventDetails``.
    public var details: [String: [Double]] = [:]
    /// The smallest change that so many rows would have shown, where the method knows it.
    public var detectable: DetectableEffect?
    /// Which slices of the window changed, where some were asked for and the window drifted; the most striking first.
    public var slices: [SliceFinding] = []
    /// The level that the budget of false alarms allowed at this look.
    public var alarmLevel: Double?
    /// How large the change is.
    public var effect: Effect?
    /// The rows that were tested; nil while learning.
    public var window: WindowSpan?
    /// The newest rows of the window as `<requestid>#<row>`, the newest first, at most ``VerdictData/namedRows``.
    public var rows: [String]
    /// Findings feature by feature, the most striking first.
    public var features: [FeatureFinding]
    /// Whether the statistic or the p-value is an approximation.
    public var isApproximate: Bool
    /// Why the status is what it is, where a word helps.
    public var message: String?

    /// Makes the data of a drift verdict.
    public init(
        status: VerdictStatus,
        isDrift: Bool? = nil,
        pValue: JointOrEach? = nil,
        distance: JointOrEach? = nil,
        threshold: Double? = nil,
        sequence: SequenceData? = nil,
        distanceThreshold: Double? = nil,
        alarmLevel: Double? = nil,
        effect: Effect? = nil,
        window: WindowSpan? = nil,
        rows: [String] = [],
        features: [FeatureFinding] = [],
        isApproximate: Bool = false,
        message: String? = nil
    ) {
        self.status = status
        self.isDrift = isDrift
        self.pValue = pValue
        self.distance = distance
        self.threshold = threshold
        self.sequence = sequence
        self.distanceThreshold = distanceThreshold
        self.alarmLevel = alarmLevel
        self.effect = effect
        self.window = window
        self.rows = rows
        self.features = features
        self.isApproximate = isApproximate
        self.message = message
    }

    var json: JSONObject {
        var object: JSONObject = [
            "is_drift": JSONValue(flag: isDrift), "p_val": pValue?.json ?? .null, "distance": distance?.json ?? .null,
            "threshold": JSONValue(threshold), "alarm_level": JSONValue(alarmLevel), "status": .string(status.rawValue),
            "effect": effect?.json ?? .null, "window": window?.json ?? .null,
            "rows": JSONValue(rows), "features": .array(features.map(\.json)), "approximate": .bool(isApproximate),
            "message": JSONValue(message),
        ]
        sequence?.add(to: &object)
        if let detectable { object["minimum_detectable_effect"] = detectable.json }
        if !slices.isEmpty { object["slices"] = .array(slices.map(\.json)) }
        if let distanceThreshold { object["distance_threshold"] = JSONValue(distanceThreshold) }
        for (name, values) in details.sorted(by: { $0.key < $1.key }) where object[name] == nil {
            object[name] = .array(values.map { JSONValue($0) })
        }
        return object
    }

    init(_ fields: DataFields) throws(CloudEventError) {
        self.init(
            status: try fields.status(),
            isDrift: try fields.optionalFlag("is_drift"),
            pValue: try JointOrEach("p_val", of: fields),
            distance: try JointOrEach("distance", of: fields),
            threshold: try fields.optionalDouble("threshold"),
            sequence: try SequenceData(fields),
            distanceThreshold: try fields.optionalDouble("distance_threshold"),
            alarmLevel: try fields.optionalDouble("alarm_level"),
            effect: try fields.effect(),
            window: try fields.window(),
            rows: try fields.strings("rows"),
            features: try fields.features(),
            isApproximate: try fields.optionalBool("approximate") ?? false,
            message: try fields.optionalString("message")
        )
        if let part = try fields.optionalObject("minimum_detectable_effect") {
            detectable = try DetectableEffect(part)
        }
        for part in try fields.objects("slices") { slices.append(try SliceFinding(part)) }
        for name in Self.eventDetails { details[name] = try fields.optionalDoubles(name) }
    }

    /// The details that an event may carry, each with at most ``mostDetailValues`` numbers.
    public static let eventDetails: Set<String> = [
        "block_length", "diff_coeffs", "diffs", "kernel_eps", "kernel_sigma", "label_shares", "label_shares_high",
        "label_shares_low", "label_shift_p_val", "reconstruction_error",
    ]

    /// Numbers of one detail in an event, at most.
    public static let mostDetailValues = 1_024
}

extension DataFields {
    func status() throws(CloudEventError) -> VerdictStatus {
        guard let status = VerdictStatus(rawValue: try string("status")) else { throw error("status", "is not known") }
        return status
    }

    func effect() throws(CloudEventError) -> Effect? {
        guard let fields = try optionalObject("effect") else { return nil }
        return try Effect(fields)
    }

    func window() throws(CloudEventError) -> WindowSpan? {
        guard let fields = try optionalObject("window") else { return nil }
        return try WindowSpan(fields)
    }

    func features() throws(CloudEventError) -> [FeatureFinding] {
        var findings: [FeatureFinding] = []
        for fields in try objects("features") { findings.append(try FeatureFinding(fields)) }
        return findings
    }
}
