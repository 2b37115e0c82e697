/// numpy's `.npy`: one array, its type and shape in a short header.
///
/// Read are versions 1 to 3, both byte orders, C and Fortran order, and the types Boolean, integers, float16, float32
/// and float64. Written is version 1, little-endian, C order. Nothing is ever executed: an array of Python objects is a
/// pickle, and is refused by name.
///
/// Source: numpy.lib.format, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
public enum NPY {
    /// Reads an array from a file.
    ///
    /// - Throws: `.fileFailed`; `.malformed` or `.unsupported` by file and field.
    public static func read(path: String) throws(TensorError) -> AnyTensor {
        let file = try MappedFile(path: path)
        return try read(file.bytes, name: path)
    }

    /// Reads an array from bytes that hold it and nothing more.
    ///
    /// - Parameter name: What messages call the bytes.
    /// - Throws: `.malformed` or `.unsupported` by field.
    public static func read(bytes: [UInt8], name: String = "npy") throws(TensorError) -> AnyTensor {
        try bytes.withUnsafeBufferPointer { buffer throws(TensorError) in
            try read(UnsafeRawBufferPointer(buffer), name: name)
        }
    }

    /// Maps an array from a file: its elements are read when they are first used, and never copied.
    ///
    /// What cannot be mapped (Fortran order, big-endian numbers, Booleans) is read instead. Map only files that nobody
    /// shortens meanwhile.
    ///
    /// - Throws: As `read`.
    public static func map(path: String) throws(TensorError) -> AnyTensor {
        try map(MappedFile(path: path), name: path)
    }

    /// The array of a file that is mapped, as ``map(path:)`` gives it.
    ///
    /// - Parameter name: What messages call the file.
    /// - Throws: `.malformed` or `.unsupported` by field.
    package static func map(_ file: MappedFile, name: String) throws(TensorError) -> AnyTensor {
        let header = try NPYHeader(parsing: file.bytes, name: name)
        guard !header.isFortranOrder, !header.isBigEndian || header.datatype.byteWidth == 1 else {
            return try read(file.bytes, header, name: name)
        }
        return try AnyTensor(
            mapping: file,
            header.datatype,
            shape: header.shape,
            range: header.dataOffset..<file.byteCount,
            name: name
        )
    }

    /// Writes an array to a file.
    ///
    /// - Throws: `.unsupported` for BF16 and BYTES, which numpy has no type for; `.fileFailed`.
    public static func write(_ tensor: AnyTensor, to path: String) throws(TensorError) {
        try ByteFile.write(try bytes(of: tensor), to: path)
    }

    /// Writes an array to a file.
    ///
    /// - Throws: As for `AnyTensor`.
    public static func write<Element: TensorElement>(_ tensor: Tensor<Element>, to path: String) throws(TensorError) {
        try write(AnyTensor(tensor), to: path)
    }

    /// The array as the bytes of a file.
    ///
    /// - Throws: `.unsupported` for BF16 and BYTES.
    public static func bytes(of tensor: AnyTensor) throws(TensorError) -> [UInt8] {
        var writer = Writer()
        return try tensor.accept(&writer)
    }

    /// What goes before the elements of an array, little-endian and row by row.
    ///
    /// - Throws: `.unsupported` for BF16 and BYTES.
    package static func header(of datatype: ElementType, shape: [Int]) throws(TensorError) -> [UInt8] {
        try NPYHeader.bytes(datatype: datatype, shape: shape)
    }

    static func read(_ bytes: UnsafeRawBufferPointer, name: String) throws(TensorError) -> AnyTensor {
        try read(bytes, try NPYHeader(parsing: bytes, name: name), name: name)
    }

    private static func read(
        _ bytes: UnsafeRawBufferPointer,
        _ header: NPYHeader,
        name: String
    ) throws(TensorError) -> AnyTensor {
        let tensor = try ElementBytes.tensor(
            header.datatype,
            shape: header.isFortranOrder ? header.shape.reversed() : header.shape,
            bytes: UnsafeRawBufferPointer(rebasing: bytes[header.dataOffset...]),
            isBigEndian: header.isBigEndian,
            name: name
        )
        return header.isFortranOrder ? tensor.axesReversed : tensor
    }

    private struct Writer: AnyTensor.Visitor {
        func visit<Element: TensorElement>(_ tensor: Tensor<Element>) throws(TensorError) -> [UInt8] {
            var bytes = try NPYHeader.bytes(datatype: Element.datatype, shape: tensor.shape)
            bytes.reserveCapacity(bytes.count + tensor.count * MemoryLayout<Element>.stride)
            ElementBytes.append(tensor, to: &bytes)
            return bytes
        }

        func visit(bytes values: [[UInt8]], shape: [Int]) throws(TensorError) -> [UInt8] {
            try NPYHeader.bytes(datatype: .bytes, shape: shape)
        }
    }
}
