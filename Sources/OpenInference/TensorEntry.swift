import JSON
import Tensors

/// One element of `inputs` or `outputs`: a tensor whose data is in the JSON, or is to follow it, or a mere wish.
struct TensorEntry {
    var name = ""
    var shape: [Int]?
    var datatype: ElementType?
    var parameters: JSONObject = [:]
    /// The elements, where they are in the JSON.
    var tensor: AnyTensor?
    /// How many bytes follow the JSON for it, where it is binary.
    var binarySize: Int?
    /// "input" or "output", for messages.
    let kind: String
    /// What `null` is among the elements.
    let nulls: NullElements

    /// An entry of which nothing is known yet.
    init(kind: String, nulls: NullElements = .refused) {
        self.kind = kind
        self.nulls = nulls
    }

    /// Its kind and name, for messages.
    var place: String { name.isEmpty ? "an \(kind) without a name" : "\(kind) \"\(name)\"" }

    /// Reads an entry.
    ///
    /// Members come in any order. Data that comes before datatype and shape is passed, and read once these are known.
    init(
        reading reader: inout JSONReader,
        kind: String,
        nulls: NullElements,
        limits: PayloadLimits,
        tensorBytes: inout Int
    ) throws(OpenInferenceError) {
        self.init(kind: kind, nulls: nulls)
        var data: JSONReader?
        try OpenInferenceError.reading(kind) { () throws(JSONError) in try reader.beginObject() }
        while let key = try OpenInferenceError.reading(kind, { () throws(JSONError) in try reader.nextKey() }) {
            guard key == "data" else {
                try readMember(key, &reader, limits)
                continue
            }
            let isNull = try OpenInferenceError.reading(place) { () throws(JSONError) in try reader.readNull() }
            if isNull { continue }
            guard data == nil else {
                throw OpenInferenceError(.malformed, "\(place): data is given twice", remedy: "Send it once")
            }
            data = reader
            if datatype != nil, shape != nil {
                tensor = try readTensor(&reader, limits, &tensorBytes)
            } else {
                try OpenInferenceError.reading(place) { () throws(JSONError) in _ = try reader.skipValue() }
            }
        }
        if tensor == nil, var data { tensor = try readTensor(&data, limits, &tensorBytes) }
        try takeBinarySize()
    }

    private mutating func readMember(
        _ key: String,
        _ reader: inout JSONReader,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) {
        if key == "parameters" {
            parameters = try reader.readParameters("\(place), \"parameters\"", limits)
            return
        }
        try OpenInferenceError.reading("\(place), \"\(key)\"") { () throws(JSONError) in
            switch key {
            case "name": name = try reader.readString()
            case "shape":
                var sizes: [Int] = []
                try reader.beginArray()
                while try reader.nextElement() { sizes.append(try reader.readInteger()) }
                shape = sizes
            case "datatype":
                let start = reader.position
                let text = try reader.readString()
                // Triton's classification extension writes STRING for what everybody else calls BYTES.
                datatype = text == "STRING" ? .bytes : ElementType(rawValue: text)
                if datatype == nil {
                    throw JSONError(
                        .unexpectedKind,
                        at: start,
                        "the datatype \(text.prefix(32)) is not known",
                        remedy: "Use one of \(ElementType.allCases.map(\.rawValue).joined(separator: ", "))"
                    )
                }
            default: try reader.skipValue()
            }
        }
    }

    private mutating func takeBinarySize() throws(OpenInferenceError) {
        guard let size = parameters["binary_data_size"] else { return }
        guard let size = size.int, size >= 0 else {
            throw OpenInferenceError(
                .sizeMismatch,
                "\(place): binary_data_size is \(size.text.prefix(32))",
                remedy: "Send the number of bytes"
            )
        }
        guard tensor == nil else {
            throw OpenInferenceError(
                .sizeMismatch,
                "\(place): both data and binary_data_size",
                remedy: "Send the elements once, as one or the other"
            )
        }
        binarySize = size
        parameters["binary_data_size"] = nil
    }

    /// The datatype and shape, once both must be there and small enough.
    func description(
        _ limits: PayloadLimits,
        _ tensorBytes: inout Int
    ) throws(OpenInferenceError) -> (datatype: ElementType, shape: [Int], count: Int) {
        guard let datatype else {
            throw OpenInferenceError(
                .missingField,
                "\(place): datatype is missing",
                remedy: "Send a datatype such as FP32"
            )
        }
        guard let shape else {
            throw OpenInferenceError(
                .missingField,
                "\(place): shape is missing",
                remedy: "Send a list of sizes as shape"
            )
        }
        guard shape.count <= limits.axes else {
            throw OpenInferenceError(
                .shapeMismatch,
                "\(place): \(shape.count) axes",
                remedy: "Send at most \(limits.axes) axes"
            )
        }
        let count: Int
        do throws(TensorError) { count = try Shape.count(shape) } catch {
            throw OpenInferenceError(tensor: error, in: place)
        }
        // BYTES cost an array of their own each.
        let width = datatype.byteWidth ?? PayloadLimits.stringOverhead
        let (bytes, overflows) = count.multipliedReportingOverflow(by: width)
        guard !overflows, bytes <= limits.tensorBytes - tensorBytes else {
            throw tooLarge(datatype, shape, limits)
        }
        tensorBytes += bytes
        return (datatype, shape, count)
    }

