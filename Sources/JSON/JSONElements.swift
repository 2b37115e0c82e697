import Glibc

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
        self.limit = limit
        isOwn = true
        buffer = UnsafeMutableBufferPointer(start: nil, count: 0)
        resize(to: 64)
    }

    /// What has been read.
    var filled: UnsafeBufferPointer<Element> { UnsafeBufferPointer(rebasing: buffer[..<count]) }

    @inline(__always)
    var hasRoom: Bool { count < buffer.count && count < limit }

    /// Doubles the room; false where the limit is reached.
    mutating func grow() -> Bool {
        guard isOwn, count < limit else { return false }
        resize(to: buffer.count * 2)
        return true
    }

    /// The C library moves large blocks by their pages, without copying them.
    private mutating func resize(to capacity: Int) {
        let capacity = max(min(capacity, limit), 1)
        guard let memory = realloc(buffer.baseAddress, capacity * MemoryLayout<Element>.stride) else {
            // Not an error of the input, whose size `limit` bounds: the system has no memory left. Swift's own arrays end
            // the process there too, and whoever started it starts it again from its journal.
            fatalError("no memory for \(capacity) elements of an array")
        }
        buffer = UnsafeMutableBufferPointer(
            start: memory.bindMemory(to: Element.self, capacity: capacity),
            count: capacity
        )
    }

    /// - Precondition: There is room.
    @inline(__always)
    mutating func append(_ element: Element) {
        buffer.initializeElement(at: count, to: element)
        count += 1
    }

    func deallocate() {
        free(buffer.baseAddress)
    }
}
