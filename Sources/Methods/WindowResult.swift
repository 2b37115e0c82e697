/// What a window test says of one window.
package struct WindowResult: Sendable, Equatable {
    /// The test's own answer: `pValue ≤ p_val` of the configuration, corrections included.
    package var isDrift: Bool
    /// One p-value that is valid for the whole window, corrections included; above 0, at most 1.
    ///
    /// An alarm compares it with the level that the budget allows.
    package var pValue: Double
    /// The test's p-values: by feature in column order, or a single one for a joint test.
    package var pValues: [Double]
    /// The statistics, in the order of `pValues`.
    package var distances: [Double]
    /// What a p-value of `pValues` has to be at most, correction included.
    package var threshold: Double
    /// What a joint test's statistic would have to reach at the configured level, where the method knows it.
    package var distanceThreshold: Double?
    /// How far the window is from the reference, with an interval.
    package var effect: Effect
    /// The smallest change that a window of so many rows would have shown; nil where nothing like that is known.
    package var detectable: DetectableEffect?
    /// The features one by one, worst first where they are ranked; empty for a joint test.
    package var features: [FeatureResult]
    /// The missing rate of each column that has missing values in reference or window, tested; usually empty.
    package var missing: [FeatureResult]
    /// Whether the features were tested jointly; otherwise `p_val` and `distance` of a verdict are arrays.
    package var jointly: Bool
    /// Rows that could not take part: a joint test leaves out rows with missing values.
    package var excludedRows: Int
    /// Whether the p-value is bounded or extrapolated and not computed as the method defines it.
    package var approximate: Bool
    /// What a method has to say beside its test, by the name of a verdict's field: learned differences, lengths of blocks.
    package var details: [String: [Double]]
    /// The same of each row that was judged, such as probabilities: too much for an event.
    package var rowDetails: [String: [Double]]

    /// Creates a result from its parts.
    package init(
        isDrift: Bool,
        pValue: Double,
        pValues: [Double],
        distances: [Double],
        threshold: Double,
        distanceThreshold: Double? = nil,
        effect: Effect,
        detectable: DetectableEffect? = nil,
        features: [FeatureResult] = [],
        missing: [FeatureResult] = [],
        jointly: Bool,
        excludedRows: Int = 0,
        approximate: Bool = false,
        details: [String: [Double]] = [:],
        rowDetails: [String: [Double]] = [:]
    ) {
        self.isDrift = isDrift
        self.pValue = pValue
        self.pValues = pValues
        self.distances = distances
        self.threshold = threshold
        self.distanceThreshold = distanceThreshold
        self.effect = effect
        self.detectable = detectable
        self.features = features
        self.missing = missing
        self.jointly = jointly
        self.excludedRows = excludedRows
        self.approximate = approximate
        self.details = details
        self.rowDetails = rowDetails
    }
}

/// The size of a difference, in a unit that does not grow with the number of rows.
package struct Effect: Sendable, Equatable {
    /// What is measured: `ks_distance`, `mmd`.
    package var name: String
    /// The estimate.
    package var value: Double
    /// The lower end of a 95 % interval.
    package var low: Double
    /// The upper end of a 95 % interval.
    package var high: Double

    /// Creates an effect from its parts.
    package init(name: String, value: Double, low: Double, high: Double) {
        self.name = name
        self.value = value
        self.low = low
        self.high = high
    }
}

/// The smallest change that a test finds with a stated chance, at the rows that it compared and the level that it was asked
/// for: whether silence means that nothing happened.
package struct DetectableEffect: Sendable, Equatable {
    /// What is measured, most often what ``Effect`` measures: `ks_distance`, `total_variation`.
    package var name: String
    /// The change.
    package var value: Double
    /// The chance with which it is found.
    package var power: Double
    /// The level that it is found at.
    package var level: Double

    /// The chance that all methods tell changes for.
    package static let power = 0.8

    /// Creates an effect from its parts.
    package init(name: String, value: Double, power: Double, level: Double) {
        self.name = name
        self.value = value
        self.power = power
        self.level = level
    }

    /// The change at the usual power, nil where none is found so often.
    ///
    /// - Parameter value: The change at a power.
    package init?(_ name: String, level: Double, _ value: (_ power: Double) -> Double?) {
        guard let found = value(Self.power), found.isFinite else { return nil }
        self.init(name: name, value: found, power: Self.power, level: level)
    }
}

/// What a test says of one feature.
package struct FeatureResult: Sendable, Equatable {
    /// The column's name where one is known, else its index.
    package var name: String
    /// The test's statistic.
    package var statistic: Double
    /// Its p-value, before corrections.
    package var pValue: Double
    /// How far the column is from the reference.
    package var effect: Double

    /// Creates a result from its parts.
    package init(name: String, statistic: Double, pValue: Double, effect: Double) {
        self.name = name
        self.statistic = statistic
        self.pValue = pValue
        self.effect = effect
    }
}
