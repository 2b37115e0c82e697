import JSON

extension InferenceRequest {
    /// Decodes a `ModelInferRequest`.
    ///
    /// Whoever sends raw contents is answered raw contents: the parameter `binary_data_output` says so unless the
    /// client has set it.
    ///
    /// - Throws: An ``OpenInferenceError`` that names the tensor and the field.
    package init(
        decodingMessage bytes: UnsafeRawBufferPointer,
        limits: PayloadLimits = .standard
    ) throws(OpenInferenceError) {
        let message = try InferMessage(decoding: bytes, role: .request, limits)
        var parameters = message.parameters
        if message.isRaw, parameters["binary_data_output"] == nil { parameters["binary_data_output"] = true }
        self.init(
            id: message.id,
            parameters: parameters,
            inputs: message.tensors,
            outputs: message.requestedOutputs
        )
    }

    /// The model and the version that a `ModelInferRequest` names, found without reading its tensors; version nil for
    /// any, and an empty name where the message is none.
    package static func model(inMessage bytes: UnsafeRawBufferPointer) -> (name: String, version: String?) {
        var name = ""
        var version: String?
        var reader = ProtobufReader(bytes, place: "the message")
        while let (number, value) = (try? reader.next()) ?? nil {
            switch number {
            case 1: name = (try? ProtobufReader.text(value, "model_name")) ?? ""
            case 2: version = try? ProtobufReader.text(value, "model_version")
            default: break
            }
        }
        return (name, version.flatMap { $0.isEmpty ? nil : $0 })
    }

    /// The model that a `ModelInferRequest` names, and its id; empty where they are not there.
    package static func identity(inMessage bytes: UnsafeRawBufferPointer) -> (model: String, id: String) {
        var identity = (model: "", id: "")
        var reader = ProtobufReader(bytes, place: "the message")
        while let (number, value) = (try? reader.next()) ?? nil {
            if number == 1 { identity.model = (try? ProtobufReader.text(value, "model_name")) ?? "" }
            if number == 3 { identity.id = (try? ProtobufReader.text(value, "id")) ?? "" }
        }
        return identity
    }
}
