import JSON
import Tensors

/// TensorFlow's `TensorProto` in protobuf's JSON form, as Seldon's `tftensor` carries it.
///
/// Members are read in camel case, which protobuf's JSON form has, and in snake case, which Python's dictionaries have.
/// As in TensorFlow the last value stands for those that are left out, and 64-bit integers may be strings.
struct TensorProto {
    private let place: String
    private let limits: PayloadLimits
    private var datatype: ElementType?
    private var shape: [Int] = []
    private var values: AnyTensor?
    private var content: [UInt8]?

    private init(place: String, limits: PayloadLimits) {
        self.place = place
        self.limits = limits
    }

    /// Reads one.
    static func read(
        _ reader: inout JSONReader,
        _ place: String,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> AnyTensor {
        var proto = TensorProto(place: place, limits: limits)
        try reader.readMembers(place) { key, reader throws(OpenInferenceError) in try proto.take(key, &reader) }
        return try proto.tensor()
    }

    private mutating func take(_ key: String, _ reader: inout JSONReader) throws(OpenInferenceError) {
        switch key {
        case "dtype": datatype = try readType(&reader)
        case "tensorShape", "tensor_shape": shape = try readShape(&reader)
        case "tensorContent", "tensor_content": content = try Base64Object.decode(&reader, "\(place), \"\(key)\"")
        case "floatVal", "float_val", "doubleVal", "double_val", "intVal", "int_val", "int64Val", "int64_val",
            "boolVal",
            "bool_val", "stringVal", "string_val", "uint32Val", "uint32_val", "uint64Val", "uint64_val", "halfVal",
            "half_val":
            let read = try readValues(&reader, "\(place), \"\(key)\"")
            if read.count > 0 { values = read }
        default: try reader.skip(place)
        }
    }

    /// Values of one kind, or numbers among which protobuf's JSON form writes "NaN", "Infinity" and "-Infinity".
    private func readValues(_ reader: inout JSONReader, _ place: String) throws(OpenInferenceError) -> AnyTensor {
        let start = reader
        do throws(OpenInferenceError) {
            return try UntypedArray.read(&reader, place, limits)
        } catch {
            reader = start
            let numbers = try reader.readTree(place, limits).array?.map { $0.double ?? $0.string.flatMap(Self.special) }
            guard let numbers, !numbers.contains(nil) else { throw error }
            return .float64(Tensor(shape: [numbers.count]) { _ = $0.initialize(from: numbers.compactMap { $0 }) })
        }
    }

    private static func special(_ name: String) -> Double? {
        ["NaN": .nan, "Infinity": .infinity, "-Infinity": -.infinity][name]
    }

    private func readType(_ reader: inout JSONReader) throws(OpenInferenceError) -> ElementType {
        let value = try reader.readTree("\(place), \"dtype\"", limits)
        let name = value.int.flatMap { Self.types.indices.contains($0) ? Self.types[$0] : nil } ?? value.string ?? ""
        guard let type = Self.elementTypes[name] else {
            throw OpenInferenceError(
                .datatype,
                "\(place): the dtype \(value.text.prefix(32))",
                remedy: "Send one of \(Self.elementTypes.keys.sorted().joined(separator: ", "))"
            )
        }
        return type
    }

    private func readShape(_ reader: inout JSONReader) throws(OpenInferenceError) -> [Int] {
        let dimensions = try reader.readTree("\(place), \"tensorShape\"", limits)["dim"]?.array ?? []
        guard dimensions.count <= limits.axes else {
            throw OpenInferenceError(
                .shapeMismatch,
                "\(place): \(dimensions.count) axes",
                remedy: "Send at most \(limits.axes) axes"
            )
        }
        return try dimensions.map { dimension throws(OpenInferenceError) in
            let size = dimension["size"] ?? 0  // protobuf's JSON form leaves zeros out
            guard let size = size.int ?? size.string.flatMap({ Int($0) }), size >= 0 else {
                throw OpenInferenceError(
                    .shapeMismatch,
                    "\(place): an axis of size \(size.text.prefix(32))",
                    remedy: "Send whole sizes"
                )
            }
            return size
        }
    }

    // MARK: The tensor

    private func tensor() throws(OpenInferenceError) -> AnyTensor {
        guard let datatype else {
            throw OpenInferenceError(.missingField, "\(place): dtype is missing", remedy: "Send dtype")
        }
        let count = try checkedCount(datatype)
        do throws(TensorError) {
            if let content { return try tensor(datatype, of: content) }
            guard let values = values ?? (count == 0 ? .float64(Tensor(shape: [0], repeating: 0)) : nil) else {
                throw TensorError(.malformed, "there are no values", remedy: "")
            }
            return try tensor(datatype, of: values, count)
        } catch {
            throw OpenInferenceError(tensor: error, in: place)
        }
    }

    private func checkedCount(_ datatype: ElementType) throws(OpenInferenceError) -> Int {
        var entry = TensorEntry(kind: "tftensor")
        entry.shape = shape
        entry.datatype = datatype
        var bytes = 0
        return try entry.description(limits, &bytes).count
    }

    private func tensor(_ datatype: ElementType, of content: [UInt8]) throws(TensorError) -> AnyTensor {
        try content.withRawBytes { bytes throws(TensorError) in
            try ElementBytes.tensor(datatype, shape: shape, bytes: bytes, name: place)
        }
    }

    private func tensor(_ datatype: ElementType, of values: AnyTensor, _ count: Int) throws(TensorError) -> AnyTensor {
        if datatype == .bytes {
            guard case .bytes(_, let texts) = values else { throw wrongValues(datatype) }
            let decoded = try texts.map { text throws(TensorError) in
                do { return try Base64Object.decode(text, place) } catch { throw wrongValues(datatype) }
            }
            return .bytes(shape: shape, values: try filled(decoded, count))
        }
        if case .bytes(_, let texts) = values, datatype == .int64 || datatype == .uint64 {
            return datatype == .int64
                ? .int64(try Tensor(shape: shape, elements: filled(integers(texts, datatype), count)))
                : .uint64(try Tensor(shape: shape, elements: filled(integers(texts, datatype), count)))
        }
        let numbers = try filled(numbers(values, datatype), count)
        if datatype == .float16 {  // half_val holds the bits as integers
            let bits = try Tensor(shape: shape, elements: numbers).converted(to: UInt16.self).elements
            return .float16(try Tensor(shape: shape, elements: bits.map { Float16(bitPattern: $0) }))
        }
        if datatype == .bfloat16 {
            let bits = try Tensor(shape: shape, elements: numbers).converted(to: UInt16.self).elements
            return .bfloat16(try Tensor(shape: shape, elements: bits.map { BFloat16(bitPattern: $0) }))
        }
        return try AnyTensor.float64(Tensor(shape: shape, elements: numbers)).converted(to: datatype)
    }

    /// The strings in which protobuf's JSON form writes 64-bit integers.
    private func integers<Integer: FixedWidthInteger>(
        _ texts: [[UInt8]],
        _ datatype: ElementType
    ) throws(TensorError) -> [Integer] {
        try texts.map { text throws(TensorError) in
            guard let number = Integer(String(decoding: text, as: UTF8.self)) else { throw wrongValues(datatype) }
            return number
        }
    }

    /// Numbers, truth values, and strings of numbers.
    private func numbers(_ values: AnyTensor, _ datatype: ElementType) throws(TensorError) -> [Double] {
        guard case .bytes(_, let texts) = values else { return try values.converted(to: Double.self).elements }
        return try texts.map { text throws(TensorError) in
            // Also "NaN", "Infinity" and "-Infinity", which are strings there.
            guard let number = Double(String(decoding: text, as: UTF8.self)) else { throw wrongValues(datatype) }
            return number
        }
    }

    private func filled<Value>(_ values: [Value], _ count: Int) throws(TensorError) -> [Value] {
        guard values.count < count, let last = values.last else { return values }
        return values + repeatElement(last, count: count - values.count)
    }

    private func wrongValues(_ datatype: ElementType) -> TensorError {
        TensorError(.valueNotRepresentable, "values that are no \(datatype.rawValue)", remedy: "")
    }

    /// The names of TensorFlow's `DataType` by number, from 0.
    private static let types = [
        "DT_INVALID", "DT_FLOAT", "DT_DOUBLE", "DT_INT32", "DT_UINT8", "DT_INT16", "DT_INT8", "DT_STRING",
        "DT_COMPLEX64", "DT_INT64", "DT_BOOL", "DT_QINT8", "DT_QUINT8", "DT_QINT32", "DT_BFLOAT16", "DT_QINT16",
        "DT_QUINT16", "DT_UINT16", "DT_COMPLEX128", "DT_HALF", "DT_RESOURCE", "DT_VARIANT", "DT_UINT32", "DT_UINT64",
    ]

    private static let elementTypes: [String: ElementType] = [
        "DT_FLOAT": .float32, "DT_DOUBLE": .float64, "DT_INT32": .int32, "DT_UINT8": .uint8, "DT_INT16": .int16,
        "DT_INT8": .int8, "DT_STRING": .bytes, "DT_INT64": .int64, "DT_BOOL": .bool, "DT_BFLOAT16": .bfloat16,
        "DT_UINT16": .uint16, "DT_HALF": .float16, "DT_UINT32": .uint32, "DT_UINT64": .uint64,
    ]
}

extension AnyTensor {
    /// The numbers as another datatype.
    ///
    /// - Throws: `.valueNotRepresentable` with the first value that does not fit, and for BYTES.
    fileprivate func converted(to datatype: ElementType) throws(TensorError) -> AnyTensor {
        switch datatype {
        case .bool: .bool(try converted())
        case .uint8: .uint8(try converted())
        case .uint16: .uint16(try converted())
        case .uint32: .uint32(try converted())
        case .uint64: .uint64(try converted())
        case .int8: .int8(try converted())
        case .int16: .int16(try converted())
        case .int32: .int32(try converted())
        case .int64: .int64(try converted())
        case .float16: .float16(try converted())
        case .bfloat16: .bfloat16(try converted())
        case .float32: .float32(try converted())
        case .float64: .float64(try converted())
        case .bytes:
            throw TensorError(.valueNotRepresentable, "numbers that should be BYTES", remedy: "Send strings")
        }
    }
}
