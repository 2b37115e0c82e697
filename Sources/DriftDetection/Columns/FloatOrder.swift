/// Sorts columns of numbers by their bits, in passes over eight of them: no comparison, so nothing that a processor would
/// have to guess.
struct FloatOrder {
    /// Below so many values the library's sort is as quick.
    private static let few = 64

    private var keys: [UInt32] = []
    private var other: [UInt32] = []

    /// Sorts a column without NaN, ascending; a negative zero may come before a positive one.
    ///
    /// - Complexity: O(*n*), four passes at most.
    mutating func sort(_ values: inout [Float]) {
        let count = values.count
        guard count >= Self.few else { return values.sort() }
        if keys.count < count {
            keys = Array(repeating: 0, count: count)
            other = keys
        }
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 4 * 256) { counts in
            counts.initialize(repeating: 0)
            keys.withUnsafeMutableBufferPointer { keys in
                other.withUnsafeMutableBufferPointer { other in
                    for place in 0..<count {
                        let bits = values[place].bitPattern
                        // Negative numbers grow as their bits fall.
                        let key = bits >> 31 == 1 ? ~bits : bits | 1 << 31
                        keys[place] = key
                        for pass in 0..<4 { counts[pass << 8 | Int(key >> UInt32(8 * pass)) & 0xFF] += 1 }
                    }
                    var (from, to) = (keys, other)
                    for pass in 0..<4 {
                        let own = UnsafeMutableBufferPointer(rebasing: counts[pass << 8..<(pass + 1) << 8])
                        let shift = UInt32(8 * pass)
                        // All alike in these bits: nothing to move.
                        if own[Int(from[0] >> shift) & 0xFF] == UInt32(count) { continue }
                        var start: UInt32 = 0
                        for digit in 0..<256 {
                            let here = own[digit]
                            own[digit] = start
                            start += here
                        }
                        for place in 0..<count {
                            let digit = Int(from[place] >> shift) & 0xFF
                            to[Int(own[digit])] = from[place]
                            own[digit] += 1
                        }
                        swap(&from, &to)
                    }
                    for place in 0..<count {
                        let key = from[place]
                        values[place] = Float(bitPattern: key >> 31 == 1 ? key & ~(1 << 31) : ~key)
                    }
                }
            }
        }
    }
}
