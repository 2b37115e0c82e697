import Glibc
import Synchronization

/// A position in a mapped file of 16 bytes: storing costs one write to memory, and what was stored outlives a killed
/// process.
///
/// A loss of power may bring back an older one.
package final class PositionFile: Sendable {
    private static let bytes = 16
    private static let magic: UInt64 = 0x0A31_534F_5044_4556  // "VEDPOS1\n"

    private let file: File
    /// Two words: magic, position.
    // `nonisolated(unsafe)`: a pointer is not Sendable. This one never changes, and after `init`, when nobody else has the
    // object yet, what it points to is read and written under `lock` alone.
    private nonisolated(unsafe) let words: UnsafeMutablePointer<UInt64>
    private let lock = Mutex(())

    /// What stood in the file when it was opened; nil when there was none or it is not ours.
    package let found: JournalPosition?

    package init(_ path: String) throws(JournalError) {
        file = try File(path, flags: O_RDWR | O_CREAT)
        if try file.size() < Self.bytes { try file.truncate(to: Self.bytes) }
        words = try file.map(bytes: Self.bytes).bindMemory(to: UInt64.self, capacity: 2)
        found = words[0] == Self.magic ? JournalPosition(rawValue: words[1]) : nil
        if found == nil {
            words[1] = 0
            words[0] = Self.magic
        }
    }

    deinit {
        munmap(words, Self.bytes)
    }

    package var position: JournalPosition {
        get { lock.withLock { _ in JournalPosition(rawValue: words[1]) } }
        set { lock.withLock { _ in words[1] = newValue.rawValue } }
    }
}
