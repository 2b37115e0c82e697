import Journal
import Synchronization

/// A position that one writes and others read.
final class PositionBox: Sendable {
    private let position = Atomic<UInt64>(0)

    var value: JournalPosition {
        get { JournalPosition(rawValue: position.load(ordering: .relaxed)) }
        set { position.store(newValue.rawValue, ordering: .relaxed) }
    }
}
