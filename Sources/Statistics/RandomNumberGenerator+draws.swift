#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension RandomNumberGenerator {
    /// A number uniform over the multiples of 2^−53 in `0..<1`.
    public mutating func uniform() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A number from the standard normal distribution, by Box and Muller's transform; two 64-bit draws each.
    ///
    /// The second number that the transform offers is left, so that the generator's state is all there is to store.
    ///
    /// Source: G. Box and M. Muller (1958), "A note on the generation of random normal deviates", Annals of
    /// Mathematical Statistics 29, pp. 610–611.
    public mutating func normal() -> Double {
        let radius = (-2 * log(1 - uniform())).squareRoot()  // 1 − u is never 0
        return radius * cos(2 * .pi * uniform())
    }

    /// A whole number uniform over `0..<bound`, without bias.
    ///
    /// The arithmetic is spelt here, and not left to the standard library, because stored streams must not change with
    /// its version.
    ///
    /// - Precondition: The bound is above 0.
    ///
    /// Source: D. Lemire (2019), "Fast random integer generation in an interval", ACM Transactions on Modeling and
    /// Computer Simulation 29(1).
    public mutating func index(below bound: Int) -> Int {
        precondition(bound > 0, "a draw below \(bound)")
        let range = UInt64(bound)
        var product = next().multipliedFullWidth(by: range)
        if product.low < range {
            let threshold = (0 &- range) % range
            while product.low < threshold { product = next().multipliedFullWidth(by: range) }
        }
        return Int(product.high)
    }

    /// The numbers `0..<count` in a random order, each order as likely as any other (Fisher and Yates).
    public mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(last, index(below: last + 1))
        }
        return order
    }

    /// Some of the numbers `0..<count`, each at most once, in random order.
    ///
    /// - Precondition: `size` lies within `0...count`.
    public mutating func sample(_ size: Int, of count: Int) -> [Int] {
        precondition(size >= 0 && size <= count, "a sample of \(size) of \(count)")
        var order = Array(0..<count)
        for position in 0..<size {
            order.swapAt(position, position + index(below: count - position))
        }
        return Array(order[..<size])
    }
}
