import CloudEvents
import JSON
import Tensors

/// `ModelInferRequest` and `ModelInferResponse` of the Open Inference Protocol's gRPC service.
///
/// | field | request | response |
/// | --- | --- | --- |
/// | 1, 2, 3 | model_name, model_version, id | the same |
/// | 4 | parameters | the same |
/// | 5 | inputs | outputs |
/// | 6 | outputs that are wished for | raw_output_contents |
/// | 7 | raw_input_contents | – |
///
/// The two cannot be told from each other by their bytes, so the role has to be known.
struct InferMessage {
    private let role: Payload.Role
    private let limits: PayloadLimits
    private var payload: Payload
    private var entries: [InferTensor] = []
    private var raw: [UnsafeRawBufferPointer] = []

    /// Reads a message.
    ///
    /// - Complexity: One pass; elements are copied once, at memory speed where they are of a fixed width.
    static func decode(
        _ body: [UInt8],
        role: Payload.Role,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> Payload {
        try body.withRawBytes { bytes throws(OpenInferenceError) in
            var message = InferMessage(role: role, limits: limits)
            var reader = ProtobufReader(bytes, place: "the message")
            while let (number, value) = try reader.next() { try message.take(number, value) }
            return try message.finished()
        }
    }

    private init(role: Payload.Role, limits: PayloadLimits) {
        self.role = role
        self.limits = limits
        payload = Payload(dialect: .openInference, role: role, tensors: [])
    }

    private mutating func take(_ number: Int, _ value: ProtobufReader.Value) throws(OpenInferenceError) {
        switch (number, role) {
        case (1, _): payload.modelName = try ProtobufReader.text(value, "model_name")
        case (2, _):
            let version = try ProtobufReader.text(value, "model_version")
            payload.modelVersion = version.isEmpty ? nil : version
        case (3, _):
            let id = try ProtobufReader.text(value, "id")
            payload.id = id.isEmpty ? nil : id
        case (5, _):
            guard entries.count < limits.tensors else { throw tooMany }
            entries.append(
                try InferTensor(value, kind: role == .request ? "input" : "output", index: entries.count, limits)
            )
        case (7, .request), (6, .response):
            guard case .bytes(let bytes) = value else {
                throw OpenInferenceError(.malformed, "\(rawField) is no bytes", remedy: "Send bytes")
            }
            guard raw.count < limits.tensors else { throw tooMany }
            raw.append(bytes)
        default: break
        }
    }

    private func finished() throws(OpenInferenceError) -> Payload {
        var payload = payload
        var tensorBytes = 0
        guard raw.isEmpty || raw.count == entries.count else {
            throw OpenInferenceError(
                .sizeMismatch,
                "\(raw.count) \(rawField) for \(entries.count) tensors",
                remedy: "Send one for every tensor, or none"
            )
        }
        for (index, entry) in entries.enumerated() {
            let tensor = try entry.tensor(raw: raw.isEmpty ? nil : raw[index], limits, &tensorBytes)
            payload.tensors.append(
                NamedTensor(name: entry.description.name, tensor: tensor, parameters: entry.description.parameters)
            )
        }
        return payload
    }

    private var rawField: String { role == .request ? "raw_input_contents" : "raw_output_contents" }

    private var tooMany: OpenInferenceError {
        OpenInferenceError(
            .tooLarge,
            "more than \(limits.tensors) tensors",
            remedy: "Send fewer tensors, or raise the limit"
        )
    }
}
