/// What a `.npy` file says of its array before the numbers start.
struct NPYHeader: Equatable {
    var datatype: ElementType
    var isBigEndian: Bool
    var isFortranOrder: Bool
    var shape: [Int]
    /// Where the numbers start.
    var dataOffset: Int

    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    /// Reads the header at the start of a file.
    ///
    /// - Throws: `.malformed` or `.unsupported` by field.
    init(parsing bytes: UnsafeRawBufferPointer, name: String) throws(TensorError) {
        guard bytes.count >= 10, bytes.prefix(6).elementsEqual(Self.magic) else {
            throw TensorError(
                .malformed,
                "\(name): the file does not start as an npy file does",
                remedy: "Write it with numpy.save"
            )
        }
        let major = bytes[6]
        let lengthBytes: Int
        switch major {
        case 1: lengthBytes = 2
        case 2, 3: lengthBytes = 4
        default:
            throw TensorError(
                .unsupported,
                "\(name): format version \(major).\(bytes[7])",
                remedy: "Write it with numpy.save, which uses version 1, 2 or 3"
            )
        }
        let start = 8 + lengthBytes
        guard bytes.count >= start else { throw Self.truncated(name) }
        let length = (0..<lengthBytes).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
        guard length <= bytes.count - start else { throw Self.truncated(name) }
        let text = UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
        var literal = PythonLiteral(text, name: name)
        let fields = try literal.headerFields()
        (datatype, isBigEndian) = try Self.datatype(fields.descr, name: name)
        isFortranOrder = fields.isFortranOrder
        shape = fields.shape
        dataOffset = start + length
    }

    /// The header of a file of ours, padded so that the numbers start at a multiple of 64 bytes.
    ///
    /// - Throws: `.unsupported` for a type that numpy has no name for.
    static func bytes(datatype: ElementType, shape: [Int]) throws(TensorError) -> [UInt8] {
        guard let descr = descriptions.first(where: { $0.value == datatype })?.key else {
            throw TensorError(
                .unsupported,
                "npy has no type for \(datatype.rawValue)",
                remedy: "Convert to a number type that numpy knows, such as FP32"
            )
        }
        let order = datatype.byteWidth == 1 ? "|" : "<"
        let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        var text = "{'descr': '\(order)\(descr)', 'fortran_order': False, 'shape': (\(sizes)), }"
        let unpadded = 10 + text.utf8.count + 1
        text += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
        let length = text.utf8.count
        return magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + text.utf8
    }

    private static let descriptions: [String: ElementType] = [
        "b1": .bool, "u1": .uint8, "u2": .uint16, "u4": .uint32, "u8": .uint64,
        "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64,
        "f2": .float16, "f4": .float32, "f8": .float64,
    ]

    private static func datatype(_ descr: String, name: String) throws(TensorError) -> (ElementType, Bool) {
        if descr.hasSuffix("O") {
            throw TensorError(
                .unsupported,
                "\(name): dtype '\(descr)' holds Python objects, and reading them would execute the file",
                remedy: "Save numbers instead: map categories and texts to codes first, as array.astype('float32')"
            )
        }
        let order = descr.first ?? " "
        guard "<>|=".contains(order), let datatype = descriptions[String(descr.dropFirst())] else {
            throw TensorError(
                .unsupported,
                "\(name): dtype '\(descr)'",
                remedy: "Save Booleans, integers, float16, float32 or float64; text becomes codes of its categories"
            )
        }
        guard order != "|" || datatype.byteWidth == 1 else {
            throw TensorError(
                .malformed,
                "\(name): dtype '\(descr)' does not say its byte order",
                remedy: "Write the file with numpy.save"
            )
        }
        return (datatype, order == ">")
    }

    private static func truncated(_ name: String) -> TensorError {
        TensorError(.malformed, "\(name): the header is cut short", remedy: "Write or copy the file again")
    }
}
