/// Makes a zip archive of stored members, as `numpy.savez` does; the same members always give the same bytes.
struct ZipWriter {
    private var bytes: [UInt8] = []
    private var directory: [UInt8] = []
    private var count = 0

    /// - Throws: `.unsupported` when the archive would outgrow the plain format.
    mutating func add(_ name: String, _ content: [UInt8]) throws(TensorError) {
        guard count < 0xFFFE, bytes.count + content.count + name.utf8.count < 0xFFFF_0000 else {
            throw TensorError(
                .unsupported,
                "npz: the arrays pass what a plain zip archive holds (4 GiB, 65,534 members)",
                remedy: "Save large arrays as .npy"
            )
        }
        let offset = bytes.count
        // Version 2.0, names in UTF-8, stored, 1 January 1980.
        let common =
            Self.fields16(20, 0x0800, 0, 0, 0x21) + Self.fields32(CRC32.of(content))
            + Self.fields32(UInt32(content.count), UInt32(content.count))
            + Self.fields16(UInt16(name.utf8.count), 0)
        bytes += Self.fields32(0x0403_4B50) + common + name.utf8
        bytes += content
        directory +=
            Self.fields32(0x0201_4B50) + Self.fields16(20) + common + Self.fields16(0, 0, 0)
            + Self.fields32(0, UInt32(offset)) + name.utf8
        count += 1
    }

    /// The whole archive.
    ///
    /// - Throws: `.unsupported` when the directory would outgrow the plain format.
    func finished() throws(TensorError) -> [UInt8] {
        guard bytes.count + directory.count < 0xFFFF_FFFF else {
            throw TensorError(.unsupported, "npz: too many members", remedy: "Save the arrays as several files")
        }
        return bytes + directory + Self.fields32(0x0605_4B50) + Self.fields16(0, 0, UInt16(count), UInt16(count))
            + Self.fields32(UInt32(directory.count), UInt32(bytes.count)) + Self.fields16(0)
    }

    private static func fields16(_ values: UInt16...) -> [UInt8] {
        values.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
    }

    private static func fields32(_ values: UInt32...) -> [UInt8] {
        values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    }
}
