/// Count, mean and variance of numbers seen one after the other, in a form that merges exactly up to rounding.
///
/// NaN and infinities are not left out: they make the mean NaN, so a caller drops or counts them first.
///
/// Sources: B. P. Welford (1962), "Note on a method for calculating corrected sums of squares and products",
/// Technometrics 4, pp. 419–420; for `merge`, T. Chan, G. Golub and R. LeVeque (1983), "Algorithms for computing the
/// sample variance", American Statistician 37, pp. 242–247.
public struct Moments: Sendable, Hashable, Codable {
    /// How many numbers were seen.
    public private(set) var count = 0
    /// Their mean; 0 while there is none.
    public private(set) var mean = 0.0
    /// The sum of squared differences from the mean.
    private var sumOfSquares = 0.0
    /// The smallest number; `nil` while there is none.
    public private(set) var minimum: Double?
    /// The largest number; `nil` while there is none.
    public private(set) var maximum: Double?

    /// Nothing seen yet.
    public init() {}

    /// The moments of these numbers.
    public init(_ values: some Sequence<Double>) {
        for value in values { add(value) }
    }

    /// Takes one more number in.
    public mutating func add(_ value: Double) {
        count += 1
        let difference = value - mean
        mean += difference / Double(count)
        sumOfSquares += difference * (value - mean)
        minimum = min(minimum ?? value, value)
        maximum = max(maximum ?? value, value)
    }

    /// Takes in what another has seen.
    public mutating func merge(_ other: Moments) {
        guard other.count > 0 else { return }
        guard count > 0 else {
            self = other
            return
        }
        let total = Double(count + other.count)
        let difference = other.mean - mean
        sumOfSquares += other.sumOfSquares + difference * difference * Double(count) * Double(other.count) / total
        mean += difference * Double(other.count) / total
        count += other.count
        if let smallest = other.minimum { minimum = min(minimum ?? smallest, smallest) }
        if let largest = other.maximum { maximum = max(maximum ?? largest, largest) }
    }

    /// The variance of the numbers themselves, divided by *n*; NaN when there is none.
    public var populationVariance: Double { count > 0 ? sumOfSquares / Double(count) : .nan }

    /// The unbiased estimate of the variance that the numbers came from, divided by *n* − 1; NaN below two numbers.
    public var variance: Double { count > 1 ? sumOfSquares / Double(count - 1) : .nan }

    /// The square root of `variance`.
    public var standardDeviation: Double { variance.squareRoot() }
}
