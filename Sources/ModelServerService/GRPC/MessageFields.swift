import GRPC
import JSON
import OpenInference

/// The fields of a small message: the last value of each number, and all of those that repeat.
struct MessageFields {
    private var texts: [Int: String] = [:]
    private var numbers: [Int: UInt64] = [:]
    private var messages: [Int: [[UInt8]]] = [:]

    init(_ request: GRPCRequest) throws(OpenInferenceError) {
        let fields = try request.withMessage { bytes throws(OpenInferenceError) in try MessageFields(bytes) }
        self = fields
    }

    private init(_ bytes: UnsafeRawBufferPointer) throws(OpenInferenceError) {
        var reader = ProtobufReader(bytes, place: "the message")
        while let (number, value) = try reader.next() {
            switch value {
            case .varint(let bits): numbers[number] = bits
            case .bytes(let bytes):
                messages[number, default: []].append([UInt8](bytes))
                texts[number] = String(validating: bytes, as: UTF8.self)
            case .fixed32, .fixed64: break
            }
        }
    }

    private init(_ bytes: [UInt8]) throws(OpenInferenceError) {
        self = try bytes.withRawBytes { bytes throws(OpenInferenceError) in try MessageFields(bytes) }
    }

    /// Text; empty where it is not there or no text.
    func text(_ number: Int) -> String { texts[number] ?? "" }
    /// A version; nil where none is named.
    func version(_ number: Int) -> String? { texts[number].flatMap { $0.isEmpty ? nil : $0 } }
    func flag(_ number: Int) -> Bool { numbers[number, default: 0] != 0 }

    /// The entries of a map from text to messages.
    private func entries(_ number: Int) throws(OpenInferenceError) -> [(name: String, value: MessageFields)] {
        var entries: [(name: String, value: MessageFields)] = []
        for bytes in messages[number] ?? [] {
            let entry = try MessageFields(bytes)
            entries.append((entry.text(1), try MessageFields(entry.messages[2]?.last ?? [])))
        }
        return entries
    }

    /// A map from text to lists of text, as trace settings are; an empty list says that the setting is taken back.
    func lists(_ number: Int) throws(OpenInferenceError) -> [(name: String, values: [String]?)] {
        try entries(number).map { name, value in
            let values = (value.messages[1] ?? []).map { String(decoding: $0, as: UTF8.self) }
            return (name, values.isEmpty ? nil : values)
        }
    }

    /// A map from text to a choice of bool 1, uint32 2 and string 3, as log settings are.
    func choices(_ number: Int) throws(OpenInferenceError) -> [(name: String, value: JSONValue)] {
        try entries(number).map { name, value in
            if let flag = value.numbers[1] { return (name, .bool(flag != 0)) }
            if let count = value.numbers[2] { return (name, .integer(Int64(clamping: count))) }
            return (name, .string(value.text(3)))
        }
    }

    /// The parameters of a load: text by name, and files by name.
    func loadParameters(_ number: Int) throws(OpenInferenceError) -> LoadParameters {
        var parameters = LoadParameters()
        for (name, value) in try entries(number) {
            if name.hasPrefix(LoadParameters.filePrefix) {
                parameters.addFile(name, value.messages[4]?.last ?? value.messages[3]?.last ?? [])
            } else if name == "config" {
                parameters.configuration = value.text(3)
            }
        }
        return parameters
    }
}
