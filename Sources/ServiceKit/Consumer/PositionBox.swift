package import Journal
import Synchronization

/// A position that one writes and others read.
package final class PositionBox: Sendable {
    private let position = Atomic<UInt64>(0)

    package init() {}

    package var value: JournalPosition {
        get { JournalPosition(rawValue: position.load(ordering: .relaxed)) }
        set { position.store(newValue.rawValue, ordering: .relaxed) }
    }
}
