import Glibc

/// How often latencies of each size came: enough for every quantile, in a bounded space, and sketches add up exactly.
///
/// A bucket holds the latencies from one bound to the next, which is 4.08 % greater: whatever lies in a bucket is told to
/// within 2 % by the value in its middle. The error is of the value and not of the rank, so the slowest in a thousand is as
/// well known as the median. Counts are kept in sixteenths, since an exchange counts as often as it was sampled.
///
/// Source: C. Masson, J. E. Rim, H. K. Lee (2019), "DDSketch: a fast and fully-mergeable quantile sketch with
/// relative-error guarantees", PVLDB 12(12), pp. 2195–2205, sections 2.1 and 2.2. Its buckets are collapsed where they
/// become too many; here latencies below 1 µs and above 100,000 s are held to be those, so that they are never more than 634.
package struct LatencySketch: Sendable, Hashable {
    /// How far a quantile may be from the true one, as a part of it.
    package static let relativeError = 0.02

    /// In milliseconds.
    private static let least = 1e-3, most = 1e8
    private static let logarithm = log((1 + relativeError) / (1 - relativeError))

    /// In sixteenths, by bucket; none is 0.
    private var counts: [Int: Int64] = [:]

    package init() {}

    /// Whether it has nothing.
    package var isEmpty: Bool { counts.isEmpty }

    /// Adds a latency.
    ///
    /// - Parameters:
    ///   - milliseconds: Not NaN; negative ones count as none.
    ///   - weight: How often it came; negative to take it out again.
    package mutating func add(_ milliseconds: Double, weight: Double) {
        add(Int64((weight * 16).rounded()), to: Self.bucket(of: milliseconds))
    }

    private mutating func add(_ count: Int64, to bucket: Int) {
        let sum = (counts[bucket] ?? 0) + count
        counts[bucket] = sum == 0 ? nil : sum
    }

    package static func += (left: inout LatencySketch, right: LatencySketch) {
        for (bucket, count) in right.counts { left.add(count, to: bucket) }
    }

    /// The latency that a part of all did not exceed, in milliseconds; nil where there is none.
    ///
    /// It is within ``relativeError`` of the smallest latency that at least that part are no greater than.
    ///
    /// - Parameter part: 0 to 1; 0.99 for the latency that one in a hundred exceeds.
    package func quantile(_ part: Double) -> Double? {
        let total = counts.values.reduce(0, +)
        guard total > 0 else { return nil }
        let wanted = part * Double(total)
        var passed: Int64 = 0
        for (bucket, count) in counts.sorted(by: { $0.key < $1.key }) {
            passed += count
            if Double(passed) >= wanted { return Self.value(of: bucket) }
        }
        return counts.keys.max().map(Self.value)
    }

    /// Bucket *i* holds what is above γ^(i−1) µs and at most γ^i µs, where γ is the ratio of its bounds.
    private static func bucket(of milliseconds: Double) -> Int {
        Int((log(min(max(milliseconds, least), most) / least) / logarithm).rounded(.up))
    }

    /// What is at most 2 % from both bounds of a bucket.
    private static func value(of bucket: Int) -> Double {
        least * exp(Double(bucket) * logarithm) * (1 - relativeError)
    }

    // MARK: As bytes

    private static let version: UInt8 = 1

    /// Its buckets and counts, mostly two bytes each.
    package var bytes: [UInt8] {
        var bytes = [Self.version]
        var last = 0
        for (bucket, count) in counts.sorted(by: { $0.key < $1.key }) where count > 0 {
            Self.append(UInt64(bucket - last), to: &bytes)
            Self.append(UInt64(count), to: &bytes)
            last = bucket
        }
        return bytes
    }

    /// Reads what ``bytes`` gave.
    ///
    /// - Throws: `.corrupt` for anything else.
    package init(bytes: [UInt8]) throws(EventStoreError) {
        let broken = EventStoreError(
            .corrupt,
            "the latencies of a step of time cannot be read",
            remedy: "Use the request-logger that wrote them, or restore the store from a copy"
        )
        guard bytes.first == Self.version else { throw broken }
        var rest = bytes[1...]
        var bucket = 0
        while !rest.isEmpty {
            guard let step = Self.number(&rest), let count = Self.number(&rest), step < 10_000, count <= Int64.max
            else {
                throw broken
            }
            bucket += Int(step)
            guard bucket < 10_000 else { throw broken }
            add(Int64(count), to: bucket)
        }
    }

    /// Seven bits a byte, the lowest first; the eighth says that more come.
    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private static func number(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = bytes.popFirst(), shift < 63 {
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
            shift += 7
        }
        return nil
    }
}
