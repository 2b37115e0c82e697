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
    private(set) var modelName: String?
    private(set) var modelVersion: String?
    private(set) var id: String?
    private(set) var parameters: JSONObject = [:]
    /// Inputs or outputs.
    private(set) var tensors: [NamedTensor] = []
    private(set) var requestedOutputs: [InferenceRequest.RequestedOutput] = []
    private var entries: [InferTensor] = []
    private var raw: [UnsafeRawBufferPointer] = []

    /// Whether the elements were sent as raw bytes.
    private(set) var isRaw = false

    /// Reads a message.
    ///
    /// - Complexity: One pass; elements are copied once, at memory speed where they are of a fixed width.
    init(
        decoding bytes: UnsafeRawBufferPointer,
        role: Payload.Role,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) {
        self.role = role
        self.limits = limits
        var reader = ProtobufReader(bytes, place: "the message")
        while let (number, value) = try reader.next() { try take(number, value) }
        isRaw = !raw.isEmpty
        try resolve()
    }

    /// Reads a message into what monitors see of it.
    static func decode(
        _ body: [UInt8],
        role: Payload.Role,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> Payload {
        try body.withRawBytes { bytes throws(OpenInferenceError) in
            let message = try InferMessage(decoding: bytes, role: role, limits)
            return Payload(
                dialect: .openInference,
                role: role,
                tensors: message.tensors,
                id: message.id,
                modelName: message.modelName,
                modelVersion: message.modelVersion
            )
        }
    }

    private mutating func take(_ number: Int, _ value: ProtobufReader.Value) throws(OpenInferenceError) {
        switch (number, role) {
        case (1, _): modelName = try ProtobufReader.text(value, "model_name")
        case (2, _):
            let version = try ProtobufReader.text(value, "model_version")
            modelVersion = version.isEmpty ? nil : version
        case (3, _):
            let id = try ProtobufReader.text(value, "id")
            self.id = id.isEmpty ? nil : id
        case (4, _): try InferParameters.read(value, into: &parameters, "the message")
        case (5, _):
            guard entries.count < limits.tensors else { throw tooMany }
            entries.append(
                try InferTensor(value, kind: role == .request ? "input" : "output", index: entries.count, limits)
            )
        case (6, .request):
            guard requestedOutputs.count < limits.tensors else { throw tooMany }
            requestedOutputs.append(try Self.requestedOutput(value))
        case (7, .request), (6, .response):
            guard case .bytes(let bytes) = value else {
                throw OpenInferenceError(.malformed, "\(rawField) is no bytes", remedy: "Send bytes")
            }
            guard raw.count < limits.tensors else { throw tooMany }
            raw.append(bytes)
        default: break
        }
    }

    /// `InferRequestedOutputTensor`: name 1, parameters 2.
    private static func requestedOutput(
        _ value: ProtobufReader.Value
    ) throws(OpenInferenceError) -> InferenceRequest.RequestedOutput {
        var output = InferenceRequest.RequestedOutput(name: "")
        var reader = try ProtobufReader.message(value, "a requested output")
        while let (number, value) = try reader.next() {
            switch number {
            case 1: output.name = try ProtobufReader.text(value, "the name of a requested output")
            case 2: try InferParameters.read(value, into: &output.parameters, "a requested output")
            default: break
            }
        }
        return output
    }

    private mutating func resolve() throws(OpenInferenceError) {
        var tensorBytes = 0
        guard raw.isEmpty || raw.count == entries.count else {
            throw OpenInferenceError(
                .sizeMismatch,
                "\(raw.count) \(rawField) for \(entries.count) tensors",
                remedy: "Send one for every tensor, or none"
            )
        }
        tensors.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() {
            let tensor = try entry.tensor(raw: raw.isEmpty ? nil : raw[index], limits, &tensorBytes)
            tensors.append(
                NamedTensor(name: entry.description.name, tensor: tensor, parameters: entry.description.parameters)
            )
        }
        // They point into bytes that this value may outlive.
        entries = []
        raw = []
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
