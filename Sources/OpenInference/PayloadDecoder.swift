public import CloudEvents
import JSON
import Tensors

/// Decodes the body of an event or of a call into a ``Payload``, finding out which dialect it is written in.
///
/// The dialect is found in this order, and each step only settles what the bytes leave open:
///
/// 1. a ``PayloadMapping`` that is configured for the model's bodies;
/// 2. the extension `dialect` of the event, unless it is `json`;
/// 3. the content type, where the bytes agree with it: gRPC and protobuf, CSV, server-sent events, pictures;
/// 4. the path of the call;
/// 5. the members of the JSON object.
///
/// A body that shows none of these is refused, and so is one that breaks the rules of its own dialect.
public struct PayloadDecoder: Sendable {
    /// What a payload may ask of memory.
    public var limits: PayloadLimits
    /// Where the tensors are in bodies that follow no dialect.
    public var mapping: PayloadMapping?

    /// Makes a decoder.
    public init(limits: PayloadLimits = .standard, mapping: PayloadMapping? = nil) {
        self.limits = limits
        self.mapping = mapping
    }

    /// Decodes the data of a payload event, helped by what the event says of them.
    public func decode(_ event: CloudEvent) throws(OpenInferenceError) -> Payload {
        try decode(event.data ?? [], PayloadHints(event))
    }

    /// Decodes a body.
    ///
    /// Compression is told by its first bytes, since Knative may drop `Content-Encoding` on the way and KServe never
    /// sends it. A V2 body whose `Inference-Header-Content-Length` was lost is split where its JSON object ends.
    ///
    /// - Parameters:
    ///   - data: The body as received.
    ///   - hints: What else is known of it.
    /// - Throws: `.unknownDialect` for what follows none; otherwise the first fault.
    public func decode(_ data: [UInt8], _ hints: PayloadHints = PayloadHints()) throws(OpenInferenceError) -> Payload {
        let body = try Compression.inflatedIfCompressed(data, limit: limits.inflatedBytes)
        let role = hints.role ?? .request
        if let entries = mapping?.entries(role), !entries.isEmpty {
            return try PayloadMapping.decode(body, entries, role: role, limits)
        }
        switch BodyForm(body, hints) {
        case .json: return try decodeJSON(body, hints)
        case .gRPC: return try InferCall.decode(body, role: role, path: hints.path, limits)
        case .seldonMessage: return try SeldonMessage.decode(body, role: role, limits)
        case .protobuf: return try InferMessage.decode(body, role: role, limits)
        case .csv: return try CSVPayload.decode(body, role: role, dialect: hints.expected ?? .mlflow, limits)
        case .serverSentEvents: return try decodeStream(body, hints)
        case .image:
            let image = NamedTensor(name: "image", tensor: .bytes(shape: [1], values: [body]))
            return Payload(dialect: hints.expected ?? .json, role: role, tensors: [image])
        case nil: throw Self.unknown("the body is no JSON object", hints)
        }
    }

    private func decodeJSON(_ body: [UInt8], _ hints: PayloadHints) throws(OpenInferenceError) -> Payload {
        guard hints.jsonLength == nil else { return try decodeV2(body, hints) }
        let role = hints.role ?? .request
        switch BodyKind(of: body, expecting: hints.expected) {
        case .openInference: return try decodeV2(body, hints)
        case .seldon:
            return try reading(body) { reader throws(OpenInferenceError) in
                try SeldonPayload.decode(&reader, role: role, limits)
            }
        case .tensorFlowServing(let member):
            let dialect: PayloadDialect = hints.expected == .mlflow ? .mlflow : .tensorFlowServing
            return try reading(body) { reader throws(OpenInferenceError) in
                try TensorFlowServingPayload.decode(&reader, member: member, dialect: dialect, limits)
            }
        case .mlflow(let member):
            return try reading(body) { reader throws(OpenInferenceError) in
                try MLflowPayload.decode(&reader, member: member, limits)
            }
        case .generatedText: return try decodeText(tree(body), hints)
        case nil where hints.expected == .mlflow && role == .response:
            return try reading(body) { reader throws(OpenInferenceError) in
                try MLflowPayload.decodeBare(&reader, limits)
            }
        case nil:
            guard Self.isObject(body) else { throw Self.unknown("the body is JSON, and no object", hints) }
            return try decodeV2(body, hints)
        }
    }

