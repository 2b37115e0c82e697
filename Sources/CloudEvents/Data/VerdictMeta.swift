import JSON

/// Who judged what.
///
/// `monitor`, `method` and `config_hash` stand in a verdict's `data`, beside what was found; all else is its `meta`, where
/// `name`, `detector_type`, `data_type`, `online` and `version` are alibi-detect's and the rest is ours.
public struct VerdictMeta: Sendable, Hashable {
    /// The monitor's name.
    public var monitor: String
    /// The method's name, `MMDDrift` for example; `method` in `data`, and `name` in `meta`.
    public var method: String
    /// The hash of the monitor's configuration.
    public var configHash: String
    /// The namespace of the model.
    public var namespace: String
    /// The model that is watched.
    public var model: String
    /// Its version, where the monitor tells versions apart.
    public var modelVersion: String?
    /// The endpoint of the model.
    public var endpoint: String
    /// The component of the model.
    public var component: String
    /// `tabular`, `image`, `text` or `series`, where it is known.
    public var dataType: String?
    /// Whether the method judges row by row.
    public var isOnline: Bool
    /// The version of Vedette that judged.
    public var version: String
    /// Who answers for the model, as the monitor's configuration says.
    public var owner: String?
    /// Where the steps to take are written, as the monitor's configuration says.
    public var runbookURL: String?
    /// How many false alarms a day the monitor's budget allows it, at each endpoint.
    public var falseAlarmsPerDay: Double?

    /// Makes the meta data of a verdict.
    public init(
        monitor: String,
        method: String,
        configHash: String,
        namespace: String = "default",
        model: String,
        modelVersion: String? = nil,
        endpoint: String = "default",
        component: String = "predictor",
        dataType: String? = nil,
        isOnline: Bool = false,
        version: String,
        owner: String? = nil,
        runbookURL: String? = nil,
        falseAlarmsPerDay: Double? = nil
    ) {
        self.monitor = monitor
        self.method = method
        self.configHash = configHash
        self.namespace = namespace
        self.model = model
        self.modelVersion = modelVersion
        self.endpoint = endpoint
        self.component = component
        self.dataType = dataType
        self.isOnline = isOnline
        self.version = version
        self.owner = owner
        self.runbookURL = runbookURL
        self.falseAlarmsPerDay = falseAlarmsPerDay
    }

    /// What of it stands in `data`.
    var judge: JSONObject {
        ["monitor": .string(monitor), "method": .string(method), "config_hash": .string(configHash)]
    }

    /// What of it stands in `meta`.
    func json(detectorType: String) -> JSONValue {
        var object: JSONObject = [
            "name": .string(method), "detector_type": .string(detectorType), "data_type": JSONValue(dataType),
            "online": .bool(isOnline), "version": .string(version), "namespace": .string(namespace),
            "model": .string(model), "model_version": JSONValue(modelVersion), "endpoint": .string(endpoint),
            "component": .string(component), "owner": JSONValue(owner), "runbook_url": JSONValue(runbookURL),
        ]
        if let falseAlarmsPerDay { object["false_alarms_per_day"] = .number(falseAlarmsPerDay) }
        return .object(object)
    }

    init(_ fields: DataFields, data: DataFields) throws(CloudEventError) {
        self.init(
            monitor: try data.string("monitor"),
            method: try data.string("method"),
            configHash: try data.string("config_hash"),
            namespace: try fields.string("namespace"),
            model: try fields.string("model"),
            modelVersion: try fields.optionalString("model_version"),
            endpoint: try fields.string("endpoint"),
            component: try fields.string("component"),
            dataType: try fields.optionalString("data_type"),
            isOnline: try fields.optionalBool("online") ?? false,
            version: try fields.string("version"),
            owner: try fields.optionalString("owner"),
            runbookURL: try fields.optionalString("runbook_url"),
            falseAlarmsPerDay: try fields.optionalDouble("false_alarms_per_day")
        )
    }
}
