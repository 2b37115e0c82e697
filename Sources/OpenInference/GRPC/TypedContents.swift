import JSON
import Tensors

/// `InferTensorContents`: the elements in the one field that belongs to their datatype, packed or one by one.
///
/// | field | datatypes | written as |
/// | --- | --- | --- |
/// | 1 bool_contents | BOOL | varints |
/// | 2 int_contents | INT8, INT16, INT32 | varints |
/// | 3 int64_contents | INT64 | varints |
/// | 4 uint_contents | UINT8, UINT16, UINT32 | varints |
/// | 5 uint64_contents | UINT64 | varints |
/// | 6 fp32_contents | FP32 | four bytes |
/// | 7 fp64_contents | FP64 | eight bytes |
/// | 8 bytes_contents | BYTES | bytes |
struct TypedContents {
    private let pieces: [UnsafeRawBufferPointer]
    private let place: String

    init(_ pieces: [UnsafeRawBufferPointer], place: String) {
        self.pieces = pieces
        self.place = place
    }

    /// The tensor.
    ///
    /// - Throws: `.datatype` for FP16 and BF16, which have raw contents only, and for elements in another field;
    ///   `.shapeMismatch` for another number of elements than the shape holds; `.value` for one that does not fit.
    func tensor(_ datatype: ElementType, _ shape: [Int], _ count: Int) throws(OpenInferenceError) -> AnyTensor {
        switch datatype {
        case .bool: .bool(try varints(1, shape, count) { $0 <= 1 ? $0 == 1 : nil })
        case .int8: .int8(try varints(2, shape, count) { Int8(exactly: Int64(bitPattern: $0)) })
        case .int16: .int16(try varints(2, shape, count) { Int16(exactly: Int64(bitPattern: $0)) })
        case .int32: .int32(try varints(2, shape, count) { Int32(exactly: Int64(bitPattern: $0)) })
        case .int64: .int64(try varints(3, shape, count) { Int64(bitPattern: $0) })
        case .uint8: .uint8(try varints(4, shape, count) { UInt8(exactly: $0) })
        case .uint16: .uint16(try varints(4, shape, count) { UInt16(exactly: $0) })
        case .uint32: .uint32(try varints(4, shape, count) { UInt32(exactly: $0) })
        case .uint64: .uint64(try varints(5, shape, count) { $0 })
        case .float32: .float32(try fixed(6, shape, count))
        case .float64: .float64(try fixed(7, shape, count))
        case .bytes: .bytes(shape: shape, values: try strings(8, shape, count))
        case .float16, .bfloat16:
            throw OpenInferenceError(
                .datatype,
                "\(place): \(datatype.rawValue) in typed contents",
                remedy: "Send \(datatype.rawValue) as raw contents"
            )
        }
    }

    /// Hands out the values of one field; elements of a datatype in another field are refused.
    private func forEach(
        _ field: Int,
        _ body: (ProtobufReader.Value) throws(OpenInferenceError) -> Void
    ) throws(OpenInferenceError) {
        for piece in pieces {
            var reader = ProtobufReader(piece, place: "\(place), contents")
            while let (number, value) = try reader.next() {
                guard number == field else {
                    if case .bytes(let bytes) = value, bytes.isEmpty { continue }
                    throw OpenInferenceError(
                        .datatype,
                        "\(place): contents in field \(number), where its datatype has field \(field)",
                        remedy: "Send the contents that belong to the datatype"
                    )
                }
                try body(value)
            }
        }
    }

    private func varints<Element: TensorElement>(
        _ field: Int,
        _ shape: [Int],
        _ count: Int,
        _ convert: (UInt64) -> Element?
    ) throws(OpenInferenceError) -> Tensor<Element> {
        var elements: [Element] = []
        func append(_ bits: UInt64) throws(OpenInferenceError) {
            guard elements.count < count else { throw mismatch(shape, count, "more") }
            guard let element = convert(bits) else {
                throw OpenInferenceError(
                    .value,
                    "\(place): \(Int64(bitPattern: bits)) is no \(Element.datatype.rawValue)",
                    remedy: "Send elements that fit the datatype"
                )
            }
            elements.append(element)
        }
        try forEach(field) { value throws(OpenInferenceError) in
            switch value {
            case .varint(let bits): try append(bits)
            case .bytes(let packed):
                elements.reserveCapacity(min(count, elements.count + packed.count))
                var reader = ProtobufReader(packed, place: "\(place), contents")
                while !reader.isAtEnd { try append(try reader.readVarint()) }
            default: throw wrongForm(field)
            }
        }
        guard elements.count == count else { throw mismatch(shape, count, "\(elements.count)") }
        return Tensor(shape: shape) { _ = $0.initialize(from: elements) }
    }

    private func fixed<Element: TensorElement>(
        _ field: Int,
        _ shape: [Int],
        _ count: Int
    ) throws(OpenInferenceError) -> Tensor<Element> {
        let width = MemoryLayout<Element>.size
        var sent = 0
        try forEach(field) { value throws(OpenInferenceError) in
            switch value {
            case .bytes(let packed): sent += packed.count
            case .fixed32 where width == 4, .fixed64 where width == 8: sent += width
            default: throw wrongForm(field)
            }
        }
        guard sent == count * width else {
            throw mismatch(shape, count, sent.isMultiple(of: width) ? "\(sent / width)" : "\(sent) bytes")
        }
        return try Tensor(shape: shape) { target throws(OpenInferenceError) in
            let memory = UnsafeMutableRawBufferPointer(target)
            var position = 0
            try forEach(field) { value throws(OpenInferenceError) in
                switch value {
                case .bytes(let packed):
                    UnsafeMutableRawBufferPointer(rebasing: memory[position...]).copyMemory(from: packed)
                    position += packed.count
                case .fixed32(let bits):
                    memory.storeBytes(of: bits.littleEndian, toByteOffset: position, as: UInt32.self)
                    position += 4
                case .fixed64(let bits):
                    memory.storeBytes(of: bits.littleEndian, toByteOffset: position, as: UInt64.self)
                    position += 8
                case .varint: throw wrongForm(field)
                }
            }
        }
    }

    private func strings(_ field: Int, _ shape: [Int], _ count: Int) throws(OpenInferenceError) -> [[UInt8]] {
        var values: [[UInt8]] = []
        try forEach(field) { value throws(OpenInferenceError) in
            guard case .bytes(let bytes) = value else { throw wrongForm(field) }
            guard values.count < count else { throw mismatch(shape, count, "more") }
            values.append([UInt8](bytes))
        }
        guard values.count == count else { throw mismatch(shape, count, "\(values.count)") }
        return values
    }

    private func wrongForm(_ field: Int) -> OpenInferenceError {
        OpenInferenceError(
            .malformed,
            "\(place): contents of field \(field) are not written as the protocol has it",
            remedy: "Send a protobuf message of the Open Inference Protocol"
        )
    }

    private func mismatch(_ shape: [Int], _ count: Int, _ sent: String) -> OpenInferenceError {
        OpenInferenceError(
            .shapeMismatch,
            "\(place): shape \(shape) holds \(count) elements and \(sent) were sent",
            remedy: "Make contents and shape agree"
        )
    }
}
