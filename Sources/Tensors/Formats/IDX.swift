/// The format of MNIST's files: a type, a shape, numbers, all big-endian.
///
/// Source: Y. LeCun, C. Cortes and C. Burges, "The MNIST database", http://yann.lecun.com/exdb/mnist/, "File formats".
public enum IDX {
    private static let types: [UInt8: ElementType] = [
        0x08: .uint8, 0x09: .int8, 0x0B: .int16, 0x0C: .int32, 0x0D: .float32, 0x0E: .float64,
    ]

    /// Reads a file: grey images as `[n, h, w]`, labels as `[n]`.
    ///
    /// - Throws: `.fileFailed`; `.malformed` or `.unsupported` by file and field.
    public static func read(path: String) throws(TensorError) -> AnyTensor {
        let file = try MappedFile(path: path)
        return try read(file.bytes, name: path)
    }

    /// Reads the bytes of a file.
    ///
    /// - Throws: `.malformed` or `.unsupported` by field.
    public static func read(bytes: [UInt8], name: String = "idx") throws(TensorError) -> AnyTensor {
        try bytes.withUnsafeBufferPointer { buffer throws(TensorError) in
            try read(UnsafeRawBufferPointer(buffer), name: name)
        }
    }

    private static func read(_ bytes: UnsafeRawBufferPointer, name: String) throws(TensorError) -> AnyTensor {
        if bytes.starts(with: [0x1F, 0x8B]) {
            throw TensorError(.unsupported, "\(name): the file is compressed by gzip", remedy: "Unpack it with gunzip")
        }
        guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0 else {
            throw TensorError(
                .malformed,
                "\(name): the file does not start with two zero bytes, a type and a number of axes",
                remedy: "Give a file in MNIST's IDX format"
            )
        }
        guard let datatype = types[bytes[2]] else {
            throw TensorError(
                .unsupported,
                "\(name): element type 0x\(String(bytes[2], radix: 16))",
                remedy: "IDX knows 0x08, 0x09, 0x0b, 0x0c, 0x0d and 0x0e"
            )
        }
        let axes = Int(bytes[3])
        let start = 4 + 4 * axes
        guard bytes.count >= start else {
            throw TensorError(
                .malformed,
                "\(name): the header promises \(axes) axes and is cut short",
                remedy: "Copy the file again"
            )
        }
        let shape = (0..<axes).map { axis in
            (0..<4).reduce(0) { $0 << 8 | Int(bytes[4 + 4 * axis + $1]) }
        }
        return try ElementBytes.tensor(
            datatype,
            shape: shape,
            bytes: UnsafeRawBufferPointer(rebasing: bytes[start...]),
            isBigEndian: true,
            name: name
        )
    }
}