    private static func isObject(_ body: [UInt8]) -> Bool {
        body.first { ![0x20, 0x0A, 0x0D, 0x09].contains($0) } == UInt8(ascii: "{")
    }

    private static func unknown(_ what: String, _ hints: PayloadHints) -> OpenInferenceError {
        OpenInferenceError(
            .unknownDialect,
            "\(what), and its content type is \(hints.contentType?.prefix(64) ?? "not given")",
            remedy: dialects
        )
    }

    private func decodeV2(_ body: [UInt8], _ hints: PayloadHints) throws(OpenInferenceError) -> Payload {
        guard hints.jsonLength != 0 else {
            throw OpenInferenceError(
                .missingField,
                "a raw body, whose datatype and shape only its model knows",
                remedy: "Send datatype and shape with the elements"
            )
        }
        let message = try Message.decode(body, jsonLength: hints.jsonLength, nulls: .missing, limits: limits)
        if let inputs = message.inputs {
            return Payload(dialect: .openInference, role: .request, tensors: inputs, id: message.id)
        }
        guard let outputs = message.outputs else {
            throw OpenInferenceError(
                .unknownDialect,
                "the body has no member that tells a dialect",
                remedy: Self.dialects
            )
        }
        return Payload(
            dialect: .openInference,
            role: .response,
            tensors: outputs,
            id: message.id,
            modelName: message.modelName,
            modelVersion: message.modelVersion
        )
    }

    private func decodeText(_ body: JSONValue, _ hints: PayloadHints) throws(OpenInferenceError) -> Payload {
        try GeneratedText(limits: limits).decode(body, dialect: hints.expected ?? .openAI)
    }

    /// A stream of pieces of one text, or of one whole message.
    private func decodeStream(_ body: [UInt8], _ hints: PayloadHints) throws(OpenInferenceError) -> Payload {
        guard body.count <= limits.treeBytes else {
            throw OpenInferenceError(
                .tooLarge,
                "a stream of \(body.count) bytes",
                remedy: "Send at most \(limits.treeBytes) bytes of generated text"
            )
        }
        let events = ServerSentEvents(body).data
        if events.count == 1, BodyKind(of: events[0], expecting: hints.expected) == .openInference {
            return try decodeV2(events[0], PayloadHints())
        }
        var pieces: [JSONValue] = []
        for event in events { pieces.append(try tree(event)) }
        guard pieces.contains(where: { $0["choices"] != nil || $0["text_output"] != nil }) else {
            throw OpenInferenceError(
                .unknownDialect,
                "a stream of \(events.count) events without choices or text_output",
                remedy: Self.dialects
            )
        }
        return try decodeText(GeneratedText.joined(pieces), hints)
    }

    private func tree(_ body: [UInt8]) throws(OpenInferenceError) -> JSONValue {
        try reading(body) { reader throws(OpenInferenceError) in
            let tree = try reader.readTree("the message", limits)
            try reader.finish("the message")
            return tree
        }
    }

    private func reading<Value>(
        _ body: [UInt8],
        _ read: (inout JSONReader) throws(OpenInferenceError) -> Value
    ) throws(OpenInferenceError) -> Value {
        try body.withRawBytes { bytes throws(OpenInferenceError) in
            var reader = JSONReader(bytes)
            return try read(&reader)
        }
    }

    private static let dialects =
        "Send the Open Inference Protocol V2, Seldon V1, TF-Serving, MLflow or OpenAI, or give JSON paths in models.toml"
}
