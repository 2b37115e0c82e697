import JSON
import Tensors

/// The JSON object of a V2 request or response, and the tensors in it and behind it.
struct Message {
    var id: String?
    var modelName: String?
    var modelVersion: String?
    var parameters: JSONObject = [:]
    var inputs: [NamedTensor]?
    /// The outputs of a response; nil where there are none or where they are the wishes of a request.
    var outputs: [NamedTensor]?
    var requestedOutputs: [InferenceRequest.RequestedOutput] = []

    /// Decodes a body of JSON, followed by binary tensors where the JSON announces some.
    ///
    /// - Parameter nulls: What `null` is among the elements of a tensor.
    static func decode(
        _ data: [UInt8],
        jsonLength: Int?,
        nulls: NullElements = .refused,
        limits: PayloadLimits
    ) throws(OpenInferenceError) -> Message {
        let body = try Compression.inflatedIfCompressed(data, limit: limits.inflatedBytes)
        return try body.withRawBytes { bytes throws(OpenInferenceError) in
            let jsonEnd = jsonLength ?? bytes.count
            guard jsonEnd > 0, jsonEnd <= bytes.count else {
                throw OpenInferenceError(
                    .sizeMismatch,
                    "Inference-Header-Content-Length is \(jsonEnd) and the body has \(bytes.count) bytes",
                    remedy: "Send the length of the JSON part, at most that of the body"
                )
            }
            let json = UnsafeRawBufferPointer(rebasing: bytes[..<jsonEnd])
            var decoder = MessageDecoder(json: json, nulls: nulls, limits: limits)
            let consumed = try decoder.readObject(isWhole: jsonLength != nil)
            return try decoder.message(binary: UnsafeRawBufferPointer(rebasing: bytes[consumed...]))
        }
    }
}

/// Reads one message with a cursor; tensors of JSON text go straight into their storage.
private struct MessageDecoder {
    private var reader: JSONReader
    private let nulls: NullElements
    private let limits: PayloadLimits
    private var message = Message()
    private var inputs: [TensorEntry]?
    private var outputs: [TensorEntry]?
    private var tensorBytes = 0

    init(json: UnsafeRawBufferPointer, nulls: NullElements, limits: PayloadLimits) {
        reader = JSONReader(json)
        self.nulls = nulls
        self.limits = limits
    }

    /// Reads the object and returns how many bytes belong to it; binary tensors come after them.
    mutating func readObject(isWhole: Bool) throws(OpenInferenceError) -> Int {
        try OpenInferenceError.reading("the message") { () throws(JSONError) in try reader.beginObject() }
        while let key = try OpenInferenceError.reading("the message", { () throws(JSONError) in try reader.nextKey() })
        {
            switch key {
            case "inputs": inputs = try readTensors("input")
            case "outputs": outputs = try readTensors("output")
            case "parameters": message.parameters = try reader.readParameters("\"parameters\"", limits)
            default: try OpenInferenceError.reading("\"\(key)\"") { () throws(JSONError) in try readScalarMember(key) }
            }
        }
        let hasBinary = [inputs, outputs].contains { entries in entries?.contains { $0.binarySize != nil } ?? false }
        if isWhole || !hasBinary {
            try OpenInferenceError.reading("the message") { () throws(JSONError) in try reader.finish() }
        }
        return reader.position
    }

    private mutating func readScalarMember(_ key: String) throws(JSONError) {
        switch key {
        case "id": message.id = try readOptionalString()
        case "model_name": message.modelName = try readOptionalString()
        case "model_version": message.modelVersion = try readOptionalString()
        default: try reader.skipValue()
        }
    }

    private mutating func readOptionalString() throws(JSONError) -> String? {
        try reader.readNull() ? nil : try reader.readString()
    }

    private mutating func readTensors(_ kind: String) throws(OpenInferenceError) -> [TensorEntry]? {
        let isNull = try OpenInferenceError.reading("\"\(kind)s\"") { () throws(JSONError) in
            if try reader.readNull() { return true }
            try reader.beginArray()
            return false
        }
        if isNull { return nil }
        var entries: [TensorEntry] = []
        while try OpenInferenceError.reading("the message", { () throws(JSONError) in try reader.nextElement() }) {
            guard entries.count < limits.tensors else {
                throw OpenInferenceError(
                    .tooLarge,
                    "more than \(limits.tensors) \(kind)s",
                    remedy: "Send fewer tensors, or raise the limit"
                )
            }
            entries.append(
                try TensorEntry(
                    reading: &reader,
                    kind: kind,
                    nulls: nulls,
                    limits: limits,
                    tensorBytes: &tensorBytes
                )
            )
        }
        return entries
    }

    /// Takes the binary tensors in order and gives the whole message.
    mutating func message(binary: UnsafeRawBufferPointer) throws(OpenInferenceError) -> Message {
        var rest = BinaryTensors(bytes: binary, limits: limits, tensorBytes: tensorBytes)
        if let inputs {
            message.inputs = try resolve(inputs, &rest)
            message.requestedOutputs = (outputs ?? []).map { .init(name: $0.name, parameters: $0.parameters) }
        } else if let outputs {
            message.outputs = try resolve(outputs, &rest)
        }
        try rest.finish()
        return message
    }

    private func resolve(
        _ entries: [TensorEntry],
        _ rest: inout BinaryTensors
    ) throws(OpenInferenceError) -> [NamedTensor] {
        var tensors: [NamedTensor] = []
        tensors.reserveCapacity(entries.count)
        for entry in entries {
            let tensor: AnyTensor
            if let read = entry.tensor { tensor = read } else { tensor = try rest.next(entry) }
            tensors.append(NamedTensor(name: entry.name, tensor: tensor, parameters: entry.parameters))
        }
        return tensors
    }
}
