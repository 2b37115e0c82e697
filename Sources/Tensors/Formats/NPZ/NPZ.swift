/// numpy's `.npz`: named arrays, each an `.npy` file in a zip archive.
///
/// Stored and deflated members are read, their checksums verified, and nothing inflates beyond the size that its entry
/// promises. Written are stored members.
public enum NPZ {
    /// Reads all arrays of a file, by name (without `.npy`).
    ///
    /// - Parameter limit: The most bytes that all arrays may take together.
    /// - Throws: `.fileFailed`; `.malformed` or `.unsupported` by file, member and field.
    public static func read(path: String, limit: Int = 1 << 34) throws(TensorError) -> [String: AnyTensor] {
        let file = try MappedFile(path: path)
        return try read(file.bytes, name: path, limit: limit)
    }

    /// Reads all arrays from the bytes of a file.
    ///
    /// - Throws: As for a path.
    public static func read(
        bytes: [UInt8],
        name: String = "npz",
        limit: Int = 1 << 34
    ) throws(TensorError) -> [String: AnyTensor] {
        try bytes.withUnsafeBufferPointer { buffer throws(TensorError) in
            try read(UnsafeRawBufferPointer(buffer), name: name, limit: limit)
        }
    }

    /// Writes arrays to a file, in the order of their names.
    ///
    /// - Throws: `.unsupported` for BF16, BYTES, or more than a plain zip archive holds (4 GiB); `.fileFailed`.
    public static func write(_ tensors: [String: AnyTensor], to path: String) throws(TensorError) {
        try ByteFile.write(try bytes(of: tensors), to: path)
    }

    /// The arrays as the bytes of a file.
    ///
    /// - Throws: `.unsupported`, as `write`.
    public static func bytes(of tensors: [String: AnyTensor]) throws(TensorError) -> [UInt8] {
        var archive = ZipWriter()
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            try archive.add("\(name).npy", try NPY.bytes(of: tensor))
        }
        return try archive.finished()
    }

    private static func read(
        _ bytes: UnsafeRawBufferPointer,
        name: String,
        limit: Int
    ) throws(TensorError) -> [String: AnyTensor] {
        let archive = try ZipReader(bytes, name: name)
        var tensors: [String: AnyTensor] = [:]
        var total = 0
        for entry in archive.entries {
            guard entry.name.hasSuffix(".npy") else {
                throw TensorError(
                    .unsupported,
                    "\(name): the member \(entry.name) is not an npy file",
                    remedy: "Write the file with numpy.savez"
                )
            }
            total += entry.size  // each below 4 GiB, and at most 65,535 of them: no overflow
            guard total <= limit else {
                throw TensorError(
                    .unsupported,
                    "\(name): the arrays take \(total) bytes or more, beyond the limit of \(limit)",
                    remedy: "Save the arrays that are needed, or raise the limit"
                )
            }
            let key = String(entry.name.dropLast(4))
            let content = try archive.content(of: entry)
            guard tensors.updateValue(try NPY.read(bytes: content, name: "\(name), \(key)"), forKey: key) == nil else {
                throw TensorError(
                    .malformed,
                    "\(name): the member \(key) comes twice",
                    remedy: "Write the file with numpy.savez"
                )
            }
        }
        return tensors
    }
}
