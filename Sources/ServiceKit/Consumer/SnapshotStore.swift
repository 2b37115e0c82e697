package import Journal

/// A consumer's state at a position of its journal.
package struct Snapshot: Sendable {
    package var position: JournalPosition
    package var parts: [[UInt8]]

    package init(position: JournalPosition, parts: [[UInt8]]) {
        self.position = position
        self.parts = parts
    }
}

/// Keeps the last two snapshots: the newest, and the one before for when the newest is broken.
///
/// A file is written beside, synced and renamed. It holds, little-endian: magic 8, format version 4, count of parts 4,
/// position 8, each part's length 8, the parts, and a checksum of all that 8.
package struct SnapshotStore: Sendable {
    private static let magic = Array("VEDSNAP\n".utf8)
    private static let version: UInt32 = 1
    private static let largest = 4 << 30

    private let directory: String

    package init(directory: String) throws(JournalError) {
        self.directory = directory
        try Folder.create(directory)
    }

    /// The snapshots that are whole, newest first.
    package func load() throws(JournalError) -> [Snapshot] {
        var snapshots: [Snapshot] = []
        for name in try names().reversed() {
            let bytes = try WholeFile.read("\(directory)/\(name)", limit: Self.largest)
            if let snapshot = Self.decode(bytes) { snapshots.append(snapshot) }
        }
        return snapshots
    }

    /// Writes a snapshot and removes all but the one before it.
    ///
    /// - Returns: The position through which no kept snapshot needs the journal any more.
    package func save(_ snapshot: Snapshot) throws(JournalError) -> JournalPosition {
        let digits = String(snapshot.position.rawValue)
        let name = String(repeating: "0", count: 20 - digits.count) + digits + ".snapshot"
        try WholeFile.replace("\(directory)/\(name)", with: Self.encode(snapshot))
        let all = try names()
        for old in all.dropLast(2) { try Folder.remove("\(directory)/\(old)") }
        let kept = all.suffix(2)
        guard kept.count == 2, let first = kept.first, let position = UInt64(first.dropLast(".snapshot".count)) else {
            return .start  // only one: a broken one would need the journal from its beginning
        }
        return JournalPosition(rawValue: position)
    }

    private func names() throws(JournalError) -> [String] {
        try Folder.names(in: directory).filter { $0.hasSuffix(".snapshot") }
    }

    private static func encode(_ snapshot: Snapshot) -> [UInt8] {
        var bytes = magic
        append(version, to: &bytes)
        append(UInt32(snapshot.parts.count), to: &bytes)
        append(snapshot.position.rawValue, to: &bytes)
        for part in snapshot.parts { append(UInt64(part.count), to: &bytes) }
        for part in snapshot.parts { bytes.append(contentsOf: part) }
        append(bytes.withUnsafeBytes { Checksum.of($0) }, to: &bytes)
        return bytes
    }

    private static func decode(_ bytes: [UInt8]) -> Snapshot? {
        guard bytes.count >= 32, magic.elementsEqual(bytes.prefix(8)) else { return nil }
        return bytes.withUnsafeBytes { raw -> Snapshot? in
            func integer<I: FixedWidthInteger>(_ offset: Int, _: I.Type) -> I {
                I(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: I.self))
            }
            let end = raw.count - 8
            guard Checksum.of(.init(rebasing: raw[..<end])) == integer(end, UInt64.self),
                integer(8, UInt32.self) == version
            else { return nil }
            let count = Int(integer(12, UInt32.self))
            var offset = 24 + count * 8
            guard offset <= end else { return nil }
            var parts: [[UInt8]] = []
            for index in 0..<count {
                let length = Int(integer(24 + index * 8, UInt64.self))
                guard length <= end - offset else { return nil }
                parts.append(Array(raw[offset..<(offset + length)]))
                offset += length
            }
            return Snapshot(position: JournalPosition(rawValue: integer(16, UInt64.self)), parts: parts)
        }
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
