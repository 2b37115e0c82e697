import CZlib

/// The members of a zip archive in memory, as its central directory lists them.
///
/// What `numpy.savez` and `savez_compressed` write: one disk, stored or deflated, no encryption, below 4 GiB.
///
/// Source: PKWARE, APPNOTE.TXT, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
struct ZipReader {
    /// One member.
    struct Entry {
        var name: String
        var isDeflated: Bool
        var checksum: UInt32
        /// Bytes in the archive.
        var storedSize: Int
        /// Bytes when read.
        var size: Int
        var headerOffset: Int
    }

    private(set) var entries: [Entry] = []
    private let bytes: UnsafeRawBufferPointer
    private let name: String

    /// Deflate cannot do better than 1,032 to 1, so a larger promise is a lie.
    private static let largestRatio = 1_032

    /// - Throws: `.malformed` or `.unsupported` by field.
    init(_ bytes: UnsafeRawBufferPointer, name: String) throws(TensorError) {
        self.bytes = bytes
        self.name = name
        let end = try endOfDirectory()
        let count = Int(try field16(end + 10))
        let size = Int(try field32(end + 12))
        var position = Int(try field32(end + 16))
        guard count < 0xFFFF, position < 0xFFFF_FFFF else { throw tooLarge }
        guard position + size <= end else { throw malformed("the directory leads out of the file") }
        for _ in 0..<count {
            let entry = try directoryEntry(at: position)
            entries.append(entry.entry)
            position = entry.next
        }
    }

    /// The bytes of a member, inflated where it is deflated, and its checksum verified.
    ///
    /// - Throws: `.malformed`.
    func content(of entry: Entry) throws(TensorError) -> [UInt8] {
        let header = entry.headerOffset
        guard try field32(header) == 0x0403_4B50 else { throw malformed("\(entry.name) has no header of its own") }
        let start = header + 30 + Int(try field16(header + 26)) + Int(try field16(header + 28))
        guard start + entry.storedSize <= bytes.count else { throw malformed("\(entry.name) is cut short") }
        let stored = UnsafeRawBufferPointer(rebasing: bytes[start..<start + entry.storedSize])
        let content = entry.isDeflated ? try inflated(stored, entry) : Array(stored)
        guard CRC32.of(content) == entry.checksum else { throw malformed("the checksum of \(entry.name) is wrong") }
        return content
    }

    private func directoryEntry(at position: Int) throws(TensorError) -> (entry: Entry, next: Int) {
        guard try field32(position) == 0x0201_4B50 else { throw malformed("an entry of the directory is broken") }
        let flags = try field16(position + 8)
        let method = try field16(position + 10)
        let nameEnd = position + 46 + Int(try field16(position + 28))
        guard nameEnd <= bytes.count else { throw malformed("a name is cut short") }
        let entryName = String(decoding: bytes[(position + 46)..<nameEnd], as: UTF8.self)
        guard flags & 1 == 0 else { throw unsupported("\(entryName) is encrypted") }
        guard method == 0 || method == 8 else { throw unsupported("\(entryName) is compressed by method \(method)") }
        let entry = Entry(
            name: entryName,
            isDeflated: method == 8,
            checksum: try field32(position + 16),
            storedSize: Int(try field32(position + 20)),
            size: Int(try field32(position + 24)),
            headerOffset: Int(try field32(position + 42))
        )
        guard entry.size < 0xFFFF_FFFF, entry.storedSize < 0xFFFF_FFFF else { throw tooLarge }
        guard entry.isDeflated ? entry.size <= entry.storedSize * Self.largestRatio : entry.size == entry.storedSize
        else { throw malformed("the sizes of \(entryName) are impossible") }
        return (entry, nameEnd + Int(try field16(position + 30)) + Int(try field16(position + 32)))
    }

    private func inflated(_ stored: UnsafeRawBufferPointer, _ entry: Entry) throws(TensorError) -> [UInt8] {
        var stream = z_stream()
        guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw unsupported("zlib could not start")
        }
        defer { inflateEnd(&stream) }
        var status = Z_OK
        // Exactly as much room as the entry promises: a bomb has nowhere to go. Both sizes are below 4 GiB.
        let content = [UInt8](unsafeUninitializedCapacity: entry.size + 1) { target, count in
            stream.next_in = UnsafeMutablePointer(mutating: stored.bindMemory(to: UInt8.self).baseAddress)
            stream.avail_in = UInt32(stored.count)
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(entry.size + 1)  // one more, so that too much is noticed
            status = inflate(&stream, Z_FINISH)
            count = entry.size + 1 - Int(stream.avail_out)
        }
        guard status == Z_STREAM_END, content.count == entry.size, stream.avail_in == 0 else {
            throw malformed("\(entry.name) does not inflate to the \(entry.size) bytes that it promises")
        }
        return content
    }

    /// The last record of the file; a comment of up to 65,535 bytes may follow it.
    private func endOfDirectory() throws(TensorError) -> Int {
        var position = bytes.count - 22
        while position >= max(0, bytes.count - 22 - 0xFFFF) {
            if try field32(position) == 0x0605_4B50,
                position + 22 + Int(try field16(position + 20)) == bytes.count
            {
                return position
            }
            position -= 1
        }
        throw malformed("the file does not end as a zip archive does")
    }

    private func field16(_ position: Int) throws(TensorError) -> UInt16 {
        guard position >= 0, position + 2 <= bytes.count else { throw malformed("a record is cut short") }
        return UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt16.self))
    }

    private func field32(_ position: Int) throws(TensorError) -> UInt32 {
        guard position >= 0, position + 4 <= bytes.count else { throw malformed("a record is cut short") }
        return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
    }

    private func malformed(_ what: String) -> TensorError {
        TensorError(.malformed, "\(name): \(what)", remedy: "Write or copy the file again")
    }

    private func unsupported(_ what: String) -> TensorError {
        TensorError(.unsupported, "\(name): \(what)", remedy: "Write the file with numpy.savez")
    }

    private var tooLarge: TensorError {
        TensorError(.unsupported, "\(name): a zip64 archive", remedy: "Save each array of 4 GiB and more as .npy")
    }
}
