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
    /// Gzip is told by its first bytes, since Knative may drop `Content-Encoding` on the way and KServe never sends it.
    /// The content type is a hint only: KServe marks a response with that of its request. A V2 body whose
    /// `Inference-Header-Content-Length` was lost is split where its JSON object ends.
    ///
    /// - Parameters:
    ///   - data: The body as received.
    ///   - contentType: Its media type, where it has one.
    ///   - inferenceHeaderContentLength: How many bytes of a V2 body are JSON, where somebody said so.
    /// - Throws: `.unknownDialect` for what follows none; otherwise the first fault.
    public func decode(
        _ data: [UInt8], contentType: String? = nil, inferenceHeaderContentLength: Int? = nil
    ) throws(OpenInferenceError) -> Payload {
        let body = try Gzip.inflatedIfCompressed(data, limit: limits.inflatedBytes)
        if inferenceHeaderContentLength == nil, let payload = try decodeOtherDialect(body) { return payload }
        let message = try Message.decode(body, jsonLength: inferenceHeaderContentLength, limits: limits)
        if let inputs = message.inputs {
            return Payload(dialect: .openInference, role: .request, tensors: inputs, id: message.id)
        }
        guard let outputs = message.outputs else {
            throw OpenInferenceError(
                .unknownDialect, "the body has neither inputs nor outputs nor data nor instances nor predictions",
                remedy: "Send the Open Inference Protocol V2, Seldon V1 or TF-Serving")
        }
        return Payload(
            dialect: .openInference, role: .response, tensors: outputs, id: message.id, modelName: message.modelName,
            modelVersion: message.modelVersion)
    }

    private func decodeOtherDialect(_ body: [UInt8]) throws(OpenInferenceError) -> Payload? {
        nil
    }
}
