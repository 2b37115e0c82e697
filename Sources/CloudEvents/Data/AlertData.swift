public import JSON

/// Something that a person should look at: the data of `io.vedette.alert`, and what the request logger answers.
public struct AlertData: Sendable, Hashable {
    /// Where an alert is in its life.
    public enum State: String, Sendable, Hashable, Codable, CaseIterable {
        /// Nobody has looked at it.
        case open
        /// Somebody has.
        case acknowledged
        /// What raised it is over, and may come back.
        case recovering
        /// It is over.
        case closed
    }

    /// How urgent it is.
    public enum Severity: String, Sendable, Hashable, Codable, CaseIterable {
        /// Worth knowing.
        case info
        /// Worth a look today.
        case warning
        /// Worth a look now.
        case critical
    }

    /// The alert's name.
    public var id: String
    /// The namespace of the model.
    public var namespace: String
    /// The model.
    public var model: String
    /// Its version.
    public var version: String?
    /// The endpoint of the model.
    public var endpoint: String
    /// The monitor that raised it.
    public var monitor: String
    /// `drift`, `outlier`, `adversarial`, `performance`, `quality`, `fairness` or `silence`.
    public var kind: String
    /// Where it is in its life.
    public var state: State
    /// How urgent it is.
    public var severity: Severity
    /// One sentence.
    public var summary: String
    /// When it was opened.
    public var openedAt: Timestamp
    /// When it last changed.
    public var updatedAt: Timestamp
    /// When it was closed.
    public var closedAt: Timestamp?
    /// The last window that raised it.
    public var window: WindowSpan?
    /// The test's statistic.
    public var statistic: Double?
    /// The test's p-value.
    public var pValue: Double?
    /// What it was compared with.
    public var threshold: Double?
    /// How large it is.
    public var effect: Effect?
    /// The features that stand out.
    public var features: [FeatureFinding]
    /// Some of the requests.
    public var requestIDs: [String]
    /// The verdicts that it is made of.
    public var verdictIDs: [String]
    /// Who is to look at it.
    public var owner: String?
    /// Where it says what to do.
    public var runbookURL: String?

    /// Makes an alert.
    public init(
        id: String,
        namespace: String,
        model: String,
        version: String? = nil,
        endpoint: String = "default",
        monitor: String,
        kind: String,
        state: State,
        severity: Severity,
        summary: String,
        openedAt: Timestamp,
        updatedAt: Timestamp,
        closedAt: Timestamp? = nil,
        window: WindowSpan? = nil,
        statistic: Double? = nil,
        pValue: Double? = nil,
        threshold: Double? = nil,
        effect: Effect? = nil,
        features: [FeatureFinding] = [],
        requestIDs: [String] = [],
        verdictIDs: [String] = [],
        owner: String? = nil,
        runbookURL: String? = nil
    ) {
        self.id = id
        self.namespace = namespace
        self.model = model
        self.version = version
        self.endpoint = endpoint
        self.monitor = monitor
        self.kind = kind
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
    }

    /// The tree, its members those of the contract.
    public var json: JSONValue {
        [
            "id": .string(id), "namespace": .string(namespace), "model": .string(model), "version": JSONValue(version),
            "endpoint": .string(endpoint), "monitor": .string(monitor), "kind": .string(kind),
            "state": .string(state.rawValue), "severity": .string(severity.rawValue), "summary": .string(summary),
            "opened_at": JSONValue(openedAt), "updated_at": JSONValue(updatedAt), "closed_at": JSONValue(closedAt),
            "window": window?.json ?? .null, "statistic": JSONValue(statistic), "p_value": JSONValue(pValue),
            "threshold": JSONValue(threshold), "effect": effect?.json ?? .null,
            "features": .array(features.map(\.json)),
            "request_ids": JSONValue(requestIDs), "verdict_ids": JSONValue(verdictIDs), "owner": JSONValue(owner),
            "runbook_url": JSONValue(runbookURL),
        ]
    }

    /// Reads an alert.
    public init(json: JSONValue) throws(CloudEventError) {
        let fields = try DataFields(json, "alert")
        guard let state = State(rawValue: try fields.string("state")) else {
            throw fields.error("state", "is not known")
        }
        guard let severity = Severity(rawValue: try fields.string("severity")) else {
            throw fields.error("severity", "is not known")
        }
        self.init(
            id: try fields.string("id"),
            namespace: try fields.string("namespace"),
            model: try fields.string("model"),
            version: try fields.optionalString("version"),
            endpoint: try fields.string("endpoint"),
            monitor: try fields.string("monitor"),
            kind: try fields.string("kind"),
            state: state,
            severity: severity,
            summary: try fields.string("summary"),
            openedAt: try fields.time("opened_at"),
            updatedAt: try fields.time("updated_at"),
            closedAt: try fields.optionalTime("closed_at"),
            window: try fields.window(),
            statistic: try fields.optionalDouble("statistic"),
            pValue: try fields.optionalDouble("p_value"),
            threshold: try fields.optionalDouble("threshold"),
            effect: try fields.effect(),
            features: try fields.features(),
            requestIDs: try fields.strings("request_ids"),
            verdictIDs: try fields.strings("verdict_ids"),
            owner: try fields.optionalString("owner"),
            runbookURL: try fields.optionalString("runbook_url")
        )
    }

    /// The event that tells of its present state.
    ///
    /// - Parameter causationID: The id of the verdict that changed it.
    public func event(causationID: String?) throws(CloudEventError) -> CloudEvent {
        var extensions: [String: CloudEventValue] = [
            "namespace": .string(namespace), "model": .string(model), "endpoint": .string(endpoint),
            "correlationid": .string(id),
        ]
        if let causationID { extensions["causationid"] = .string(causationID) }
        return try CloudEvent(
            id: "\(id):\(state.rawValue):\(updatedAt.nanoseconds)",
            source: EventSource.path(namespace: namespace, name: "request-logger"),
            type: EventType.alert,
            subject: id,
            time: updatedAt,
            dataContentType: "application/json",
            extensions: extensions,
            data: json.serialized()
        )
    }
}
