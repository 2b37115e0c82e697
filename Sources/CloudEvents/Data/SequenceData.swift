import JSON

/// What the verdict of a sequential test says beside that of a window test, by alibi-detect's names where it has them.
public struct SequenceData: Sendable, Hashable {
    /// Rows since the test began, or was reset.
    public var time: Int
    /// The expected rows to a false detection, where the test was calibrated to one.
    public var expectedRunTime: Double?
    /// The statistic that the threshold speaks of; nil while there is none.
    public var statistic: Double?
    /// The evidence against the reference as a factor, where the test has it.
    public var eValue: Double?

    /// Makes the data of a sequential test.
    public init(time: Int, expectedRunTime: Double? = nil, statistic: Double? = nil, eValue: Double? = nil) {
        self.time = time
        self.expectedRunTime = expectedRunTime
        self.statistic = statistic
        self.eValue = eValue
    }

    func add(to object: inout JSONObject) {
        object["time"] = .integer(Int64(time))
        object["ert"] = JSONValue(expectedRunTime)
        object["test_stat"] = JSONValue(statistic)
        object["e_value"] = JSONValue(eValue)
    }

    init?(_ fields: DataFields) throws(CloudEventError) {
        guard let time = try fields.optionalInt("time") else { return nil }
        self.init(
            time: time,
            expectedRunTime: try fields.optionalDouble("ert"),
            statistic: try fields.optionalDouble("test_stat"),
            eValue: try fields.optionalDouble("e_value")
        )
    }
}
