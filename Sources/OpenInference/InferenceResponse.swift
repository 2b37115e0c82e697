public import JSON

/// The answer to an ``InferenceRequest``.
public struct InferenceResponse: Sendable, Equatable {
    /// The model that answered.
    public var modelName: String
    /// Its version, where it has one.
    public var modelVersion: String?
    /// The id of the request.
    public var id: String?
    /// Free parameters.
    public var parameters: JSONObject
    /// What the model answered.
    public var outputs: [NamedTensor]

    /// Makes a response.
    public init(
        modelName: String,
        modelVersion: String? = nil,
        id: String? = nil,
        parameters: JSONObject = [:],
        outputs: [NamedTensor]
    ) {
        self.modelName = modelName
        self.modelVersion = modelVersion
        self.id = id
        self.parameters = parameters
        self.outputs = outputs
    }

    /// Decodes a body of JSON, or of JSON followed by binary tensors.
    ///
    /// - Parameters:
    ///   - body: The bytes as received, compressed or not.
    ///   - jsonLength: The header `Inference-Header-Content-Length`; nil where it was not sent.
    /// - Throws: An ``OpenInferenceError`` that names the tensor and the field.
    public init(
        decoding body: [UInt8],
        jsonLength: Int? = nil,
        limits: PayloadLimits = .standard
    ) throws(OpenInferenceError) {
        let message = try Message.decode(body, jsonLength: jsonLength, limits: limits)
        guard let outputs = message.outputs else {
            throw OpenInferenceError(
                .missingField,
                "the response has no outputs",
                remedy: "Send a list of tensors as \"outputs\""
            )
        }
        self.init(
            modelName: message.modelName ?? "",
            modelVersion: message.modelVersion,
            id: message.id,
            parameters: message.parameters,
            outputs: outputs
        )
    }

    /// The JSON body, data flat.
    ///
    /// - Throws: `.datatype` for FP16 and BF16, which have no JSON form; `.value` for BYTES that are not UTF-8.
    public func encoded() throws(OpenInferenceError) -> [UInt8] {
        try MessageWriter.encode(self) { _ in false }.body
    }

    /// The body as the client asked for it, each output in JSON or binary.
    ///
    /// - Returns: The body, and the value of `Inference-Header-Content-Length` where an output is binary, else nil.
    public func encoded(for request: InferenceRequest) throws(OpenInferenceError) -> (body: [UInt8], jsonLength: Int?) {
        try MessageWriter.encode(self) { request.wantsBinary($0) }
    }

    /// The body with every output binary, and the value of its `Inference-Header-Content-Length`.
    public func encodedBinary() throws(OpenInferenceError) -> (body: [UInt8], jsonLength: Int) {
        let (body, jsonLength) = try MessageWriter.encode(self) { _ in true }
        return (body, jsonLength ?? body.count)
    }
}
