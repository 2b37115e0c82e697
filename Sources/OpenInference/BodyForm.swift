import CloudEvents

/// How the bytes of a body are to be taken, before any dialect is asked.
enum BodyForm: Equatable {
    case json
    /// A protobuf message behind gRPC's five bytes.
    case gRPC
    /// Seldon's message, as gRPC carries it.
    case seldonMessage
    /// A protobuf message alone.
    case protobuf
    case csv
    case serverSentEvents
    /// A PNG or JPEG file.
    case image

    /// Decided by the content type where the bytes agree, otherwise by the first bytes.
    ///
    /// A content type alone is no proof, as KServe marks a response with that of its request: JSON is taken for JSON
    /// under every content type but protobuf's, whose messages may begin with what looks like white space and a brace.
    /// Nil for what is none of these.
    init?(_ body: [UInt8], _ hints: PayloadHints) {
        let isPlainJSON = hints.contentType == "application/json"  // what nearly all have is not taken apart
        let type = isPlainJSON ? "application/json" : hints.contentType.flatMap(MediaType.init)?.essence ?? ""
        let isCall = hints.path != nil && InferCall.mayBe(at: hints.path)
        if type.hasPrefix("application/grpc") || type.isEmpty, SeldonMessage.isCarried(at: hints.path),
            (body.first ?? 0) <= 1
        {
            self = .seldonMessage
        } else if (type.hasPrefix("application/grpc") || (type.isEmpty && isCall)) && (body.first ?? 0) <= 1 {
            // Messages of other services are of other kinds, and would be read as something that they are not.
            guard InferCall.mayBe(at: hints.path) else { return nil }
            self = .gRPC
        } else if Self.protobufTypes.contains(type), body.first != UInt8(ascii: "{") {
            self = .protobuf
        } else if let first = body.first(where: { ![0x20, 0x0A, 0x0D, 0x09].contains($0) }),
            first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        {
            self = .json
        } else if type == "text/event-stream" || ServerSentEvents.isStream(body) {
            self = .serverSentEvents
        } else if type == "text/csv" {
            self = .csv
        } else if type.hasPrefix("image/"), ImageFormat(body) != nil {
            self = .image
        } else {
            return nil
        }
    }

    private static let protobufTypes: Set<String> = [
        "application/protobuf", "application/x-protobuf", "application/vnd.google.protobuf",
    ]
}
