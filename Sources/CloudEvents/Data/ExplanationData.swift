public import JSON

/// What each part of an input did for an answer.
public struct Attribution: Sendable, Hashable {
    /// The tensor that was attributed to.
    public var name: String
    /// Its shape for one row.
    public var shape: [Int]
    /// The attributions in row-major order, in units of the output.
    public var values: [Double]

    /// Makes an attribution.
    public init(name: String, shape: [Int], values: [Double]) {
        self.name = name
        self.shape = shape
        self.values = values
    }
}

/// Why a model answered as it did: the data of `io.vedette.explanation`, for one row.
///
/// The frame, `meta` with `name`, `type`, `explanations`, `params`, and `data`, is alibi's.
public struct ExplanationData: Sendable, Hashable {
    /// The explainer's name.
    public var explainer: String
    /// The method's name, `IntegratedGradients` for example.
    public var method: String
    /// The method's parameters as they were used.
    public var parameters: JSONObject
    /// The hash of the explainer's configuration.
    public var configHash: String
    /// The namespace of the model.
    public var namespace: String
    /// The model that was explained.
    public var model: String
    /// Its version.
    public var modelVersion: String?
    /// The version of Vedette that explained.
    public var version: String
    /// The request that the row came with.
    public var requestID: String?
    /// The position of the row within the request.
    public var row: Int
    /// The output that was explained.
    public var target: Int
    /// What the model answered for the row.
    public var predictions: [Double]
    /// The attributions, one for each input tensor.
    public var attributions: [Attribution]
    /// How far the attributions' sum is from the difference of outputs that they explain.
    public var delta: Double?
    /// The alert that asked.
    public var alertID: String?

    /// Makes an explanation.
    public init(
        explainer: String,
        method: String,
        parameters: JSONObject = [:],
        configHash: String,
        namespace: String = "default",
        model: String,
        modelVersion: String? = nil,
        version: String,
        requestID: String? = nil,
        row: Int,
        target: Int,
        predictions: [Double],
        attributions: [Attribution],
        delta: Double? = nil,
        alertID: String? = nil
    ) {
        self.explainer = explainer
        self.method = method
        self.parameters = parameters
        self.configHash = configHash
        self.namespace = namespace
        self.model = model
        self.modelVersion = modelVersion
        self.version = version
        self.requestID = requestID
        self.row = row
        self.target = target
        self.predictions = predictions
        self.attributions = attributions
        self.delta = delta
        self.alertID = alertID
    }

    /// The tree.
    public var json: JSONValue {
        [
            "data": [
                "requestid": JSONValue(requestID), "row": JSONValue(row), "target": JSONValue(target),
                "predictions": JSONValue(predictions),
                "attributions": .array(
                    attributions.map {
                        ["name": .string($0.name), "shape": JSONValue($0.shape), "values": JSONValue($0.values)]
                    }
                ), "delta": JSONValue(delta), "alert_id": JSONValue(alertID),
            ],
            "meta": [
                "name": .string(method), "type": ["whitebox"], "explanations": ["local"], "params": .object(parameters),
                "version": .string(version), "explainer": .string(explainer), "config_hash": .string(configHash),
                "namespace": .string(namespace), "model": .string(model), "model_version": JSONValue(modelVersion),
            ],
        ]
    }

    /// Reads the data of an explanation event.
    public init(of event: CloudEvent) throws(CloudEventError) {
        let tree = try event.dataTree()
        let data = try DataFields(tree["data"], "data")
        let meta = try DataFields(tree["meta"], "meta")
        var attributions: [Attribution] = []
        for fields in try data.objects("attributions") {
            let values = try fields.required(try fields.optionalDoubles("values"), "values")
            let shape = try fields.ints("shape")
            guard shape.reduce(1, *) == values.count else {
                throw fields.error("values", "does not fit the shape \(shape)")
            }
            attributions.append(Attribution(name: try fields.string("name"), shape: shape, values: values))
        }
        self.init(
            explainer: try meta.string("explainer"),
            method: try meta.string("name"),
            parameters: try meta.optionalObject("params")?.object ?? [:],
            configHash: try meta.string("config_hash"),
            namespace: try meta.string("namespace"),
            model: try meta.string("model"),
            modelVersion: try meta.optionalString("model_version"),
            version: try meta.string("version"),
            requestID: try data.optionalString("requestid"),
            row: try data.int("row"),
            target: try data.int("target"),
            predictions: try data.required(try data.optionalDoubles("predictions"), "predictions"),
            attributions: attributions,
            delta: try data.optionalDouble("delta"),
            alertID: try data.optionalString("alert_id")
        )
    }

    /// The event that carries it; its id depends on the explainer, its configuration, the request, the row and the target.
    ///
    /// - Parameter causationID: The id of the event that asked, a verdict or an alert.
    public func event(time: Timestamp, causationID: String?) throws(CloudEventError) -> CloudEvent {
        let correlation = "\(explainer)@\(configHash)"
        let judged = ExchangeIdentity.rowID(requestID: requestID ?? "unnamed", row: row)
        var extensions: [String: CloudEventValue] = [
            "namespace": .string(namespace), "model": .string(model), "correlationid": .string(correlation),
        ]
        if let requestID { extensions["requestid"] = .string(requestID) }
        if let modelVersion { extensions["modelversion"] = .string(modelVersion) }
        if let causationID { extensions["causationid"] = .string(causationID) }
        return try CloudEvent(
            id: "\(correlation):explanation:\(judged):\(target)",
            source: EventSource.path(namespace: namespace, name: explainer),
            type: EventType.explanation,
            time: time,
            dataContentType: "application/json",
            extensions: extensions,
            data: json.serialized()
        )
    }
}

extension CloudEvent {
    /// The data as JSON.
    ///
    /// - Throws: `.data` where there is none, `.malformedJSON` where it is none.
    public func dataTree() throws(CloudEventError) -> JSONValue {
        guard let data else { throw CloudEventError(.data, "\(type) has no data", remedy: "Send it with its data") }
        do throws(JSONError) { return try JSONValue(parsing: data) } catch { throw CloudEventError(json: error) }
    }
}
