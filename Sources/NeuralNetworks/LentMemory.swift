import Synchronization

/// The blocks in which networks run forwards: one for each run under way, taken in turns by all networks of the process.
///
/// A thousand networks that are asked now and then so keep no more memory than as many threads need at once.
package final class LentMemory: Sendable {
    /// The blocks of this process.
    package static let shared = LentMemory()

    /// What idle blocks may take together, in floats (64 MiB); what comes back beyond it is freed.
    private static let mostFloats = 16 << 20
    /// How many blocks are kept.
    private static let mostBlocks = 64

    private struct Idle {
        var blocks: [Arena] = []
        var floats = 0
    }

    private let idle = Mutex(Idle())

    /// Lends a block: the one that came back last, whose content is still in this core's cache, or a new one.
    func take() -> Arena {
        let kept = idle.withLock { idle -> Arena? in
            guard let block = idle.blocks.popLast() else { return nil }
            idle.floats -= block.count
            return block
        }
        return kept ?? Arena()
    }

    func give(_ block: Arena) {
        idle.withLock { idle in
            guard idle.floats + block.count <= Self.mostFloats, idle.blocks.count < Self.mostBlocks else { return }
            idle.blocks.append(block)
            idle.floats += block.count
        }
    }

    /// The bytes that idle blocks hold.
    package var idleBytes: Int { idle.withLock { $0.floats } * MemoryLayout<Float>.stride }
}
