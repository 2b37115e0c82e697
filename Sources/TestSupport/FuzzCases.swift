#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Seeded bad input for decoders; `scripts/fuzz` runs a million cases of each.
package enum FuzzCases {
    /// How many cases a decoder is given: `MESH_FUZZ_CASES` where it is set, for the long mode, otherwise `usual`.
    ///
    /// - Parameter share: Among how many tests the cases of the long mode are divided that try the same decoder.
    package static func count(or usual: Int, share: Int = 1) -> Int {
        let long = getenv("MESH_FUZZ_CASES").flatMap { Int(String(cString: $0)) }
        return long.map { max(1, $0 / share) } ?? usual
    }

    /// A case that took a decoder long.
    package struct Slow: Sendable, CustomStringConvertible {
        /// Which of the cases it was, from 0 on.
        package let index: Int
        /// CPU time.
        package let seconds: Double
        package let bytes: [UInt8]

        package var description: String {
            let start = bytes.prefix(4096).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            return "case \(index), \(bytes.count) bytes, took \(seconds) s: \(start)"
        }
    }

    /// Gives a decoder changed files, one case after the other, each from a file in its turn.
    ///
    /// - Parameters:
    ///   - share: As in ``count(or:share:)``.
    ///   - patience: How many seconds of CPU time of this thread a case may take.
    ///   - change: What is done to a file; by default ``changed(_:among:using:)``.
    ///   - read: What is tried. It may throw nothing: what is refused is for it to look at.
    /// - Returns: The cases that took longer.
    package static func each(
        of files: [[UInt8]],
        seed: UInt64,
        or usual: Int,
        share: Int = 1,
        patience: Double = 2,
        change: ((_ file: [UInt8], _ generator: inout SplitMix) -> [UInt8])? = nil,
        _ read: ([UInt8]) -> Void
    ) -> [Slow] {
        var generator = SplitMix(seed: seed)
        var slow: [Slow] = []
        for index in 0..<count(or: usual, share: share) {
            let file = files[index % files.count]
            let bytes = change?(file, &generator) ?? changed(file, among: files, using: &generator)
            let start = threadSeconds()
            read(bytes)
            let seconds = threadSeconds() - start
            if seconds > patience { slow.append(Slow(index: index, seconds: seconds, bytes: bytes)) }
        }
        return slow
    }

    /// Time is that of the thread, so that a busy machine makes no case slow.
    private static func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
