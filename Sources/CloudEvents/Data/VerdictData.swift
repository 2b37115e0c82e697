public import JSON

/// The whole data of a verdict: `{"data": {…}, "meta": {…}}`, written and read here alone.
///
/// Field names and types are alibi-detect's where it has the field: `is_drift` and `is_outlier` are 0 or 1, NaN is null.
public struct VerdictData: Sendable, Hashable {
    /// The most rows or requests that one verdict names.
    public static let namedRows = 20

    /// What was judged, by kind of verdict.
    public enum Content: Sendable, Hashable {
        /// A drift test on a window.
        case drift(DriftData)
        /// Outlier scores of a request's rows.
        case outlier(InstanceData)
        /// Adversarial scores of a request's rows.
        case adversarial(InstanceData)
        /// Metrics over a window.
        case performance(WindowMetricsData)
        /// Rows that could not be used.
        case quality(QualityData)
        /// Metrics by group over a window.
        case fairness(WindowMetricsData)
    }

    /// What was judged.
    public var content: Content
    /// Who judged.
    public var meta: VerdictMeta

    /// Makes the data of a verdict.
    public init(_ content: Content, meta: VerdictMeta) {
        self.content = content
        self.meta = meta
    }

    /// The type of the event that carries it.
    public var eventType: String {
        switch content {
        case .drift: EventType.drift
        case .outlier: EventType.outlier
        case .adversarial: EventType.adversarial
        case .performance: EventType.performance
        case .quality: EventType.quality
        case .fairness: EventType.fairness
        }
    }

    /// The last part of the type, which is also `meta.detector_type`: `drift`.
    public var kind: String { String(eventType.dropFirst(EventType.verdictPrefix.count)) }

    /// How the monitor is.
    public var status: VerdictStatus {
        switch content {
        case .drift(let data): data.status
        case .outlier(let data), .adversarial(let data): data.status
        case .performance(let data), .fairness(let data): data.status
        case .quality(let data): data.status
        }
    }

    /// How large what was found is.
    public var effect: Effect? {
        switch content {
        case .drift(let data): data.effect
        case .outlier(let data), .adversarial(let data): data.effect
        case .performance(let data), .fairness(let data): data.effect
        case .quality: nil
        }
    }

    /// The window that it is about, nil for single requests.
    public var window: WindowSpan? {
        switch content {
        case .drift(let data): data.window
        case .outlier(let data), .adversarial(let data): data.window
        case .performance(let data), .fairness(let data): data.window
        case .quality: nil
        }
    }

    /// The tree.
    public var json: JSONValue {
        let found: JSONObject =
            switch content {
            case .drift(let data): data.json
            case .outlier(let data): data.json(flag: "is_outlier")
            case .adversarial(let data): data.json(flag: "is_adversarial")
            case .performance(let data), .fairness(let data): data.json
            case .quality(let data): data.json
            }
        var data = meta.judge
        for (name, value) in found { data[name] = value }
        return ["data": .object(data), "meta": meta.json(detectorType: kind)]
    }

    /// The compact text, ready to be an event's data.
    public func encoded() -> [UInt8] { json.serialized() }

    /// Reads the data of a verdict event.
    ///
    /// - Throws: `.verdictData` naming the member; also when the type is no verdict.
    public init(of event: CloudEvent) throws(CloudEventError) {
        try self.init(json: try event.dataTree(), type: event.type)
    }

    /// Reads the data of a verdict of a type.
    public init(json tree: JSONValue, type: String) throws(CloudEventError) {
        let data = try DataFields(tree["data"], "data")
        let content: Content =
            switch type {
            case EventType.drift: .drift(try DriftData(data))
            case EventType.outlier: .outlier(try InstanceData(data, flag: "is_outlier"))
            case EventType.adversarial: .adversarial(try InstanceData(data, flag: "is_adversarial"))
            case EventType.performance: .performance(try WindowMetricsData(data))
            case EventType.quality: .quality(try QualityData(data))
            case EventType.fairness: .fairness(try WindowMetricsData(data))
            default:
                throw CloudEventError(
                    .verdictData,
                    "\(type) is no verdict",
                    remedy: "Ask for one of \(EventType.verdicts)"
                )
            }
        self.init(content, meta: try VerdictMeta(try DataFields(tree["meta"], "meta"), data: data))
    }
}
