import JSON

/// Rows that a monitor could not use, counted by reason: the `data` of `io.vedette.verdict.quality`.
public struct QualityData: Sendable, Hashable {
    /// How the monitor is.
    public var status: VerdictStatus
    /// Why: `undecodable`, `wrong_shape`, `no_reference_for_version`, `late`, `unpaired`.
    public var reason: String
    /// How many rows or payloads, within the minute.
    public var count: Int
    /// How many came in all, within the minute.
    public var total: Int?
    /// Some of the requests.
    public var requestIDs: [String]
    /// The minute's beginning.
    public var start: Timestamp
    /// The minute's end.
    public var end: Timestamp
    /// An example in words.
    public var message: String?

    /// Makes the data of a quality verdict; request ids beyond the twentieth are left out.
    public init(
        status: VerdictStatus,
        reason: String,
        count: Int,
        total: Int? = nil,
        requestIDs: [String] = [],
        start: Timestamp,
        end: Timestamp,
        message: String? = nil
    ) {
        self.status = status
        self.reason = reason
        self.count = count
        self.total = total
        self.requestIDs = Array(requestIDs.prefix(VerdictData.namedRows))
        self.start = start
        self.end = end
        self.message = message
    }

    var json: JSONObject {
        [
            "reason": .string(reason), "count": JSONValue(count), "total": JSONValue(total),
            "request_ids": JSONValue(requestIDs), "start": JSONValue(start), "end": JSONValue(end),
            "status": .string(status.rawValue), "message": JSONValue(message),
        ]
    }

    init(_ fields: DataFields) throws(CloudEventError) {
        self.init(
            status: try fields.status(),
            reason: try fields.string("reason"),
            count: try fields.int("count"),
            total: try fields.optionalInt("total"),
            requestIDs: try fields.strings("request_ids"),
            start: try fields.time("start"),
            end: try fields.time("end"),
            message: try fields.optionalString("message")
        )
    }
}
