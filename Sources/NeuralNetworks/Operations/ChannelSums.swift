/// Two sums for each channel over the pixels of a batch, taken in parts that depend on the batch's size alone.
final class ChannelSums {
    private let channels: Int
    private let memory: UnsafeMutablePointer<Double>

    init(channels: Int) {
        self.channels = channels
        memory = .allocate(capacity: max(2 * Pass.mostParts * channels, 1))
        memory.initialize(repeating: 0, count: 2 * Pass.mostParts * channels)
    }

    deinit { memory.deallocate() }

    /// The sums of the first kind, one for each channel.
    var first: UnsafeBufferPointer<Double> { UnsafeBufferPointer(start: memory, count: channels) }
    /// The sums of the second kind.
    var second: UnsafeBufferPointer<Double> { UnsafeBufferPointer(start: memory + channels, count: channels) }

    /// Takes both sums over `count` pixels.
    ///
    /// - Parameter body: Overwrites both sums, or the first alone, with those over a range of pixels; parts have sums of
    ///   their own, so they may run at the same time.
    func add(
        _ pass: Pass,
        _ count: Int,
        _ body: (
            _ first: UnsafeMutablePointer<Double>,
            _ second: UnsafeMutablePointer<Double>,
            _ pixels: Range<Int>
        ) -> Void
    ) {
        let parts = pass.sumParts(count, of: channels)
        pass.perform(parts: parts, of: count) { part, range in
            let sums = memory + part * 2 * channels
            body(sums, sums + channels, range)
        }
        for part in 1..<max(parts, 1) {
            for index in 0..<2 * channels { memory[index] += memory[part * 2 * channels + index] }
        }
    }
}
