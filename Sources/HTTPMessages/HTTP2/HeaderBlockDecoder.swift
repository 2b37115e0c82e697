import NIOCore

/// Decodes the header blocks of one direction of an HTTP/2 connection, in their order.
///
/// It follows the sender's table, so it must see every block, and a broken one ends it. What it keeps is bounded: the table
/// by ``ConnectionSettings/headerTableLimit``, the fields of one block by `listLimit`, however often the block names a long
/// entry of the table.
///
/// Source: RFC 7541.
struct HeaderBlockDecoder: Sendable {
    private let listLimit: Int
    private var table = HeaderTable()

    /// - Parameter listLimit: The most bytes of names and values that are kept of one block.
    init(listLimit: Int) {
        self.listLimit = listLimit
    }

    /// The fields of the next block.
    ///
    /// - Throws: `.malformedHeaderBlock` for bytes that are none; no later block can be decoded then.
    /// - Complexity: One pass; a string is made of each literal.
    mutating func decode(_ block: ByteBuffer) throws(HTTPSyntaxError) -> HeaderSection {
        var section = HeaderSection()
        let outcome = block.withUnsafeReadableBytes { bytes in
            Result { () throws(HTTPSyntaxError) in try decode(bytes, into: &section) }
        }
        try outcome.get()
        return section
    }

    private mutating func decode(
        _ bytes: UnsafeRawBufferPointer,
        into section: inout HeaderSection
    ) throws(HTTPSyntaxError) {
        var reader = HeaderBlockReader(bytes)
        var mayResize = true
        while let byte = reader.peek {
            if byte & 0x80 != 0 {
                let index = try reader.integer(prefix: 7)
                let entry = try entry(index)
                section.append(entry.name, entry.value, entry.known, limit: listLimit)
            } else if byte & 0xE0 == 0x20 {
                guard mayResize else { throw HTTPSyntaxError.block("a change of the table's size among fields") }
                let size = try reader.integer(prefix: 5)
                guard size <= ConnectionSettings.headerTableLimit else {
                    throw HTTPSyntaxError.block("a table of \(size) bytes")
                }
                table.resize(to: size)
                continue
            } else {
                let isKept = byte & 0x40 != 0
                let literal = try literal(&reader, prefix: isKept ? 6 : 4)
                section.append(literal.name, literal.value, literal.known, limit: listLimit)
                if isKept { table.insert(literal) }
            }
            mayResize = false
        }
    }

    private func literal(_ reader: inout HeaderBlockReader, prefix: Int) throws(HTTPSyntaxError) -> HeaderTable.Entry {
        let index = try reader.integer(prefix: prefix)
        var entry: HeaderTable.Entry
        if index == 0 {
            let (name, octets) = try reader.string()
            guard octets > 0 else { throw HTTPSyntaxError.block("a field without a name") }
            entry = .init(name: name, value: "", known: FieldName(name), nameOctets: octets, valueOctets: 0)
        } else {
            entry = try self.entry(index)
        }
        (entry.value, entry.valueOctets) = try reader.string()
        return entry
    }

    private func entry(_ index: Int) throws(HTTPSyntaxError) -> HeaderTable.Entry {
        guard let entry = table[index] else { throw HTTPSyntaxError.block("no entry has the number \(index)") }
        return entry
    }
}

/// A cursor over the integers and strings of a header block (RFC 7541, section 5).
///
/// It does not own the bytes, which must outlive it.
private struct HeaderBlockReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next byte, nil at the end.
    var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// A number that begins in the low bits of the next byte.
    mutating func integer(prefix: Int) throws(HTTPSyntaxError) -> Int {
        guard let first = peek else { throw HTTPSyntaxError.block("it ends within a number") }
        position += 1
        let mask = 1 << prefix - 1
        var value = Int(first) & mask
        guard value == mask else { return value }
        // Four further bytes hold all that may be said here.
        for shift in stride(from: 0, through: 21, by: 7) {
            guard let byte = peek else { throw HTTPSyntaxError.block("it ends within a number") }
            position += 1
            value += Int(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw HTTPSyntaxError.block("a number is too large")
    }

    /// A string, and how many bytes it had before those that are not UTF-8 were replaced.
    mutating func string() throws(HTTPSyntaxError) -> (text: String, octets: Int) {
        let isCoded = (peek ?? 0) & 0x80 != 0
        let length = try integer(prefix: 7)
        guard length <= bytes.count - position else { throw HTTPSyntaxError.block("it ends within a string") }
        let part = UnsafeRawBufferPointer(rebasing: bytes[position..<position + length])
        position += length
        guard isCoded else { return (String(decoding: part, as: UTF8.self), length) }
        let decoded = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: length * 8 / 5 + 1) { target in
            HuffmanCode.decode(part, into: target).map { count in
                (String(decoding: UnsafeBufferPointer(rebasing: target[..<count]), as: UTF8.self), count)
            }
        }
        guard let decoded else { throw HTTPSyntaxError.block("a string is no Huffman code") }
        return decoded
    }
}
