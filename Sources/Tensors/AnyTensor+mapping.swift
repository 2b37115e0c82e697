extension AnyTensor {
    /// A tensor over a part of a mapped file, without copying it where its place in the file allows that.
    ///
    /// Elements that do not start at a multiple of their width, Booleans (whose bytes must be looked at) and whatever a
    /// big-endian machine would have to turn round are copied.
    ///
    /// - Throws: `.malformed` when the part does not have the size that the shape takes.
    init(
        mapping file: MappedFile,
        _ datatype: ElementType,
        shape: [Int],
        range: Range<Int>,
        name: String
    ) throws(TensorError) {
        let size = try ElementBytes.size(datatype, shape: shape, name: name)
        let part = UnsafeRawBufferPointer(rebasing: file.bytes[range])
        #if _endian(little)
            let isNative = true
        #else
            let isNative = false
        #endif
        guard isNative, datatype != .bool, size == range.count, size > 0,
            let width = datatype.byteWidth, range.lowerBound.isMultiple(of: width)
        else {
            self = try ElementBytes.tensor(datatype, shape: shape, bytes: part, name: name)
            return
        }
        let storage = TensorStorage(mapping: file, byteOffset: range.lowerBound, byteCount: size)
        switch datatype {
        case .uint8: self = .uint8(Tensor(shape, storage))
        case .uint16: self = .uint16(Tensor(shape, storage))
        case .uint32: self = .uint32(Tensor(shape, storage))
        case .uint64: self = .uint64(Tensor(shape, storage))
        case .int8: self = .int8(Tensor(shape, storage))
        case .int16: self = .int16(Tensor(shape, storage))
        case .int32: self = .int32(Tensor(shape, storage))
        case .int64: self = .int64(Tensor(shape, storage))
        case .float16: self = .float16(Tensor(shape, storage))
        case .bfloat16: self = .bfloat16(Tensor(shape, storage))
        case .float32: self = .float32(Tensor(shape, storage))
        case .float64: self = .float64(Tensor(shape, storage))
        case .bool, .bytes: preconditionFailure("\(datatype.rawValue) was copied above")
        }
    }
}

extension Tensor {
    /// A tensor over storage that holds exactly its elements.
    fileprivate init(_ shape: [Int], _ storage: TensorStorage) {
        self.init(shape: shape, count: shape.reduce(1, *), storage: storage, offset: 0)
    }
}