    private func tooLarge(_ datatype: ElementType, _ shape: [Int], _ limits: PayloadLimits) -> OpenInferenceError {
        OpenInferenceError(
            .tooLarge,
            "\(place): \(datatype.rawValue) \(shape) takes the message beyond \(limits.tensorBytes) bytes",
            remedy: "Send smaller batches, or raise the limit"
        )
    }

    /// Reads `data` by datatype and shape.
    private func readTensor(
        _ reader: inout JSONReader,
        _ limits: PayloadLimits,
        _ tensorBytes: inout Int
    ) throws(OpenInferenceError) -> AnyTensor {
        let (datatype, shape, count) = try description(limits, &tensorBytes)
        // Every element takes a byte of text at least, so a huge shape over a short text costs no memory.
        guard count <= reader.remaining else { throw countMismatch(shape, count, "fewer") }
        switch datatype {
        case .bool: return try readWhole(Bool.self, &reader, shape, count, limits, &tensorBytes)
        case .uint8: return try readWhole(UInt8.self, &reader, shape, count, limits, &tensorBytes)
        case .uint16: return try readWhole(UInt16.self, &reader, shape, count, limits, &tensorBytes)
        case .uint32: return try readWhole(UInt32.self, &reader, shape, count, limits, &tensorBytes)
        case .uint64: return try readWhole(UInt64.self, &reader, shape, count, limits, &tensorBytes)
        case .int8: return try readWhole(Int8.self, &reader, shape, count, limits, &tensorBytes)
        case .int16: return try readWhole(Int16.self, &reader, shape, count, limits, &tensorBytes)
        case .int32: return try readWhole(Int32.self, &reader, shape, count, limits, &tensorBytes)
        case .int64: return try readWhole(Int64.self, &reader, shape, count, limits, &tensorBytes)
        case .float32: return .float32(try read(&reader, shape, count))
        case .float64: return .float64(try read(&reader, shape, count))
        case .bytes: return try readStrings(&reader, shape, count)
        case .float16, .bfloat16:
            throw OpenInferenceError(
                .datatype,
                "\(place): \(datatype.rawValue) in JSON",
                remedy: "Send \(datatype.rawValue) as binary data; it has no JSON form"
            )
        }
    }

    /// Reads elements of a type that has no value for what is missing.
    private func readWhole<Element: TensorElement & JSONScalar & OptionalNumber>(
        _ type: Element.Type,
        _ reader: inout JSONReader,
        _ shape: [Int],
        _ count: Int,
        _ limits: PayloadLimits,
        _ tensorBytes: inout Int
    ) throws(OpenInferenceError) -> AnyTensor {
        let start = reader
        do throws(OpenInferenceError) {
            return AnyTensor(try read(&reader, shape, count) as Tensor<Element>)
        } catch {
            // Few bodies have a null among whole numbers, and only they are read twice.
            guard nulls == .missing, (try? reader.peek()) == .null else { throw error }
            let more = count * (MemoryLayout<Double>.size - MemoryLayout<Element>.size)
            guard more <= limits.tensorBytes - tensorBytes else { throw tooLarge(.float64, shape, limits) }
            tensorBytes += more
            reader = start
            let (numbers, extents) = try OpenInferenceError.reading(place) { () throws(JSONError) in
                try reader.readArray(of: NumberOrNull<Element>.self, limit: count)
            }
            let sent = extents.reduce(1, *)
            guard sent == count else { throw countMismatch(shape, count, "\(sent)") }
            return .float64(Tensor(shape: shape) { _ = $0.initialize(from: numbers.map(\.value)) })
        }
    }

    private func read<Element: TensorElement & JSONScalar>(
        _ reader: inout JSONReader,
        _ shape: [Int],
        _ count: Int
    ) throws(OpenInferenceError) -> Tensor<Element> {
        try Tensor(shape: shape) { buffer throws(OpenInferenceError) in
            let sent = try OpenInferenceError.reading(place) { () throws(JSONError) in
                try reader.readArray(into: buffer).reduce(1, *)
            }
            guard sent == count else { throw countMismatch(shape, count, "\(sent)") }
        }
    }

    /// Reads strings, nested or flat, into one row-major list.
    private func readStrings(
        _ reader: inout JSONReader,
        _ shape: [Int],
        _ count: Int
    ) throws(OpenInferenceError) -> AnyTensor {
        var values: [[UInt8]] = []
        values.reserveCapacity(count)
        try OpenInferenceError.reading(place) { () throws(JSONError) in
            try Self.appendStrings(&reader, to: &values, count, nulls)
        }
        guard values.count == count else { throw countMismatch(shape, count, "\(values.count)") }
        return .bytes(shape: shape, values: values)
    }

    private static func appendStrings(
        _ reader: inout JSONReader,
        to values: inout [[UInt8]],
        _ count: Int,
        _ nulls: NullElements
    ) throws(JSONError) {
        try reader.beginArray()
        while try reader.nextElement() {
            if try reader.peek() == .array {
                try appendStrings(&reader, to: &values, count, nulls)
            } else {
                guard values.count < count else {
                    throw JSONError(
                        .tooManyElements,
                        at: reader.position,
                        "more than \(count) elements",
                        remedy: "Make data and shape agree"
                    )
                }
                let isMissing = nulls == .missing ? try reader.readNull() : false
                values.append(isMissing ? [] : try reader.readStringBytes())
            }
        }
    }

    private func countMismatch(_ shape: [Int], _ count: Int, _ sent: String) -> OpenInferenceError {
        OpenInferenceError(
            .shapeMismatch,
            "\(place): shape \(shape) holds \(count) elements and \(sent) were sent",
            remedy: "Make data and shape agree"
        )
    }
}
