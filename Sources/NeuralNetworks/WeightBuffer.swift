import Statistics

/// All weights of a network in one block, in the order of its plan, so that an optimiser takes them in one sweep.
///
/// `@unchecked Sendable`: whoever writes to it (a trainer, while it runs) is the only one who has it; a network gets a
/// buffer when it is final and never writes to it.
final class WeightBuffer: WeightValues, @unchecked Sendable {
    let base: UnsafeMutablePointer<Float>
    let count: Int

    /// A block of zeros.
    init(count: Int) {
        self.count = count
        base = .allocate(capacity: max(count, 1))
        base.initialize(repeating: 0, count: max(count, 1))
    }

    /// A block of starting values.
    convenience init(starting slots: [WeightSlot], using generator: inout some RandomNumberGenerator) {
        self.init(count: slots.reduce(0) { $0 + $1.count })
        for slot in slots {
            for index in slot.offset..<slot.offset + slot.count {
                switch slot.start {
                case .constant(let value): base[index] = value
                case .uniform(let limit): base[index] = limit * (2 * Float(generator.uniform()) - 1)
                }
            }
        }
    }

    deinit { base.deallocate() }

    func values(of slot: WeightSlot) -> UnsafeMutablePointer<Float> { base + slot.offset }

    /// A block of its own with the same values.
    func copy() -> WeightBuffer {
        let copy = WeightBuffer(count: count)
        copy.base.update(from: base, count: count)
        return copy
    }
}
