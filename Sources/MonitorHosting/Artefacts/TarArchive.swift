import ServiceKit

/// The regular files of a tar archive in memory, as `PUT /v1/monitors/{name}` brings it.
///
/// Reads ustar with its prefix, the pax keys `path` and `size`, and GNU's long names. A monitor's folder is flat, so
/// folders are passed over, one common leading folder is taken off, and whatever else a tar can hold is refused by name:
/// links, devices, absolute paths, `..`. Nothing is written anywhere.
///
/// Source: POSIX.1-2017, "pax", section "ustar Interchange Format".
package struct TarArchive: Sendable {
    /// How many files an archive may hold.
    package static let fileLimit = 256
    private static let blockBytes = 512

    /// The files by name, without the common leading folder.
    package private(set) var files: [String: [UInt8]] = [:]

    /// - Throws: `.malformed` with the entry and the field that is wrong.
    /// - Complexity: O(bytes); no entry takes more memory than the archive itself.
    package init(parsing bytes: [UInt8]) throws(TarError) {
        guard !bytes.starts(with: [0x1f, 0x8b]) else {
            throw TarError("it is compressed with gzip", remedy: "Send the tar uncompressed")
        }
        var found: [(path: String, content: ArraySlice<UInt8>)] = []
        var offset = 0
        var longName: String?
        var longSize: Int?
        while offset + Self.blockBytes <= bytes.count {
            let header = bytes[offset..<offset + Self.blockBytes]
            if header.allSatisfy({ $0 == 0 }) { break }  // the end; whatever follows is padding
            try Self.checkSum(of: header)
            let stated = try Self.number(in: header, at: 124, length: 12, field: "size")
            let size = longSize ?? stated
            let start = offset + Self.blockBytes
            guard size >= 0, size <= bytes.count - start else {
                throw TarError("an entry of \(size) bytes is longer than the archive")
            }
            let content = bytes[start..<start + size]
            let path = longName ?? Self.path(in: header)
            offset = start + (size + Self.blockBytes - 1) / Self.blockBytes * Self.blockBytes
            switch header[header.startIndex + 156] {
            case UInt8(ascii: "0"), 0:
                found.append((path, content))
                (longName, longSize) = (nil, nil)
            case UInt8(ascii: "5"):
                (longName, longSize) = (nil, nil)
            case UInt8(ascii: "x"):
                let records = try Self.paxRecords(content)
                longName = records["path"]
                longSize = records["size"].flatMap { Int($0) }
            case UInt8(ascii: "L"):
                longName = String(decoding: content.prefix { $0 != 0 }, as: UTF8.self)
            case UInt8(ascii: "g"):
                break
            default:
                throw TarError("\(path) is a link or a device, and only files are taken")
            }
            guard found.count <= Self.fileLimit else { throw TarError("it holds more than \(Self.fileLimit) files") }
        }
        guard !found.isEmpty else { throw TarError("it holds no file") }
        files = try Self.flattened(found)
    }

    /// Takes the common leading folder off.
    private static func flattened(_ found: [(path: String, content: ArraySlice<UInt8>)]) throws(TarError) -> [String:
        [UInt8]]
    {
        var files: [String: [UInt8]] = [:]
        var folder: Substring?
        for (path, content) in found {
            guard !path.hasPrefix("/") else { throw TarError("\(path) is an absolute path") }
            let parts = path.split(separator: "/").filter { $0 != "." }
            guard !parts.contains("..") else { throw TarError("\(path) leads out of its folder") }
            guard let name = parts.last, parts.count <= 2 else {
                throw TarError("\(path) is deeper than a monitor's folder")
            }
            let leading = parts.count == 2 ? parts[0] : ""
            guard folder == nil || folder == leading else {
                throw TarError("\(path) is in another folder than the rest")
            }
            folder = leading
            guard files.updateValue([UInt8](content), forKey: String(name)) == nil else {
                throw TarError("\(name) is there twice")
            }
        }
        return files
    }

    private static func path(in header: ArraySlice<UInt8>) -> String {
        let name = text(in: header, at: 0, length: 100)
        guard text(in: header, at: 257, length: 5) == "ustar" else { return name }
        let prefix = text(in: header, at: 345, length: 155)
        return prefix.isEmpty ? name : "\(prefix)/\(name)"
    }

    private static func text(in header: ArraySlice<UInt8>, at offset: Int, length: Int) -> String {
        let start = header.startIndex + offset
        return String(decoding: header[start..<start + length].prefix { $0 != 0 }, as: UTF8.self)
    }

    /// An octal number, or GNU's base 256 when the first bit is set.
    private static func number(in header: ArraySlice<UInt8>, at offset: Int, length: Int, field: String)
        throws(TarError) -> Int
    {
        let start = header.startIndex + offset
        let raw = header[start..<start + length]
        if let first = raw.first, first & 0x80 != 0 {
            guard first == 0x80, raw.dropFirst().dropLast(7).allSatisfy({ $0 == 0 }) else {
                throw TarError("a \(field) is too large")
            }
            return raw.suffix(7).reduce(0) { $0 << 8 | Int($1) }
        }
        let digits = raw.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
        guard let value = Int(String(decoding: digits, as: UTF8.self), radix: 8) else {
            throw TarError("a \(field) is not octal")
        }
        return value
    }

    /// The header's bytes add up to what it says, its own field counted as spaces.
    private static func checkSum(of header: ArraySlice<UInt8>) throws(TarError) {
        let stated = try number(in: header, at: 148, length: 8, field: "checksum")
        var sum = 0
        for (index, byte) in header.enumerated() { sum += (148..<156).contains(index) ? 32 : Int(byte) }
        guard sum == stated else { throw TarError("a header's checksum is \(sum), and it says \(stated)") }
    }

    /// The records `<length> <key>=<value>\n` of a pax header.
    private static func paxRecords(_ content: ArraySlice<UInt8>) throws(TarError) -> [String: String] {
        var records: [String: String] = [:]
        var rest = content
        while !rest.isEmpty {
            let digits = rest.prefix { $0 != UInt8(ascii: " ") }
            guard let length = Int(String(decoding: digits, as: UTF8.self)), length > digits.count + 1,
                length <= rest.count
            else {
                throw TarError("a pax header has a record without a length")
            }
            let record = String(decoding: rest.prefix(length).dropFirst(digits.count + 1).dropLast(), as: UTF8.self)
            guard let equals = record.firstIndex(of: "=") else {
                throw TarError("a pax header has a record without a value")
            }
            records[String(record[..<equals])] = String(record[record.index(after: equals)...])
            rest = rest.dropFirst(length)
        }
        return records
    }
}

/// Why an archive is refused.
package struct TarError: DescribedError, Sendable, CustomStringConvertible {
    /// What is wrong with which entry.
    package let message: String

    /// How to send one that is taken.
    package let remedy: String

    package var errorCode: String { "refused" }

    init(_ message: String, remedy: String = "Send an uncompressed tar of one flat folder: tar -cf - FOLDER") {
        self.message = message
        self.remedy = remedy
    }

    package var description: String { message }
}
