public import CloudEvents

/// What is known of a body beside its bytes.
public struct PayloadHints: Sendable, Hashable {
    /// The dialect, where somebody who saw the call says it; `.json` says that it is none that is known.
    public var dialect: PayloadDialect?
    /// The media type of the body.
    public var contentType: String?
    /// The path of the call.
    public var path: String?
    /// Which half of an exchange it is.
    public var role: Payload.Role?
    /// How many bytes of a V2 body are JSON: `Inference-Header-Content-Length`.
    public var jsonLength: Int?

    /// Makes hints.
    public init(
        dialect: PayloadDialect? = nil,
        contentType: String? = nil,
        path: String? = nil,
        role: Payload.Role? = nil,
        jsonLength: Int? = nil
    ) {
        self.dialect = dialect
        self.contentType = contentType
        self.path = path
        self.role = role
        self.jsonLength = jsonLength
    }

    /// What a payload event says of its data: its extensions `dialect`, `path` and `jsonlength`, its content type, and
    /// by its type which half it is.
    public init(_ event: CloudEvent) {
        self.init(
            dialect: event[extension: "dialect"].flatMap(PayloadDialect.init(rawValue:)),
            contentType: event.dataContentType,
            path: event[extension: "path"],
            jsonLength: event[extension: "jsonlength"].flatMap { Int($0) }
        )
        if EventType.isInferenceRequest(event.type) { role = .request }
        if EventType.isInferenceResponse(event.type) { role = .response }
    }

    /// The dialect by the extension, otherwise by the path; nil where both leave it open.
    var expected: PayloadDialect? {
        if let dialect, dialect != .json { return dialect }
        return path.map(PayloadDialect.init(path:)).flatMap { $0 == .json ? nil : $0 }
    }
}
