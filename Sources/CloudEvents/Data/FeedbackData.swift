public import JSON

/// A label that came in: the data of `io.vedette.feedback`.
public struct FeedbackData: Sendable, Hashable {
    /// The request that it is for.
    public var requestID: String
    /// The row within the request.
    public var row: Int
    /// The output of the model that it is for, where there are several.
    public var output: String?
    /// The labels; one, unless a row has several.
    public var labels: [JSONValue]
    /// How much it counts.
    public var weight: Double?
    /// When it was known.
    public var time: Timestamp
    /// Counts corrections of one label from 0; the highest is the one that counts.
    public var revision: Int

    /// Makes feedback.
    public init(
        requestID: String,
        row: Int = 0,
        output: String? = nil,
        labels: [JSONValue],
        weight: Double? = nil,
        time: Timestamp,
        revision: Int = 0
    ) {
        self.requestID = requestID
        self.row = row
        self.output = output
        self.labels = labels
        self.weight = weight
        self.time = time
        self.revision = revision
    }

    /// The tree: one label as `label`, several as `labels`.
    public var json: JSONValue {
        var object: JSONObject = ["requestid": .string(requestID), "row": JSONValue(row)]
        if let output { object["output"] = .string(output) }
        if labels.count == 1 { object["label"] = labels[0] } else { object["labels"] = .array(labels) }
        if let weight { object["weight"] = .number(weight) }
        object["time"] = JSONValue(time)
        object["revision"] = JSONValue(revision)
        return .object(object)
    }

    /// Reads feedback.
    public init(json: JSONValue) throws(CloudEventError) {
        let fields = try DataFields(json, "feedback")
        let labels: [JSONValue]
        switch (fields.object["label"], fields.object["labels"]) {
        case (let label?, nil): labels = [label]
        case (nil, .array(let several)?): labels = several
        default: throw fields.error("label", "is missing, or both label and labels are there")
        }
        self.init(
            requestID: try fields.string("requestid"),
            row: try fields.optionalInt("row") ?? 0,
            output: try fields.optionalString("output"),
            labels: labels,
            weight: try fields.optionalDouble("weight"),
            time: try fields.time("time"),
            revision: try fields.optionalInt("revision") ?? 0
        )
    }
}

/// A label that met its prediction: the data of `io.vedette.outcome`.
public struct OutcomeData: Sendable, Hashable {
    /// The request.
    public var requestID: String
    /// The row within the request.
    public var row: Int
    /// What the model said.
    public var prediction: JSONValue
    /// What was true.
    public var label: JSONValue
    /// 0 or 1 for classes, the difference for numbers.
    public var error: Double
    /// The loss, where one is configured.
    public var loss: Double?
    /// Seconds from the answer to the label.
    public var delay: Double

    /// Makes an outcome.
    public init(
        requestID: String,
        row: Int,
        prediction: JSONValue,
        label: JSONValue,
        error: Double,
        loss: Double? = nil,
        delay: Double
    ) {
        self.requestID = requestID
        self.row = row
        self.prediction = prediction
        self.label = label
        self.error = error
        self.loss = loss
        self.delay = delay
    }

    /// The tree.
    public var json: JSONValue {
        [
            "requestid": .string(requestID), "row": JSONValue(row), "prediction": prediction, "label": label,
            "error": .number(error), "loss": JSONValue(loss), "delay": .number(delay),
        ]
    }

    /// Reads an outcome.
    public init(json: JSONValue) throws(CloudEventError) {
        let fields = try DataFields(json, "outcome")
        self.init(
            requestID: try fields.string("requestid"),
            row: try fields.int("row"),
            prediction: try fields.required(fields.object["prediction"], "prediction"),
            label: try fields.required(fields.object["label"], "label"),
            error: try fields.double("error"),
            loss: try fields.optionalDouble("loss"),
            delay: try fields.double("delay")
        )
    }
}
