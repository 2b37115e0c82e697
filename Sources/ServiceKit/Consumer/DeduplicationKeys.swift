package import CloudEvents
import Crypto

/// The events that were seen, to drop repetitions: for a time, and up to a number, the oldest going first.
///
/// A key is the first 16 bytes of SHA-256 over source, id and type, so an attacker cannot make a stranger's event look
/// seen. Time is that of the journal: the same journal drops the same events. About 50 bytes a key.
package struct DeduplicationKeys: Sendable {
    /// A shortened hash of source, id and type.
    package struct Key: Hashable, Sendable {
        let high: UInt64
        let low: UInt64

        package init(_ event: CloudEvent) {
            var hash = SHA256()
            for text in [event.source, event.id, event.type] {
                hash.update(data: Array(text.utf8))
                hash.update(data: [0])
            }
            (high, low) = hash.finalize().withUnsafeBytes { bytes in
                (
                    UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            }
        }

        init(high: UInt64, low: UInt64) {
            self.high = high
            self.low = low
        }
    }

    private let limit: Int
    private let lifetime: Duration
    private var seen: Set<Key> = []
    private var order: [(key: Key, time: Int64)] = []
    private var oldest = 0

    package init(limit: Int = 1_000_000, lifetime: Duration = .seconds(24 * 3600)) {
        self.limit = limit
        self.lifetime = lifetime
    }

    /// How many keys are kept.
    package var count: Int { seen.count }

    /// Remembers an event; false when it was seen before.
    ///
    /// Amortised O(1).
    package mutating func insert(_ key: Key, at time: Timestamp) -> Bool {
        let expired = (time - lifetime).nanoseconds
        while oldest < order.count, order[oldest].time < expired || order.count - oldest > limit { forgetOldest() }
        guard seen.insert(key).inserted else { return false }
        order.append((key, time.nanoseconds))
        if order.count - oldest > limit { forgetOldest() }
        if oldest > 4096, oldest > order.count / 2 {
            order.removeFirst(oldest)
            oldest = 0
        }
        return true
    }

    private mutating func forgetOldest() {
        seen.remove(order[oldest].key)
        oldest += 1
    }

    /// The keys with their times, oldest first, 24 bytes each.
    package var snapshot: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity((order.count - oldest) * 24)
        for (key, time) in order[oldest...] {
            for word in [key.high, key.low, UInt64(bitPattern: time)] {
                withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
            }
        }
        return bytes
    }

    /// Goes back to what ``snapshot`` wrote; a cut rest is left out.
    package mutating func restore(_ bytes: ArraySlice<UInt8>) {
        seen = []
        order = []
        oldest = 0
        bytes.withUnsafeBytes { raw in
            for start in stride(from: 0, to: raw.count - raw.count % 24, by: 24) {
                let words = (0..<3).map {
                    UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: start + $0 * 8, as: UInt64.self))
                }
                let key = Key(high: words[0], low: words[1])
                if seen.insert(key).inserted { order.append((key, Int64(bitPattern: words[2]))) }
            }
        }
        while order.count - oldest > limit { forgetOldest() }
    }
}
