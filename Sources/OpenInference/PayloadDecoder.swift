import JSON

/// Decodes the body of an event or of a call into a ``Payload``, finding out which dialect it is written in.
public struct PayloadDecoder: Sendable {
    /// What a payload may ask of memory.
    public var limits: PayloadLimits

    /// Makes a decoder.
    public init(limits: PayloadLimits = .standard) {
        self.limits = limits
    }

    /// Decodes a body.
    ///
    /// Compression is told by its first bytes, since Knative may drop `Content-Encoding` on the way and KServe never sends it.
    /// The content type decides nothing, it is only told in errors: KServe marks a response with that of its request, and
    /// clients leave it out. A V2 body whose `Inference-Header-Content-Length` was lost is split where its JSON object ends.
    ///
    /// - Parameters:
    ///   - data: The body as received.
    ///   - contentType: Its media type, where it has one.
    ///   - inferenceHeaderContentLength: How many bytes of a V2 body are JSON, where somebody said so.
    ///   - role: Which half it is, where the event or the call says so; Seldon's bodies do not.
    /// - Throws: `.unknownDialect` for what follows none; otherwise the first fault.
    public func decode(
        _ data: [UInt8],
        contentType: String? = nil,
        inferenceHeaderContentLength: Int? = nil,
        role: Payload.Role? = nil
    ) throws(OpenInferenceError) -> Payload {
        let body = try Compression.inflatedIfCompressed(data, limit: limits.inflatedBytes)
        guard body.first(where: { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }) == UInt8(ascii: "{") else {
            throw OpenInferenceError(
                .unknownDialect,
                "the body is no JSON object, and its content type is \(contentType?.prefix(64) ?? "not given")",
                remedy: "Send the Open Inference Protocol V2, Seldon V1 or TF-Serving"
            )
        }
        if inferenceHeaderContentLength == nil, let payload = try decodeOtherDialect(body, role ?? .request) {
            return payload
        }
        let message = try Message.decode(body, jsonLength: inferenceHeaderContentLength, limits: limits)
        if let inputs = message.inputs {
            return Payload(dialect: .openInference, role: .request, tensors: inputs, id: message.id)
        }
        guard let outputs = message.outputs else {
            throw OpenInferenceError(
                .unknownDialect,
                "the body has neither inputs nor outputs nor data nor instances nor predictions",
                remedy: "Send the Open Inference Protocol V2, Seldon V1 or TF-Serving"
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

    /// Nil for V2, and for what no dialect owns.
    private func decodeOtherDialect(_ body: [UInt8], _ role: Payload.Role) throws(OpenInferenceError) -> Payload? {
        switch BodyKind(of: body) {
        case .openInference, nil: nil
        case .seldon:
            try body.withRawBytes { bytes throws(OpenInferenceError) in
                var reader = JSONReader(bytes)
                return try SeldonPayload.decode(&reader, role: role, limits)
            }
        case .tensorFlowServing(let member):
            try body.withRawBytes { bytes throws(OpenInferenceError) in
                var reader = JSONReader(bytes)
                return try TensorFlowServingPayload.decode(&reader, member: member, limits)
            }
        }
    }
}
