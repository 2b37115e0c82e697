public import JSON
public import Tensors

/// The body of `POST /v2/models/<model>/infer`.
public struct InferenceRequest: Sendable, Equatable {
    /// The client's own name for the request, echoed in the response.
    public var id: String?
    /// Free parameters.
    public var parameters: JSONObject
    /// What the model is asked about.
    public var inputs: [NamedTensor]
    /// What the client wants back; everything where it is empty.
    public var outputs: [RequestedOutput]

    /// An output that the client asks for.
    public struct RequestedOutput: Sendable, Equatable {
        /// The name of the output.
        public var name: String
        /// Free parameters, `binary_data` among them.
        public var parameters: JSONObject

        /// Makes a wish.
        public init(name: String, parameters: JSONObject = [:]) {
            self.name = name
            self.parameters = parameters
        }
    }

    /// Makes a request.
    public init(
        id: String? = nil,
        parameters: JSONObject = [:],
        inputs: [NamedTensor],
        outputs: [RequestedOutput] = []
    ) {
        self.id = id
        self.parameters = parameters
        self.inputs = inputs
        self.outputs = outputs
    }

    /// Decodes a body of JSON, or of JSON followed by binary tensors.
    ///
    /// - Parameters:
    ///   - body: The bytes as received, compressed or not.
    ///   - jsonLength: The header `Inference-Header-Content-Length`; nil where it was not sent, and then the end of
    ///     the JSON object is found by reading it.
    /// - Throws: An ``OpenInferenceError`` that names the tensor and the field.
    public init(
        decoding body: [UInt8],
        jsonLength: Int? = nil,
        limits: PayloadLimits = .standard
    ) throws(OpenInferenceError) {
        let message = try Message.decode(body, jsonLength: jsonLength, limits: limits)
        guard let inputs = message.inputs else {
            throw OpenInferenceError(
                .missingField,
                "the request has no inputs",
                remedy: "Send a list of tensors as \"inputs\""
            )
        }
        self.init(id: message.id, parameters: message.parameters, inputs: inputs, outputs: message.requestedOutputs)
    }

    /// Takes a raw body, `Inference-Header-Content-Length: 0`, as the one input of the model.
    ///
    /// - Parameters:
    ///   - rawBody: The elements, little-endian; for BYTES the whole body is the one element.
    ///   - name: The name of the model's input.
    ///   - datatype: Its datatype.
    ///   - shape: Its shape as the model's metadata give it; the first axis becomes 1, one other may be -1.
    public init(
        rawBody: [UInt8],
        name: String,
        datatype: ElementType,
        shape: [Int]
    ) throws(OpenInferenceError) {
        let tensor = try BinaryTensors.raw(rawBody, datatype: datatype, shape: shape, name: name)
        let wantsBinary: JSONObject = ["binary_data_output": true]
        self.init(parameters: wantsBinary, inputs: [NamedTensor(name: name, tensor: tensor)])
    }

    /// The JSON body, data flat.
    ///
    /// - Throws: `.datatype` for FP16 and BF16, which have no JSON form; `.value` for BYTES that are not UTF-8.
    public func encoded() throws(OpenInferenceError) -> [UInt8] {
        try MessageWriter.encode(self, isBinary: false).body
    }

    /// The body of the binary extension and the value of its `Inference-Header-Content-Length`.
    public func encodedBinary() throws(OpenInferenceError) -> (body: [UInt8], jsonLength: Int) {
        let (body, jsonLength) = try MessageWriter.encode(self, isBinary: true)
        return (body, jsonLength ?? body.count)
    }

    /// Whether the client wants an output as binary: its own wish, else that for all outputs, else no.
    public func wantsBinary(_ output: String) -> Bool {
        outputs.first { $0.name == output }?.parameters["binary_data"]?.bool
            ?? parameters["binary_data_output"]?.bool ?? false
    }
}
