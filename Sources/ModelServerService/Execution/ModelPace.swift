import Synchronization

/// What a model's requests have cost so far: running means, by the bytes of a request.
///
/// Bytes stand for rows, because they are known before a request is decoded.
final class ModelPace: Sendable {
    /// Nanoseconds for 1,000 bytes of a request that ran by itself; 0 before the first.
    private let alone = Atomic<Int>(0)

    /// What a request of `bytes` is expected to take by itself, in nanoseconds; 0 when nothing is known.
    func expected(bytes: Int) -> Int { alone.load(ordering: .relaxed) * max(bytes, 1) / 1000 }

    /// Takes in what a request took.
    ///
    /// Two threads that learn at once may lose one of the two; a mean can bear that.
    func learn(nanoseconds: Int, bytes: Int) {
        let now = max(nanoseconds * 1000 / max(bytes, 1), 1)
        let before = alone.load(ordering: .relaxed)
        alone.store(before == 0 ? now : (before * 15 + now) / 16, ordering: .relaxed)
    }
}
