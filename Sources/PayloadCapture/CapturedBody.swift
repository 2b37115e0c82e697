import Crypto
package import NIOCore

/// The content of one message as far as it was kept.
///
/// Large buffers that passed by are kept as they are. Smaller ones are copied: their copy costs less than the new buffer
/// that the connection would need in the place of one that is kept, and holds no more than its bytes. The budget is
/// charged with what is really held.
package struct CapturedBody: Sendable {
    /// Why something of the body is missing.
    package enum Cut: String, Sendable {
        /// It is longer than `capture.body.bytes`.
        case limit
        /// `capture.memory.bytes` was used up.
        case memory
    }

    /// What was kept, in order.
    package private(set) var pieces: [ByteBuffer] = []
    /// Bytes kept.
    package private(set) var kept = 0
    /// Bytes that passed.
    package private(set) var total = 0
    /// Why `kept` is less than `total`.
    package private(set) var cut: Cut?
    /// Bytes taken from the budget.
    package private(set) var charged = 0
    /// Runs only from where the limit cut something: what is kept whole can be hashed by whoever wants to, and when
    /// memory is short so is time.
    private var hash: SHA256?

    package init() {}

    /// A body that is at hand as a whole.
    package init(_ bytes: ByteBuffer, limit: Int, budget: CaptureBudget) {
        append(bytes, limit: limit, budget: budget)
    }

    /// The SHA-256 of the whole content, 32 bytes, when the limit cut it.
    package var hashOfCut: [UInt8]? { hash.map { Array($0.finalize()) } }

    /// What was kept, as one array.
    package var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: kept) { target, count in
            for piece in pieces {
                piece.withUnsafeReadableBytes { source in
                    UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[count...])
                        .copyMemory(from: source)
                    count += source.count
                }
            }
        }
    }

    /// The first of what was kept, at most `count` bytes.
    func start(_ count: Int) -> [UInt8] {
        var start: [UInt8] = []
        for piece in pieces where start.count < count {
            start += piece.readableBytesView.prefix(count - start.count)
        }
        return start
    }

    /// Keeps `bytes`, or as much of them as limit and budget allow, and counts the rest.
    ///
    /// - Parameters:
    ///   - limit: The most bytes of one body.
    ///   - budget: The memory shared with all other captures.
    package mutating func append(_ bytes: ByteBuffer, limit: Int, budget: CaptureBudget) {
        let count = bytes.readableBytes
        guard count > 0 else { return }
        total += count
        guard cut == nil else {
            update(bytes)
            return
        }
        let room = min(count, limit - kept)
        if room > 0 {
            guard keep(bytes.getSlice(at: bytes.readerIndex, length: room) ?? bytes, budget) else {
                beginCut(.memory)
                return
            }
        }
        if room < count {
            beginCut(.limit)
            if let rest = bytes.getSlice(at: bytes.readerIndex + room, length: count - room) { update(rest) }
        }
    }

    /// Buffers with at least as many bytes are kept without a copy.
    private static let keptWhole = 64 << 10

    private mutating func keep(_ slice: ByteBuffer, _ budget: CaptureBudget) -> Bool {
        let count = slice.readableBytes
        let isDense = count >= Self.keptWhole && count * 2 >= slice.storageCapacity
        let cost = isDense ? slice.storageCapacity : count
        guard budget.reserve(cost) else { return false }
        charged += cost
        kept += count
        pieces.append(isDense ? slice : ByteBuffer(bytes: slice.readableBytesView))
        return true
    }

    private mutating func beginCut(_ reason: Cut) {
        cut = reason
        guard reason == .limit else { return }
        var hash = SHA256()
        for piece in pieces { piece.withUnsafeReadableBytes { hash.update(bufferPointer: $0) } }
        self.hash = hash
    }

    private mutating func update(_ bytes: ByteBuffer) {
        bytes.withUnsafeReadableBytes { hash?.update(bufferPointer: $0) }
    }
}
