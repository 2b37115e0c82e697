/// Hugging Face's `.safetensors`: named tensors behind one JSON header, nothing to execute.
///
/// Every rule of the format is checked before a number is touched: the size of the header, offsets that overlap, leave
/// holes or lead out of the file, and sizes that do not fit their shapes.
///
/// Source: https://github.com/huggingface/safetensors (README, "Format").
public struct Safetensors: Sendable, Equatable {
    /// The tensors by name.
    public var tensors: [String: AnyTensor]
    /// Free texts beside them (`__metadata__`).
    public var metadata: [String: String]

    /// Tensors to write.
    public init(tensors: [String: AnyTensor], metadata: [String: String] = [:]) {
        self.tensors = tensors
        self.metadata = metadata
    }

    /// Reads all tensors of a file into memory.
    ///
    /// - Throws: `.fileFailed`; `.malformed` or `.unsupported` by file and field.
    public static func read(path: String) throws(TensorError) -> Safetensors {
        let file = try MappedFile(path: path)
        return try read(file.bytes, name: path)
    }

    /// Reads all tensors from the bytes of a file.
    ///
    /// - Parameter name: What messages call the bytes.
    /// - Throws: `.malformed` or `.unsupported` by field.
    public static func read(bytes: [UInt8], name: String = "safetensors") throws(TensorError) -> Safetensors {
        try bytes.withUnsafeBufferPointer { buffer throws(TensorError) in
            try read(UnsafeRawBufferPointer(buffer), name: name)
        }
    }

    /// Maps a file: its numbers are read when they are first used, and copied only where they stand unaligned.
    ///
    /// Map only files that nobody shortens meanwhile.
    ///
    /// - Throws: As `read`.
    public static func map(path: String) throws(TensorError) -> Safetensors {
        try map(MappedFile(path: path), name: path)
    }

    /// Copies a file to a place of one's own and maps the copy, so that whatever becomes of the file does no harm.
    ///
    /// - Throws: As `read`.
    public static func snapshot(path: String, to place: SnapshotPlace) throws(TensorError) -> Safetensors {
        try map(MappedFile.copy(of: path, to: place), name: path)
    }

    /// The tensors of a file that is mapped, as ``map(path:)`` gives them.
    ///
    /// - Parameter name: What messages call the file.
    /// - Throws: `.malformed` or `.unsupported` by field.
    package static func map(_ file: MappedFile, name: String) throws(TensorError) -> Safetensors {
        let header = try SafetensorsHeader(parsing: file.bytes, name: name)
        return try Safetensors(header) { entry throws(TensorError) in
            try AnyTensor(
                mapping: file,
                entry.datatype,
                shape: entry.shape,
                range: entry.range,
                name: "\(name), \(entry.name)"
            )
        }
    }

    /// Writes the tensors to a file, little-endian, the widest elements first so that all are aligned.
    ///
    /// - Throws: `.unsupported` for BYTES; `.fileFailed`.
    public func write(to path: String) throws(TensorError) {
        try ByteFile.write(try bytes(), to: path)
    }

    /// The tensors as the bytes of a file; the same tensors always give the same bytes.
    ///
    /// - Throws: `.unsupported` for BYTES.
    public func bytes() throws(TensorError) -> [UInt8] {
        let ordered = tensors.sorted { left, right in
            let widths = (left.value.datatype.byteWidth ?? 0, right.value.datatype.byteWidth ?? 0)
            return widths.0 == widths.1 ? left.key < right.key : widths.0 > widths.1
        }
        var bytes = try SafetensorsHeader.bytes(of: ordered, metadata: metadata)
        for (_, tensor) in ordered {
            var appending = Appending(bytes: bytes)
            bytes = []  // the visitor is now the only owner, so appending does not copy
            tensor.accept(&appending)
            bytes = appending.bytes
        }
        return bytes
    }

    private static func read(_ bytes: UnsafeRawBufferPointer, name: String) throws(TensorError) -> Safetensors {
        let header = try SafetensorsHeader(parsing: bytes, name: name)
        return try Safetensors(header) { entry throws(TensorError) in
            try ElementBytes.tensor(
                entry.datatype,
                shape: entry.shape,
                bytes: UnsafeRawBufferPointer(rebasing: bytes[entry.range]),
                name: "\(name), \(entry.name)"
            )
        }
    }

    private init(
        _ header: SafetensorsHeader,
        tensor: (SafetensorsHeader.Entry) throws(TensorError) -> AnyTensor
    ) throws(TensorError) {
        tensors = [:]
        metadata = header.metadata
        for entry in header.entries { tensors[entry.name] = try tensor(entry) }
    }

    private struct Appending: AnyTensor.Visitor {
        var bytes: [UInt8]

        mutating func visit<Element: TensorElement>(_ tensor: Tensor<Element>) {
            ElementBytes.append(tensor, to: &bytes)
        }

        mutating func visit(bytes values: [[UInt8]], shape: [Int]) {
            preconditionFailure("the header has refused byte strings")
        }
    }
}
