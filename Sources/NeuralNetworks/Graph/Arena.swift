/// One block of floats that a graph cuts into its buffers, so that a run allocates nothing.
///
/// glibc gives large blocks back after every step and takes page faults for the next one, up to a fifth of a training
/// step; the arena keeps its block until a larger batch comes.
///
/// `@unchecked Sendable`: it belongs to one graph, or is lent to one run at a time, so no two threads have it at once.
final class Arena: @unchecked Sendable {
    /// What a buffer points to before it is placed.
    // `nonisolated(unsafe)`: a pointer is not Sendable. This one never changes and nobody reads or writes through it.
    nonisolated(unsafe) static let nothing = UnsafeMutablePointer<Float>.allocate(capacity: 1)

    /// 64 bytes: a cache line, and the widest vector register.
    private static let alignment = 16

    private var base = Arena.nothing
    private var capacity = 0
    private var used = 0

    /// Whether it has no memory yet.
    var isEmpty: Bool { capacity == 0 }
    /// The floats that it holds.
    var count: Int { capacity }

    deinit { if capacity > 0 { base.deallocate() } }

    /// The floats that a buffer of `count` takes up, rounded up to whole cache lines.
    static func footprint(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }

    /// Makes room for `count` floats, zeroed, and forgets all buffers handed out before.
    ///
    /// One cache line more than that may be read: kernels load whole vectors at the end of the last buffer.
    func reserve(_ count: Int) {
        used = 0
        guard count > capacity else { return }
        if capacity > 0 { base.deallocate() }
        let bytes = (count + Self.alignment) * MemoryLayout<Float>.stride
        let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: Self.alignment * 4)
        base = raw.initializeMemory(as: Float.self, repeating: 0, count: count + Self.alignment)
        capacity = count
    }

    /// Makes room for `count` floats and hands it out as one buffer.
    func block(of count: Int) -> UnsafeMutablePointer<Float> {
        reserve(count)
        return base
    }

    /// Hands out the next buffer; the caller has reserved enough.
    func take(_ count: Int) -> UnsafeMutablePointer<Float> {
        let start = base + used
        used += Self.footprint(count)
        precondition(used <= capacity, "an arena hands out only what was reserved")
        return start
    }
}
