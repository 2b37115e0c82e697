import Glibc

/// The last position that somebody was promised, in a mapped file: it outlives a killed process, so the next one can
/// say how many promised records are gone.
final class AcknowledgedMark: Sendable {
    private static let name = "acknowledged"
    private static let bytes = 16
    private static let magic: UInt64 = 0x314B_4341_4445_5600  // "\0VEDACK1"

    private let file: File
    /// Two words: magic, position. Written under the journal's lock only, so plain stores suffice.
    private nonisolated(unsafe) let words: UnsafeMutablePointer<UInt64>

    /// What the last process promised; nil when there was none or its file is not ours.
    let found: JournalPosition?

    init(folder: String) throws(JournalError) {
        file = try File("\(folder)/\(Self.name)", flags: O_RDWR | O_CREAT)
        if try file.size() < Self.bytes { try file.truncate(to: Self.bytes) }
        words = try file.map(bytes: Self.bytes).bindMemory(to: UInt64.self, capacity: 2)
        found = words[0] == Self.magic ? JournalPosition(rawValue: words[1]) : nil
        words[0] = Self.magic
    }

    deinit {
        munmap(words, Self.bytes)
    }

    /// Remembers a promise.
    func store(_ position: JournalPosition) {
        words[1] = position.rawValue
    }
}
