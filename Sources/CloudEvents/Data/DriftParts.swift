public import JSON

/// The smallest change that a test of a window finds with a stated chance: whether silence means that nothing happened.
public struct DetectableEffect: Sendable, Hashable {
    /// What is measured: `ks_distance`, `total_variation`, `mmd`.
    public var name: String
    /// The change.
    public var value: Double
    /// The chance that a window with that change is found.
    public var power: Double
    /// The level that it is found at.
    public var level: Double

    /// Makes an effect.
    public init(name: String, value: Double, power: Double, level: Double) {
        self.name = name
        self.value = value
        self.power = power
        self.level = level
    }

    /// The tree.
    public var json: JSONValue {
        ["name": .string(name), "value": .number(value), "power": .number(power), "level": .number(level)]
    }

    init(_ fields: DataFields) throws(CloudEventError) {
        self.init(
            name: try fields.string("name"),
            value: try fields.double("value"),
            power: try fields.double("power"),
            level: try fields.double("level")
        )
    }
}

/// What was found in one slice of a window: rows that share a value, or a range of values, of one column.
public struct SliceFinding: Sendable, Hashable {
    /// Column and values: `region = 2`, `age 30 to 45`.
    public var name: String
    /// Rows of the slice in the window.
    public var count: Int
    /// Rows of the slice in the reference.
    public var referenceCount: Int
    /// The column that changed most within the slice.
    public var column: String
    /// How much it changed.
    public var effect: Double
    /// The p-value of the slice alone.
    public var pValue: Double
    /// The same, adjusted for the number of slices: those at or below a share q hold at most that share of false ones.
    public var adjustedPValue: Double
    /// Whether the slice changed, at the share of false ones that the monitor allows.
    public var isDrift: Bool

    /// Makes a finding.
    public init(
        name: String,
        count: Int,
        referenceCount: Int,
        column: String,
        effect: Double,
        pValue: Double,
        adjustedPValue: Double,
        isDrift: Bool
    ) {
        self.name = name
        self.count = count
        self.referenceCount = referenceCount
        self.column = column
        self.effect = effect
        self.pValue = pValue
        self.adjustedPValue = adjustedPValue
        self.isDrift = isDrift
    }

    /// The tree.
    public var json: JSONValue {
        [
            "name": .string(name), "count": .integer(Int64(count)), "reference_count": .integer(Int64(referenceCount)),
            "column": .string(column), "effect": .number(effect), "p_val": .number(pValue),
            "adjusted_p_val": .number(adjustedPValue), "is_drift": JSONValue(flag: isDrift),
        ]
    }

    init(_ fields: DataFields) throws(CloudEventError) {
        self.init(
            name: try fields.string("name"),
            count: try fields.int("count"),
            referenceCount: try fields.int("reference_count"),
            column: try fields.string("column"),
            effect: try fields.double("effect"),
            pValue: try fields.double("p_val"),
            adjustedPValue: try fields.double("adjusted_p_val"),
            isDrift: try fields.optionalFlag("is_drift") ?? false
        )
    }
}
