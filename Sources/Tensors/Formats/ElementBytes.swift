/// Elements as they stand in files: fixed width, little-endian unless a format says otherwise.
package enum ElementBytes {
    /// Makes a tensor of `datatype` from bytes, which must be exactly as many as its elements take.
    ///
    /// - Parameters:
    ///   - bytes: The elements in row-major order, at any alignment.
    ///   - isBigEndian: Whether the most significant byte comes first.
    ///   - name: The file and field for messages.
    /// - Throws: `.malformed` when the size is wrong or a Boolean byte is neither 0 nor 1; `.shapeMismatch` for an
    ///   impossible shape; `.unsupported` for `BYTES`, which have no fixed width.
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

    /// The number of bytes that `count` elements of a type take.
    ///
    /// - Throws: `.shapeMismatch` when it overflows; `.unsupported` for `BYTES`.
    static func size(_ datatype: ElementType, count: Int, name: String) throws(TensorError) -> Int {
        guard let width = datatype.byteWidth else {
            throw TensorError(.unsupported, "\(name): BYTES have no fixed width", remedy: "Store numbers")
        }
        let (size, overflow) = count.multipliedReportingOverflow(by: width)
        guard !overflow else {
            throw TensorError(
                .shapeMismatch,
                "\(name): \(count) elements of \(datatype.rawValue) are more bytes than can be counted",
                remedy: "The shape in the file is wrong; write the file again"
            )
        }
        return size
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
        let count = try checkedCount(shape, bytes, Element.datatype, name)
        let isForeign: Bool
        #if _endian(little)
        isForeign = isBigEndian
        #else
        isForeign = !isBigEndian
        #endif
        return Tensor(shape: shape) { target in
            let raw = UnsafeMutableRawBufferPointer(target)
            raw.copyMemory(from: bytes)
            if isForeign { reverseBytes(of: raw, width: MemoryLayout<Element>.stride, count: count) }
        }
    }

    /// A byte other than 0 or 1 would be undefined as a Swift `Bool`, so each is looked at.
    private static func booleans(
        _ shape: [Int],
        _ bytes: UnsafeRawBufferPointer,
        _ name: String
    ) throws(TensorError) -> Tensor<Bool> {
        _ = try checkedCount(shape, bytes, .bool, name)
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

    private static func checkedCount(
        _ shape: [Int],
        _ bytes: UnsafeRawBufferPointer,
        _ datatype: ElementType,
        _ name: String
    ) throws(TensorError) -> Int {
        let count = try Shape.count(shape)
        let size = try size(datatype, count: count, name: name)
        guard bytes.count == size else {
            throw TensorError(
                .malformed,
                "\(name): \(datatype.rawValue) \(shape) takes \(size) bytes and \(bytes.count) are there",
                remedy: "The file is cut short or its header is wrong; write it again"
            )
        }
        return count
    }

    private static func reverseBytes(of bytes: UnsafeMutableRawBufferPointer, width: Int, count: Int) {
        for start in stride(from: 0, to: count * width, by: width) {
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
