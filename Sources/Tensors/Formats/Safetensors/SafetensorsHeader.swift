import JSON

/// The JSON at the start of a `.safetensors` file: what is where.
struct SafetensorsHeader {
    /// One tensor.
    struct Entry {
        var name: String
        var datatype: ElementType
        var shape: [Int]
        /// Its bytes, counted from the start of the file.
        var range: Range<Int>
    }

    /// In the order of their bytes.
    private(set) var entries: [Entry] = []
    private(set) var metadata: [String: String] = [:]

    /// The bound that the format's own library sets.
    private static let maximumBytes = 100_000_000

    private static let types: [String: ElementType] = [
        "BOOL": .bool, "U8": .uint8, "U16": .uint16, "U32": .uint32, "U64": .uint64, "I8": .int8, "I16": .int16,
        "I32": .int32, "I64": .int64, "F16": .float16, "BF16": .bfloat16, "F32": .float32, "F64": .float64,
    ]

    /// Reads and checks the header of a file.
    ///
    /// - Throws: `.malformed` or `.unsupported` by field.
    init(parsing bytes: UnsafeRawBufferPointer, name: String) throws(TensorError) {
        guard bytes.count >= 8 else { throw Self.malformed(name, "the file is shorter than its first 8 bytes") }
        let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << (8 * UInt64($1)) }
        guard length <= Self.maximumBytes, length <= bytes.count - 8 else {
            throw Self.malformed(name, "the header is said to take \(length) bytes and \(bytes.count - 8) follow")
        }
        let dataStart = 8 + Int(length)
        let text = bytes[8..<dataStart]
        guard text.first == UInt8(ascii: "{") else { throw Self.malformed(name, "the header does not start with {") }
        let fields: JSONObject
        do {
            guard let object = try JSONValue(parsing: text, limits: .strict).object else {
                throw Self.malformed(name, "the header is not a JSON object")
            }
            fields = object
        } catch let error as TensorError {
            throw error
        } catch {
            throw Self.malformed(name, "the header is not JSON", cause: error)
        }
        for (key, value) in fields {
            if key == "__metadata__" {
                metadata = try Self.metadata(value, name)
            } else {
                entries.append(try Self.entry(key, value, dataStart: dataStart, end: bytes.count, name))
            }
        }
        try checkCoverage(dataStart..<bytes.count, name)
    }

    /// The header of a file of ours, padded with spaces to a multiple of 8 bytes.
    ///
    /// - Throws: `.unsupported` for BYTES.
    static func bytes(
        of tensors: [(key: String, value: AnyTensor)],
        metadata: [String: String]
    ) throws(TensorError) -> [UInt8] {
        var fields = JSONObject()
        if !metadata.isEmpty {
            var texts = JSONObject()
            for (key, text) in metadata.sorted(by: { $0.key < $1.key }) { texts[key] = .string(text) }
            fields["__metadata__"] = .object(texts)
        }
        var position = 0
        for (name, tensor) in tensors {
            guard let type = types.first(where: { $0.value == tensor.datatype })?.key else {
                throw TensorError(
                    .unsupported,
                    "safetensors has no type for \(name), which is \(tensor.datatype.rawValue)",
                    remedy: "Store numbers"
                )
            }
            let size = try ElementBytes.size(tensor.datatype, shape: tensor.shape, name: name)
            fields[name] = [
                "dtype": .string(type),
                "shape": .array(tensor.shape.map { .integer(Int64($0)) }),
                "data_offsets": [.integer(Int64(position)), .integer(Int64(position + size))],
            ]
            position += size
        }
        var text = JSONValue.object(fields).serialized()
        text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8))
        let length = UInt64(text.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + text
    }

    private static func entry(
        _ key: String,
        _ value: JSONValue,
        dataStart: Int,
        end: Int,
        _ name: String
    ) throws(TensorError) -> Entry {
        guard let type = value["dtype"]?.string else { throw malformed(name, "\(key) has no dtype") }
        guard let datatype = types[type] else {
            throw TensorError(
                .unsupported,
                "\(name), \(key): dtype \(type)",
                remedy: "Convert the tensor to one of \(types.keys.sorted().joined(separator: ", "))"
            )
        }
        guard let shape = value["shape"]?.sizes else {
            throw malformed(name, "the shape of \(key) is not a list of sizes from 0 up")
        }
        guard let offsets = value["data_offsets"]?.sizes, offsets.count == 2, offsets[0] <= offsets[1],
            offsets[1] <= end - dataStart
        else {
            throw malformed(
                name,
                "the data_offsets of \(key) are not two numbers within the \(end - dataStart) bytes of data"
            )
        }
        let size = try ElementBytes.size(datatype, shape: shape, name: "\(name), \(key)")
        guard size == offsets[1] - offsets[0] else {
            throw malformed(
                name,
                "\(key) is \(type) \(shape), \(size) bytes, and its offsets hold \(offsets[1] - offsets[0])"
            )
        }
        return Entry(
            name: key,
            datatype: datatype,
            shape: shape,
            range: dataStart + offsets[0]..<dataStart + offsets[1]
        )
    }

    /// The format allows neither overlaps nor holes, so that no two readers see different data.
    private mutating func checkCoverage(_ data: Range<Int>, _ name: String) throws(TensorError) {
        entries.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
        var position = data.lowerBound
        for entry in entries {
            guard entry.range.lowerBound == position else {
                let what = entry.range.lowerBound < position ? "overlaps its neighbour" : "leaves a hole before it"
                throw Self.malformed(name, "the data of \(entry.name) \(what)")
            }
            position = entry.range.upperBound
        }
        guard position == data.upperBound else {
            throw Self.malformed(name, "\(data.upperBound - position) bytes at the end belong to no tensor")
        }
    }

    private static func metadata(_ value: JSONValue, _ name: String) throws(TensorError) -> [String: String] {
        guard let object = value.object else { throw malformed(name, "__metadata__ is not an object") }
        var metadata: [String: String] = [:]
        for (key, text) in object {
            guard let text = text.string else { throw malformed(name, "__metadata__.\(key) is not a text") }
            metadata[key] = text
        }
        return metadata
    }

    private static func malformed(_ name: String, _ what: String, cause: (any Error)? = nil) -> TensorError {
        TensorError(
            .malformed,
            "\(name): \(what)",
            remedy: "Write the file again with a safetensors library",
            cause: cause
        )
    }
}

extension JSONValue {
    /// A list of whole numbers from 0 up.
    fileprivate var sizes: [Int]? {
        guard let array else { return nil }
        var sizes: [Int] = []
        for element in array {
            guard case .integer(let size) = element, size >= 0 else { return nil }
            sizes.append(Int(size))
        }
        return sizes
    }
}
