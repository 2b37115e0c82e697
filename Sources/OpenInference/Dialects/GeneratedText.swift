import CloudEvents
import JSON
import Tensors

/// What language models are asked and what they answer, as text: OpenAI's chats, completions and embeddings, which
/// KServe and MLflow serve too, and the `generate` calls of Triton and MLServer.
///
/// | body | tensors |
/// | --- | --- |
/// | `messages` | `messages.role`, `messages.content`: BYTES [1, messages] |
/// | `prompt`, `input` | the same name: BYTES [prompts], or FP64 of tokens |
/// | `choices` of a chat | `choices.content`, `choices.finish_reason`: BYTES [1, choices] |
/// | `choices` of completions | the same, [choices] |
/// | `data` of embeddings | `embedding`: FP32 [inputs, dimensions] |
/// | `text_input`, `text_output` | the same name: BYTES [1] |
///
/// `usage` of an answer becomes `usage.<name>`, FP64 [1], where the answer is one row.
struct GeneratedText {
    let limits: PayloadLimits

    /// Reads one body.
    func decode(_ body: JSONValue, dialect: Payload.Dialect) throws(OpenInferenceError) -> Payload {
        if body["text_output"] != nil { return answer(dialect, body, try texts(body, "text_output")) }
        if let choices = body["choices"] { return answer(dialect, body, try read(choices: choices, body)) }
        if body["data"]?.array != nil { return answer(dialect, body, [try readEmbeddings(body)]) }
        var tensors: [NamedTensor] = []
        if let messages = body["messages"] { tensors += try read(messages: messages) }
        for name in ["prompt", "input", "text_input"] where body[name] != nil { tensors += try texts(body, name) }
        return Payload(
            dialect: dialect,
            role: .request,
            tensors: tensors,
            id: body["id"]?.string,
            modelName: body["model"]?.string
        )
    }

    private func answer(_ dialect: Payload.Dialect, _ body: JSONValue, _ tensors: [NamedTensor]) -> Payload {
        var tensors = tensors
        if tensors.first?.tensor.rows == 1 {
            for (name, value) in body["usage"]?.object ?? [:] {
                guard let number = value.double else { continue }
                tensors.append(NamedTensor(name: "usage.\(name)", Tensor(shape: [1], repeating: number)))
            }
        }
        return Payload(
            dialect: dialect,
            role: .response,
            tensors: tensors,
            id: body["id"]?.string,
            modelName: body["model"]?.string ?? body["model_name"]?.string,
            modelVersion: body["model_version"]?.string
        )
    }

    // MARK: Requests

    private func read(messages: JSONValue) throws(OpenInferenceError) -> [NamedTensor] {
        guard let messages = messages.array else { throw wrong("messages", "a list of messages") }
        var roles: [[UInt8]] = []
        var contents: [[UInt8]] = []
        for message in messages {
            guard let role = message["role"]?.string else { throw wrong("messages", "messages with a role") }
            roles.append(Array(role.utf8))
            contents.append(Array(Self.content(of: message).utf8))
        }
        let shape = [1, messages.count]
        return [
            NamedTensor(name: "messages.role", tensor: .bytes(shape: shape, values: roles)),
            NamedTensor(name: "messages.content", tensor: .bytes(shape: shape, values: contents)),
        ]
    }

    /// The text of a message: its content, or the texts among its parts by lines; otherwise its tool calls as JSON.
    private static func content(of message: JSONValue) -> String {
        if let text = message["content"]?.string { return text }
        if let parts = message["content"]?.array {
            return parts.compactMap { $0.string ?? $0["text"]?.string ?? $0["image_url"]?["url"]?.string }
                .joined(separator: "\n")
        }
        return (message["tool_calls"] ?? message["function_call"])?.text ?? ""
    }

