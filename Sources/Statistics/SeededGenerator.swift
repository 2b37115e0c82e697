/// A generator whose whole stream follows from its seed: xoshiro256++.
///
/// The same seed gives the same numbers on every machine and in every build, which replay and tests rely on. It is a
/// value: copying it forks the stream, and its state can be stored. It is not for secrets.
///
/// Source: D. Blackman and S. Vigna (2021), "Scrambled linear pseudorandom number generators", ACM Transactions on
/// Mathematical Software 47(4), article 36. The state is filled by SplitMix64, as its authors advise.
public struct SeededGenerator: RandomNumberGenerator, Sendable, Hashable, Codable {
    /// The four words of state, never all 0.
    private var s0: UInt64
    private var s1: UInt64
    private var s2: UInt64
    private var s3: UInt64

    /// The stream of a seed; any seed will do.
    public init(seed: UInt64) {
        var mixer = SplitMix64(state: seed)
        s0 = mixer.next()
        s1 = mixer.next()
        s2 = mixer.next()
        s3 = mixer.next()
    }

    /// The next 64 bits.
    @inline(__always) public mutating func next() -> UInt64 {
        let sum = s0 &+ s3
        let result = ((sum << 23) | (sum >> 41)) &+ s0
        let shifted = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= shifted
        s3 = (s3 << 45) | (s3 >> 19)
        return result
    }

    /// A stream of its own for a part of the work, by number, without moving this stream on.
    ///
    /// Different numbers give streams that have nothing to do with each other or with this one, so what one part draws
    /// does not change what another gets.
    public func split(stream: UInt64) -> SeededGenerator {
        var mixer = SplitMix64(state: s0 ^ (s2 << 1 | s2 >> 63))
        mixer.state = mixer.next() ^ stream
        return SeededGenerator(seed: mixer.next())
    }
}

/// The generator that turns a seed into well-mixed words.
///
/// Source: S. Vigna, public domain, prng.di.unimi.it/splitmix64.c.
private struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
