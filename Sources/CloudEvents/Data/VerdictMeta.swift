import JSON

/// Who judged what: the `meta` of a verdict.
///
/// `name`, `detector_type`, `data_type`, `online` and `version` are alibi-detect's; the rest is ours.
public struct VerdictMeta: Sendable, Hashable {
    /// The monitor's name.
    public var monitor: String
    /// The method's name, `MMDDrift` for example; written as `name` and as `method`.
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
        version: String
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
    }

    func json(detectorType: String) -> JSONValue {
        [
            "name": .string(method), "detector_type": .string(detectorType), "data_type": JSONValue(dataType),
            "online": .bool(isOnline), "version": .string(version), "monitor": .string(monitor),
            "method": .string(method),
            "config_hash": .string(configHash), "namespace": .string(namespace), "model": .string(model),
            "model_version": JSONValue(modelVersion), "endpoint": .string(endpoint), "component": .string(component),
        ]
    }

    init(_ fields: DataFields) throws(CloudEventError) {
        self.init(
            monitor: try fields.string("monitor"),
            method: try fields.string("method"),
            configHash: try fields.string("config_hash"),
            namespace: try fields.string("namespace"),
            model: try fields.string("model"),
            modelVersion: try fields.optionalString("model_version"),
            endpoint: try fields.string("endpoint"),
            component: try fields.string("component"),
            dataType: try fields.optionalString("data_type"),
            isOnline: try fields.optionalBool("online") ?? false,
            version: try fields.string("version")
        )
    }
}
