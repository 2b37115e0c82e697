import JSON

/// What a detector said of the rows of one request: the `data` of `io.vedette.verdict.outlier` and `.adversarial`.
///
/// The lists have one element a row, in the order of the request. A verdict on a window sums up many requests: its
/// lists are empty, `flaggedRows` names some of the rows that were flagged, and `effect` holds the flagged share, since
/// single rows never alert.
public struct InstanceData: Sendable, Hashable {
    /// How the monitor is.
    public var status: VerdictStatus
    /// Whether each row's score is above the threshold; `is_outlier` or `is_adversarial`.
    public var isFlagged: [Bool]
    /// The scores; higher is stranger.
    public var scores: [Double]
    /// The share of calibration rows at least as strange, where the detector was calibrated.
    public var pValues: [Double]?
    /// The score above which a row is flagged.
    public var threshold: Double
    /// Scores by row and feature, where the method has them and was asked.
    public var featureScores: [[Double]]?
    /// The class of each row after the defence, where an adversarial detector corrects; absent elsewhere.
    public var corrected: [Int]?
    /// The positions of the judged rows within the request.
    public var rows: [Int]
    /// For a summary, the rows that were flagged as `<requestid>#<row>`, the newest first, at most
    /// ``VerdictData/namedRows``; they take the place of `rows` in JSON.
    public var flaggedRows: [String]
    /// For a summary of a window, the flagged share against the promised rate.
    public var effect: Effect?
    /// For a summary, the rows that it covers.
    public var window: WindowSpan?
    /// For a summary, the p-value of the flagged share under the promised rate.
    public var windowPValue: Double?
    /// For a summary, the level that the budget of false alarms allowed at this look.
    public var alarmLevel: Double?
    /// Findings feature by feature, the most striking first.
    public var features: [FeatureFinding]
    /// Whether scores are approximations.
    public var isApproximate: Bool
    /// Why the status is what it is, where a word helps.
    public var message: String?

    /// Makes the data of an instance verdict.
    public init(
        status: VerdictStatus,
        isFlagged: [Bool],
        scores: [Double],
        pValues: [Double]? = nil,
        threshold: Double,
        featureScores: [[Double]]? = nil,
        corrected: [Int]? = nil,
        rows: [Int],
        flaggedRows: [String] = [],
        effect: Effect? = nil,
        window: WindowSpan? = nil,
        windowPValue: Double? = nil,
        alarmLevel: Double? = nil,
        features: [FeatureFinding] = [],
        isApproximate: Bool = false,
        message: String? = nil
    ) {
        self.status = status
        self.isFlagged = isFlagged
        self.scores = scores
        self.pValues = pValues
        self.threshold = threshold
        self.featureScores = featureScores
        self.corrected = corrected
        self.rows = rows
        self.flaggedRows = flaggedRows
        self.effect = effect
        self.window = window
        self.windowPValue = windowPValue
        self.alarmLevel = alarmLevel
        self.features = features
        self.isApproximate = isApproximate
        self.message = message
    }

    func json(flag: String) -> JSONObject {
        var object: JSONObject = [
            flag: .array(isFlagged.map { JSONValue(flag: $0) }), "instance_score": JSONValue(scores),
            "p_value": JSONValue(pValues), "threshold": .number(threshold),
            "feature_score": featureScores.map { .array($0.map { JSONValue($0) }) } ?? .null,
            "rows": window == nil ? JSONValue(rows) : JSONValue(flaggedRows),
            "status": .string(status.rawValue), "effect": effect?.json ?? .null, "window": window?.json ?? .null,
            "window_p_val": JSONValue(windowPValue), "alarm_level": JSONValue(alarmLevel),
            "features": .array(features.map(\.json)), "approximate": .bool(isApproximate),
            "message": JSONValue(message),
        ]
        if let corrected { object["corrected"] = JSONValue(corrected) }
        return object
    }

    init(_ fields: DataFields, flag: String) throws(CloudEventError) {
        let isFlagged = try fields.flags(flag)
        let scores = try fields.required(try fields.optionalDoubles("instance_score"), "instance_score")
        let window = try fields.window()
        guard scores.count == isFlagged.count else { throw fields.error("instance_score", "has not one score a row") }
        self.init(
            status: try fields.status(),
            isFlagged: isFlagged,
            scores: scores,
            pValues: try fields.optionalDoubles("p_value"),
            threshold: try fields.double("threshold"),
            featureScores: try fields.list("feature_score", "a list of lists of numbers") { row -> [Double]? in
                guard let values = row.array else { return nil }
                let numbers = values.compactMap(DataFields.number)
                return numbers.count == values.count ? numbers : nil
            },
            corrected: try fields.list("corrected", "a list of integers") { $0.int },
            rows: window == nil ? try fields.ints("rows") : [],
            flaggedRows: window == nil ? [] : try fields.strings("rows"),
            effect: try fields.effect(),
            window: window,
            windowPValue: try fields.optionalDouble("window_p_val"),
            alarmLevel: try fields.optionalDouble("alarm_level"),
            features: try fields.features(),
            isApproximate: try fields.optionalBool("approximate") ?? false,
            message: try fields.optionalString("message")
        )
    }
}
