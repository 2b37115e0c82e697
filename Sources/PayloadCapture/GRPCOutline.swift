import JSON

/// What the first message of a gRPC call to the Open Inference Protocol says besides its values.
///
/// Reads as far as the bytes go, which may have been cut; of a message that is compressed nothing is known.
struct GRPCOutline {
    /// `model_name` and `model_version`, nil where they are empty or not there.
    private(set) var model: String?
    private(set) var version: String?
    private var id: String?
    private var tensors: [JSONObject] = []

    /// Whether calls to `path` carry such messages.
    static func applies(to path: some StringProtocol) -> Bool {
        path.hasPrefix("/inference.GRPCInferenceService/Model")
    }

    /// - Parameter bytes: The body from its start, with the five bytes before each message.
    init(_ bytes: some RandomAccessCollection<UInt8>) {
        guard bytes.count > 5, bytes.first == 0 else { return }
        var fields = ProtobufFields(Array(bytes.dropFirst(5))[...])
        while let (number, value) = fields.next() {
            switch number {
            case 1: model = Self.text(value)
            case 2: version = Self.text(value)
            case 3: id = Self.text(value)
            case 5: tensors.append(Self.tensor(value))
            default: break
            }
        }
    }

    /// A JSON object as it is of V2's JSON, with each tensor's name, shape and datatype; nil where nothing is known.
    ///
    /// - Parameter list: `inputs` or `outputs`.
    func json(_ list: String) -> [UInt8]? {
        var object = JSONObject()
        object["model_name"] = model.map { .string($0) }
        object["model_version"] = version.map { .string($0) }
        object["id"] = id.map { .string($0) }
        if !tensors.isEmpty { object[list] = .array(tensors.map { .object($0) }) }
        return object.isEmpty ? nil : JSONValue.object(object).serialized()
    }

    /// Of an `InferInputTensor` or `InferOutputTensor`: name 1, datatype 2, shape 3.
    private static func tensor(_ value: ProtobufFields.Value) -> JSONObject {
        var object = JSONObject()
        var shape: [JSONValue] = []
        guard case .bytes(let bytes) = value else { return object }
        var fields = ProtobufFields(bytes)
        while let (number, value) = fields.next() {
            switch (number, value) {
            case (1, _): object["name"] = text(value).map { .string($0) }
            case (2, _): object["datatype"] = text(value).map { .string($0) }
            case (3, .number(let size)): shape.append(.integer(Int64(bitPattern: size)))
            case (3, .bytes(let packed)):
                var sizes = ProtobufFields(packed)
                while let size = sizes.nextNumber() { shape.append(.integer(Int64(bitPattern: size))) }
            default: break
            }
        }
        object["shape"] = .array(shape)
        return object
    }

    private static func text(_ value: ProtobufFields.Value) -> String? {
        guard case .bytes(let bytes) = value, !bytes.isEmpty else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// The fields at the start of a protobuf message, as far as its bytes go.
private struct ProtobufFields {
    enum Value {
        case number(UInt64)
        case bytes(ArraySlice<UInt8>)
        /// Four or eight bytes, which nothing here needs.
        case fixed
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// The next field, nil at the end, at the cut, or at what is no field.
    mutating func next() -> (number: UInt64, value: Value)? {
        guard let key = nextNumber() else { return nil }
        switch key & 7 {
        case 0: return nextNumber().map { (key >> 3, .number($0)) }
        case 1: return skip(8) ? (key >> 3, .fixed) : nil
        case 2:
            guard let length = nextNumber(), length <= UInt64(rest.count) else { return nil }
            defer { rest = rest.dropFirst(Int(length)) }
            return (key >> 3, .bytes(rest.prefix(Int(length))))
        case 5: return skip(4) ? (key >> 3, .fixed) : nil
        default: return nil
        }
    }

    /// A number in groups of seven bits, the lowest first.
    mutating func nextNumber() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }

    private mutating func skip(_ count: Int) -> Bool {
        guard rest.count >= count else { return false }
        rest = rest.dropFirst(count)
        return true
    }
}
