/// The elements of an array while it is read: somebody's buffer, or memory of its own that grows.
struct JSONElements<Element: BitwiseCopyable> {
    private var buffer: UnsafeMutableBufferPointer<Element>
    private var count = 0
    /// The most elements that there may be.
    let limit: Int
    private let isOwn: Bool

    /// Fills a buffer that belongs to somebody else.
    init(filling buffer: UnsafeMutableBufferPointer<Element>) {
        self.buffer = buffer
        limit = buffer.count
        isOwn = false
    }

    /// Starts with room for a few, in memory that ``deallocate()`` gives back.
    init(limit: Int) {
        buffer = .allocate(capacity: min(64, max(limit, 1)))
        self.limit = limit
        isOwn = true
    }

    /// What has been read.
    var filled: UnsafeBufferPointer<Element> { UnsafeBufferPointer(rebasing: buffer[..<count]) }

    @inline(__always)
    var hasRoom: Bool { count < buffer.count && count < limit }

    /// Doubles the room; false where the limit is reached.
    mutating func grow() -> Bool {
        guard isOwn, count < limit else { return false }
        let larger = UnsafeMutableBufferPointer<Element>.allocate(
            capacity: min(max(buffer.count, 32) * 2, max(limit, 1))
        )
        _ = larger.initialize(fromContentsOf: filled)
        buffer.deallocate()
        buffer = larger
        return true
    }

    /// - Precondition: There is room.
    @inline(__always)
    mutating func append(_ element: Element) {
        buffer.initializeElement(at: count, to: element)
        count += 1
    }

    func deallocate() {
        buffer.deallocate()
    }
}
