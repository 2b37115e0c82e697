/// Elements as they stand in files: fixed width, little-endian unless a format says otherwise.
package enum ElementBytes {
    /// Makes a tensor of `datatype` from bytes, which must be exactly as many as its elements take.
    ///
    /// - Parameters:
    ///   - bytes: The elements in row-major order, at any alignment.
    ///   - isBigEndian: Whether the most significant byte comes first.
    ///   - name: The file and field for messages.
    /// - Throws: `.malformed` when the shape is impossible, the size is wrong or a Boolean byte is neither 0 nor 1;
    ///   `.unsupported` for `BYTES`, which have no fixed width.
    package static func tensor(
        _ datatype: ElementType,
        shape: [Int],
        bytes: UnsafeRawBufferPointer,
        isBigEndian: Bool = false,
        name: String
    ) throws(TensorError) -> AnyTensor {
        switch datatype {
        case .bool: .bool(try booleans(shape, bytes, name))
        case .uint8: .uint8(try copy(shape, bytes, isBigEndian, name))
        case .uint16: .uint16(try copy(shape, bytes, isBigEndian, name))
        case .uint32: .uint32(try copy(shape, bytes, isBigEndian, name))
        case .uint64: .uint64(try copy(shape, bytes, isBigEndian, name))
        case .int8: .int8(try copy(shape, bytes, isBigEndian, name))
        case .int16: .int16(try copy(shape, bytes, isBigEndian, name))
        case .int32: .int32(try copy(shape, bytes, isBigEndian, name))
        case .int64: .int64(try copy(shape, bytes, isBigEndian, name))
        case .float16: .float16(try copy(shape, bytes, isBigEndian, name))
        case .bfloat16: .bfloat16(try copy(shape, bytes, isBigEndian, name))
        case .float32: .float32(try copy(shape, bytes, isBigEndian, name))
        case .float64: .float64(try copy(shape, bytes, isBigEndian, name))
        case .bytes: throw TensorError(.unsupported, "\(name): BYTES have no fixed width", remedy: "Store numbers")
        }
    }

    /// The number of bytes that a shape of some type takes.
    ///
    /// - Throws: `.malformed` when a size is negative or the product overflows; `.unsupported` for `BYTES`.
    static func size(_ datatype: ElementType, shape: [Int], name: String) throws(TensorError) -> Int {
        guard let width = datatype.byteWidth else {
            throw TensorError(.unsupported, "\(name): BYTES have no fixed width", remedy: "Store numbers")
        }
        do {
            return try Shape.count(shape + [width])
        } catch {
            throw TensorError(
                .malformed,
                "\(name): the shape \(shape) has a negative size, or takes more bytes than can be counted",
                remedy: "The shape in the file is wrong; write the file again"
            )
        }
    }

    /// The elements of a tensor as little-endian bytes, appended.
    package static func append<Element: TensorElement>(_ tensor: Tensor<Element>, to bytes: inout [UInt8]) {
        tensor.withUnsafeBufferPointer { source in
            let raw = UnsafeRawBufferPointer(source)
            #if _endian(little)
                bytes.append(contentsOf: raw)
            #else
                let width = MemoryLayout<Element>.stride
                for start in stride(from: 0, to: raw.count, by: width) {
                    bytes.append(contentsOf: raw[start..<start + width].reversed())
                }
            #endif
        }
    }

    private static func copy<Element: TensorElement>(
        _ shape: [Int],
        _ bytes: UnsafeRawBufferPointer,
        _ isBigEndian: Bool,
        _ name: String
    ) throws(TensorError) -> Tensor<Element> {
        try check(shape, bytes, Element.datatype, name)
        let isForeign: Bool
        #if _endian(little)
            isForeign = isBigEndian
        #else
            isForeign = !isBigEndian
        #endif
        return Tensor(shape: shape) { target in
            let raw = UnsafeMutableRawBufferPointer(target)
            raw.copyMemory(from: bytes)
            if isForeign { reverseBytes(of: raw, width: MemoryLayout<Element>.stride) }
        }
    }

    /// A byte other than 0 or 1 would be undefined as a Swift `Bool`, so each is looked at.
    private static func booleans(
        _ shape: [Int],
        _ bytes: UnsafeRawBufferPointer,
        _ name: String
    ) throws(TensorError) -> Tensor<Bool> {
        try check(shape, bytes, .bool, name)
        if let index = bytes.firstIndex(where: { $0 > 1 }) {
            throw TensorError(
                .malformed,
                "\(name): the Boolean at element \(index) is stored as \(bytes[index])",
                remedy: "Booleans are stored as 0 or 1; write the file again"
            )
        }
        return Tensor(shape: shape) { target in
            for index in 0..<target.count { target.initializeElement(at: index, to: bytes[index] == 1) }
        }
    }

    private static func check(
        _ shape: [Int],
        _ bytes: UnsafeRawBufferPointer,
        _ datatype: ElementType,
        _ name: String
    ) throws(TensorError) {
        let size = try size(datatype, shape: shape, name: name)
        guard bytes.count == size else {
            throw TensorError(
                .malformed,
                "\(name): \(datatype.rawValue) \(shape) takes \(size) bytes and \(bytes.count) are there",
                remedy: "The file is cut short or its header is wrong; write it again"
            )
        }
    }

    private static func reverseBytes(of bytes: UnsafeMutableRawBufferPointer, width: Int) {
        for start in stride(from: 0, to: bytes.count, by: width) {
            var low = start
            var high = start + width - 1
            while low < high {
                bytes.swapAt(low, high)
                low += 1
                high -= 1
            }
        }
    }
}
