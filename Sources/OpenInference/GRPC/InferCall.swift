import JSON
import Tensors

/// One direction of a call to the Open Inference Protocol's gRPC service: one message, or those of a stream.
///
/// The rows of a stream's messages stand under each other, in their order. Answers of Triton's `ModelStreamInfer` are
/// wrapped with a text for what failed: such an answer has no rows.
enum InferCall {
    private static let servicePath = "/inference.GRPCInferenceService/"

    /// Whether a body at `path` can be one of this service, as far as the path is known.
    static func mayBe(at path: String?) -> Bool { path?.hasPrefix(servicePath) ?? true }

    /// Whether each message is a `ModelStreamInferResponse`.
    static func isWrapped(_ role: Payload.Role, at path: String?) -> Bool {
        role == .response && path == servicePath + "ModelStreamInfer"
    }

    /// Reads a body.
    ///
    /// - Throws: `.malformed` for a stream whose messages do not have the same tensors, apart from how many rows they have;
    ///   `.tooLarge` for more tensors' bytes than the limit; otherwise the first fault of a message.
    static func decode(
        _ body: [UInt8],
        role: Payload.Role,
        path: String?,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> Payload {
        let isWrapped = isWrapped(role, at: path)
        let messages = try GRPCFrames.messages(in: body, limits)
        var payloads: [Payload] = []
        var size = 0
        for message in messages {
            guard let inner = isWrapped ? try unwrapped(message) : message else { continue }
            let payload = try InferMessage.decode(inner, role: role, limits)
            size += payload.tensors.reduce(0) { $0 + bytes(of: $1.tensor) }
            guard size <= limits.tensorBytes else {
                throw OpenInferenceError(
                    .tooLarge,
                    "the tensors of a stream take more than \(limits.tensorBytes) bytes",
                    remedy: "Record fewer messages of a stream"
                )
            }
            payloads.append(payload)
        }
        guard let first = payloads.first else {
            throw OpenInferenceError(
                .malformed,
                "a stream of \(messages.count) messages without an answer",
                remedy: "Look at the model's log for why it failed"
            )
        }
        return payloads.count == 1 ? first : try joined(payloads, first)
    }

    /// The `ModelInferResponse` in a `ModelStreamInferResponse`, nil where it has failed: error_message 1, infer_response 2.
    static func unwrapped(_ message: [UInt8]) throws(OpenInferenceError) -> [UInt8]? {
        try message.withRawBytes { bytes throws(OpenInferenceError) in
            var reader = ProtobufReader(bytes, place: "the message")
            var response: [UInt8]?
            while let (number, value) = try reader.next() {
                if number == 2, case .bytes(let inner) = value { response = [UInt8](inner) }
            }
            return response
        }
    }

    /// A `ModelStreamInferResponse` around a `ModelInferResponse`.
    static func wrapped(_ response: [UInt8]) -> [UInt8] {
        var writer = ProtobufWriter(reservingCapacity: response.count + 6)
        writer.message(2, bytes: response)
        return writer.bytes
    }

    private static func joined(_ payloads: [Payload], _ first: Payload) throws(OpenInferenceError) -> Payload {
        var joined = first
        guard !first.tensors.isEmpty, payloads.allSatisfy({ $0.tensors.map(\.name) == first.tensors.map(\.name) })
        else {
            throw OpenInferenceError(
                .malformed,
                "a stream whose \(payloads.count) messages have no tensors, or not the same",
                remedy: "Name the same tensors in every message of a stream"
            )
        }
        for index in first.tensors.indices {
            var rows = Concatenation(others: payloads.dropFirst().map { $0.tensors[index].tensor })
            guard let tensor = first.tensors[index].tensor.accept(&rows) else {
                throw OpenInferenceError(
                    .malformed,
                    "a stream whose messages have tensors \(first.tensors[index].name) of unlike rows",
                    remedy: "Send one datatype, and one shape but for axis 0, under one name"
                )
            }
            joined.tensors[index].tensor = tensor
        }
        return joined
    }

    private static func bytes(of tensor: AnyTensor) -> Int {
        if case .bytes(_, let values) = tensor {
            return values.reduce(0) { $0 + $1.count + PayloadLimits.stringOverhead }
        }
        return tensor.count * (tensor.datatype.byteWidth ?? 1)
    }
}

/// Puts the rows of further tensors under those of the visited one; nil where they are of another kind.
private struct Concatenation: AnyTensor.Visitor {
    let others: [AnyTensor]

    func visit<Element: TensorElement>(_ tensor: Tensor<Element>) -> AnyTensor? {
        var parts = [tensor]
        var unwrap = Unwrap<Element>()
        for other in others {
            guard let part = other.accept(&unwrap) else { return nil }
            parts.append(part)
        }
        return (try? Tensor.concatenatingRows(parts)).map { AnyTensor($0) }
    }

    func visit(bytes values: [[UInt8]], shape: [Int]) -> AnyTensor? {
        guard let rows = shape.first else { return nil }
        var (all, count) = (values, rows)
        for other in others {
            guard case .bytes(let more, let values) = other, let rows = more.first,
                more.dropFirst() == shape.dropFirst()
            else { return nil }
            all += values
            count += rows
        }
        return .bytes(shape: [count] + shape.dropFirst(), values: all)
    }

    /// The tensor itself where its elements are of that type.
    private struct Unwrap<Wanted: TensorElement>: AnyTensor.Visitor {
        func visit<Element: TensorElement>(_ tensor: Tensor<Element>) -> Tensor<Wanted>? { tensor as? Tensor<Wanted> }
        func visit(bytes values: [[UInt8]], shape: [Int]) -> Tensor<Wanted>? { nil }
    }
}
