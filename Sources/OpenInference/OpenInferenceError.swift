import JSON
import Tensors

/// A payload that cannot be decoded or encoded, with the tensor and the field that stand in the way.
public struct OpenInferenceError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, few and stable, so it can label a metric.
    public struct Code: Hashable, Sendable {
        /// The spelling used in logs and metrics.
        public let name: String

        /// The body is not JSON, or not JSON of the right form.
        public static let malformed = Code(name: "malformed_payload")
        /// A field that has to be there is not.
        public static let missingField = Code(name: "missing_field")
        /// The datatype is unknown, or has no JSON form.
        public static let datatype = Code(name: "unsupported_datatype")
        /// Data and shape disagree, or the shape is impossible.
        public static let shapeMismatch = Code(name: "shape_mismatch")
        /// Binary data is shorter or longer than the message says.
        public static let sizeMismatch = Code(name: "size_mismatch")
        /// An element does not fit the datatype.
        public static let value = Code(name: "value_out_of_range")
        /// The payload is larger than the limits allow.
        public static let tooLarge = Code(name: "payload_too_large")
        /// Compressed bytes cannot be inflated.
        public static let compression = Code(name: "broken_compression")
        /// A picture whose file is broken, or of a kind that is not read.
        public static let image = Code(name: "broken_image")
        /// The payload follows no dialect that we read.
        public static let unknownDialect = Code(name: "unknown_dialect")
    }

    /// The kind of failure.
    public var code: Code
    /// What happened: `input "image": shape [1, 64] holds 64 elements and 63 were sent`.
    public var message: String
    /// What to do next.
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

    init(json error: JSONError, in place: String) {
        let code: Code =
            switch error.code {
            case .tooManyElements, .raggedArray: .shapeMismatch
            case .numberOutOfRange: .value
            default: .malformed
            }
        self.init(code, "\(place): \(error.message) at byte \(error.offset)", remedy: error.remedy, cause: error)
    }

    /// Runs a piece of JSON reading; its errors are told with the place where they happened.
    @inline(__always)
    static func reading<Value>(
        _ place: @autoclosure () -> String,
        _ body: () throws(JSONError) -> Value
    ) throws(OpenInferenceError) -> Value {
        do throws(JSONError) { return try body() } catch { throw OpenInferenceError(json: error, in: place()) }
    }

    init(tensor error: TensorError, in place: String) {
        let code: Code =
            switch error.code {
            case .malformed: .sizeMismatch
            case .valueNotRepresentable: .value
            default: .shapeMismatch
            }
        let message = error.message.hasPrefix(place) ? error.message : "\(place): \(error.message)"
        self.init(code, message, remedy: "Make shape, datatype and data agree", cause: error)
    }

    /// One line for a log or a terminal.
    public var description: String { "\(code.name): \(message). \(remedy)" }
}
