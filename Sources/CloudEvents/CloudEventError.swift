import JSON

/// A message that is no CloudEvent, and the rule of the specification that it breaks.
public struct CloudEventError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, few and stable, so it can label a metric.
    public struct Code: Hashable, Sendable {
        /// The spelling used in logs and metrics.
        public let name: String

        /// Nothing says that this is an event: there is no `ce-specversion` and no structured content type.
        public static let notAnEvent = Code(name: "not_a_cloudevent")
        /// The version is not 1.0.
        public static let specVersion = Code(name: "cloudevent_specversion")
        /// A required attribute is missing or empty.
        public static let missingAttribute = Code(name: "cloudevent_missing_attribute")
        /// An attribute's value breaks the rule of its type.
        public static let attributeValue = Code(name: "cloudevent_attribute_value")
        /// An attribute's name is not `[a-z0-9]+`, or is reserved.
        public static let attributeName = Code(name: "cloudevent_attribute_name")
        /// An attribute is given twice.
        public static let duplicateAttribute = Code(name: "cloudevent_duplicate_attribute")
        /// A header's value cannot be decoded.
        public static let headerEncoding = Code(name: "cloudevent_header_encoding")
        /// The data does not fit the envelope: both members, no base64, not the JSON that the content type promises.
        public static let data = Code(name: "cloudevent_data")
        /// The envelope is not the JSON that the content type promises.
        public static let malformedJSON = Code(name: "cloudevent_malformed_json")
        /// An event format or a character set that we do not read.
        public static let unsupportedFormat = Code(name: "cloudevent_unsupported_format")
        /// The data of an event of ours is not what its type promises.
        public static let verdictData = Code(name: "cloudevent_verdict_data")
    }

    /// The kind of failure.
    public var code: Code
    /// What happened, with the name and the value seen.
    public var message: String
    /// The rule that was broken, as one says it.
    public var remedy: String
    /// The error underneath, kept whole.
    public var cause: (any Error)?

    /// Makes an error.
    public init(_ code: Code, _ message: String, remedy: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.cause = cause
    }

    init(json error: JSONError) {
        self.init(.malformedJSON, error.message + " at byte \(error.offset)", remedy: error.remedy, cause: error)
    }

    /// One line for a log or a terminal.
    public var description: String { "\(code.name): \(message). \(remedy)" }
}
