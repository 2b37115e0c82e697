import JSON

/// A metric over a window, with its interval.
public struct MetricValue: Sendable, Hashable {
    /// The metric as scikit-learn names it, `balanced_accuracy` for example.
    public var name: String
    /// The value; NaN where it is not defined.
    public var value: Double
    /// The lower end of its interval.
    public var low: Double?
    /// The upper end of its interval.
    public var high: Double?
    /// How many rows it rests on.
    public var count: Int
    /// The group of rows it is of, in fairness verdicts.
    public var group: String?

    /// Makes a value.
    public init(name: String, value: Double, low: Double? = nil, high: Double? = nil, count: Int, group: String? = nil)
    {
        self.name = name
        self.value = value
        self.low = low
        self.high = high
        self.count = count
        self.group = group
    }

    var json: JSONValue {
        [
            "name": .string(name), "value": .number(value), "low": JSONValue(low), "high": JSONValue(high),
            "count": JSONValue(count), "group": JSONValue(group),
        ]
    }

    init(_ fields: DataFields) throws(CloudEventError) {
        self.init(
            name: try fields.string("name"),
            value: try fields.double("value"),
            low: try fields.optionalDouble("low"),
            high: try fields.optionalDouble("high"),
            count: try fields.int("count"),
            group: try fields.optionalString("group")
        )
    }
}

/// How a model does over a window: the `data` of `io.vedette.verdict.performance` and `.fairness`.
public struct WindowMetricsData: Sendable, Hashable {
    /// How the monitor is.
    public var status: VerdictStatus
    /// The metrics; in a fairness verdict one for each group.
    public var metrics: [MetricValue]
    /// The value that the first metric must not fall below or, in a fairness verdict, the largest difference allowed.
    public var threshold: Double?
    /// The change, or the difference between groups.
    public var effect: Effect?
    /// The rows that were counted.
    public var window: WindowSpan?
    /// Whether the metrics were estimated without labels.
    public var isApproximate: Bool
    /// Why the status is what it is, where a word helps.
    public var message: String?

    /// Makes the data of a performance or fairness verdict.
    public init(
        status: VerdictStatus,
        metrics: [MetricValue],
        threshold: Double? = nil,
        effect: Effect? = nil,
        window: WindowSpan? = nil,
        isApproximate: Bool = false,
        message: String? = nil
    ) {
        self.status = status
        self.metrics = metrics
        self.threshold = threshold
        self.effect = effect
        self.window = window
        self.isApproximate = isApproximate
        self.message = message
    }

    var json: JSONObject {
        [
            "metrics": .array(metrics.map(\.json)), "threshold": JSONValue(threshold),
            "status": .string(status.rawValue),
            "effect": effect?.json ?? .null, "window": window?.json ?? .null, "approximate": .bool(isApproximate),
            "message": JSONValue(message),
        ]
    }

    init(_ fields: DataFields) throws(CloudEventError) {
        var metrics: [MetricValue] = []
        for metric in try fields.objects("metrics") { metrics.append(try MetricValue(metric)) }
        self.init(
            status: try fields.status(),
            metrics: metrics,
            threshold: try fields.optionalDouble("threshold"),
            effect: try fields.effect(),
            window: try fields.window(),
            isApproximate: try fields.optionalBool("approximate") ?? false,
            message: try fields.optionalString("message")
        )
    }
}
