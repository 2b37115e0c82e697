public import JSON

/// A size that says how much something matters, with an interval where one is known.
public struct Effect: Sendable, Hashable {
    /// What is measured: `ks_statistic`, `mmd2`, `share_flagged`.
    public var name: String
    /// The size.
    public var value: Double
    /// The lower end of its interval.
    public var low: Double?
    /// The upper end of its interval.
    public var high: Double?

    /// Makes an effect.
    public init(name: String, value: Double, low: Double? = nil, high: Double? = nil) {
        self.name = name
        self.value = value
        self.low = low
        self.high = high
    }

    /// The tree; NaN is null.
    public var json: JSONValue {
        ["name": .string(name), "value": .number(value), "low": JSONValue(low), "high": JSONValue(high)]
    }

    init(_ fields: DataFields) throws(CloudEventError) {
        self.init(
            name: try fields.string("name"),
            value: try fields.double("value"),
            low: try fields.optionalDouble("low"),
            high: try fields.optionalDouble("high")
        )
    }
}

/// The rows that a verdict on a window is about.
public struct WindowSpan: Sendable, Hashable {
    /// The event time of the first row.
    public var start: Timestamp
    /// The event time of the last row.
    public var end: Timestamp
    /// How many rows were judged.
    public var count: Int
    /// The place of the first row among all that the monitor took of its endpoint and version, from 0.
    public var positionFrom: UInt64
    /// The place of the last row.
    public var positionTo: UInt64
    /// The request id of the first row.
    public var firstID: String
    /// The request id of the last row.
    public var lastID: String

    /// Makes a span.
    public init(
        start: Timestamp,
        end: Timestamp,
        count: Int,
        positionFrom: UInt64,
        positionTo: UInt64,
        firstID: String,
        lastID: String
    ) {
        self.start = start
        self.end = end
        self.count = count
        self.positionFrom = positionFrom
        self.positionTo = positionTo
        self.firstID = firstID
        self.lastID = lastID
    }

    var json: JSONValue {
        [
            "start": JSONValue(start), "end": JSONValue(end), "count": JSONValue(count),
            "position_from": .integer(Int64(clamping: positionFrom)),
            "position_to": .integer(Int64(clamping: positionTo)),
            "first_id": .string(firstID), "last_id": .string(lastID),
        ]
    }

    init(_ fields: DataFields) throws(CloudEventError) {
        self.init(
            start: try fields.time("start"),
            end: try fields.time("end"),
            count: try fields.int("count"),
            positionFrom: UInt64(clamping: try fields.int("position_from")),
            positionTo: UInt64(clamping: try fields.int("position_to")),
            firstID: try fields.string("first_id"),
            lastID: try fields.string("last_id")
        )
    }
}

/// What a test found on one feature.
public struct FeatureFinding: Sendable, Hashable {
    /// The name of the column or of the model's output.
    public var name: String
    /// The test's statistic on it.
    public var statistic: Double
    /// The p-value on it alone, where the test has one.
    public var pValue: Double?
    /// How large the change is.
    public var effect: Double?

    /// Makes a finding.
    public init(name: String, statistic: Double, pValue: Double? = nil, effect: Double? = nil) {
        self.name = name
        self.statistic = statistic
        self.pValue = pValue
        self.effect = effect
    }

    var json: JSONValue {
        [
            "name": .string(name), "statistic": .number(statistic), "p_val": JSONValue(pValue),
            "effect": JSONValue(effect),
        ]
    }

    init(_ fields: DataFields) throws(CloudEventError) {
        self.init(
            name: try fields.string("name"),
            statistic: try fields.double("statistic"),
            pValue: try fields.optionalDouble("p_val"),
            effect: try fields.optionalDouble("effect")
        )
    }
}

/// One number of a joint test, or one a feature of tests feature by feature; the JSON is a number or a list.
public enum JointOrEach: Sendable, Hashable {
    /// Of all features together.
    case joint(Double)
    /// Feature by feature, in the order of the columns.
    case each([Double])

    /// The numbers, one for a joint test.
    public var values: [Double] {
        switch self {
        case .joint(let value): [value]
        case .each(let values): values
        }
    }

    /// The smallest number; NaN is passed over, and nil is what is left of nothing.
    public var smallest: Double? { values.filter { !$0.isNaN }.min() }
    /// The largest number; NaN is passed over.
    public var largest: Double? { values.filter { !$0.isNaN }.max() }

    var json: JSONValue {
        switch self {
        case .joint(let value): .number(value)
        case .each(let values): JSONValue(values)
        }
    }

    /// Nil where the member is missing or null.
    init?(_ name: String, of fields: DataFields) throws(CloudEventError) {
        guard let value = fields.object[name], !value.isNull else { return nil }
        if let number = value.double {
            self = .joint(number)
        } else {
            self = .each(try fields.required(try fields.optionalDoubles(name), name))
        }
    }
}