    /// A member that is a text, several texts, or tokens.
    private func texts(_ body: JSONValue, _ name: String) throws(OpenInferenceError) -> [NamedTensor] {
        guard let value = body[name], value != .null else { return [] }
        if let text = value.string {
            return [NamedTensor(name: name, tensor: .bytes(shape: [1], values: [Array(text.utf8)]))]
        }
        guard value.array != nil else { throw wrong(name, "a text, texts or tokens") }
        if value[0]?["role"] != nil { return try read(messages: value) }
        let text = value.serialized()
        return try text.withRawBytes { bytes throws(OpenInferenceError) in
            var reader = JSONReader(bytes)
            var tensor = try UntypedArray.read(&reader, "\"\(name)\"", limits)
            // A flat list of tokens is one prompt.
            if tensor.datatype != .bytes, tensor.shape.count == 1, let row = try? tensor.reshaped([1, tensor.count]) {
                tensor = row
            }
            return [NamedTensor(name: name, tensor: tensor)]
        }
    }

    // MARK: Answers

    private func read(choices value: JSONValue, _ body: JSONValue) throws(OpenInferenceError) -> [NamedTensor] {
        guard let choices = value.array else { throw wrong("choices", "a list of choices") }
        let isChat = choices.contains { $0["message"] != nil }
        let ordered = choices.enumerated().sorted {
            ($0.element["index"]?.int ?? $0.offset) < ($1.element["index"]?.int ?? $1.offset)
        }
        var contents: [[UInt8]] = []
        var reasons: [[UInt8]] = []
        for (_, choice) in ordered {
            let text = choice["text"]?.string ?? choice["message"].map(Self.content)
            guard let text else { throw wrong("choices", "choices with a text or a message") }
            contents.append(Array(text.utf8))
            reasons.append(Array((choice["finish_reason"]?.string ?? "").utf8))
        }
        let shape = isChat ? [1, contents.count] : [contents.count]
        return [
            NamedTensor(name: "choices.content", tensor: .bytes(shape: shape, values: contents)),
            NamedTensor(name: "choices.finish_reason", tensor: .bytes(shape: shape, values: reasons)),
        ]
    }

    private func readEmbeddings(_ body: JSONValue) throws(OpenInferenceError) -> NamedTensor {
        let rows = body["data"]?.array ?? []
        let ordered = rows.enumerated().sorted {
            ($0.element["index"]?.int ?? $0.offset) < ($1.element["index"]?.int ?? $1.offset)
        }
        var elements: [Float] = []
        var width: Int?
        for (_, row) in ordered {
            let values = try vector(row["embedding"])
            guard width == nil || width == values.count else {
                throw OpenInferenceError(
                    .shapeMismatch,
                    "\"data\": an embedding of \(values.count) beside those of \(width ?? 0)",
                    remedy: "Send embeddings of one length"
                )
            }
            width = values.count
            elements += values
        }
        let tensor = Tensor<Float>(shape: [ordered.count, width ?? 0]) { _ = $0.initialize(from: elements) }
        return NamedTensor(name: "embedding", tensor)
    }

    /// Numbers, or FP32 little-endian in base64.
    private func vector(_ value: JSONValue?) throws(OpenInferenceError) -> [Float] {
        if let text = value?.string {
            let bytes = try Base64Object.decode(Array(text.utf8), "\"embedding\"")
            guard bytes.count.isMultiple(of: 4) else { throw wrong("embedding", "whole floats in base64") }
            return stride(from: 0, to: bytes.count, by: 4).map { start in
                Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) })
            }
        }
        guard let numbers = value?.array else { throw wrong("embedding", "a list of numbers") }
        return try numbers.map { number throws(OpenInferenceError) in
            guard let double = number.double else { throw wrong("embedding", "a list of numbers") }
            return Float(double)
        }
    }

    private func wrong(_ member: String, _ expected: String) -> OpenInferenceError {
        OpenInferenceError(.malformed, "\"\(member)\" is not \(expected)", remedy: "Send \(expected)")
    }
}
