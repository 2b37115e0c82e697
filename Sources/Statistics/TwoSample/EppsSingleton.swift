#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The Epps–Singleton test of whether two samples have one distribution, by their characteristic functions at two points.
///
/// Values and p-values are those of `scipy.stats.epps_singleton_2samp(reference, test, t=(0.4, 0.8))`. It needs no
/// continuous values, and sees differences in spread well.
///
/// Source: T. W. Epps and K. J. Singleton (1986), "An omnibus test for the two-sample problem using the empirical
/// characteristic function", Journal of Statistical Computation and Simulation 26, pp. 177–203.
public enum EppsSingleton {
    /// What the test found.
    public struct Result: Sendable, Hashable {
        /// The statistic W, 0 or more.
        public var statistic: Double
        /// The chance of a statistic at least as large when both samples have one distribution, by its limit.
        public var pValue: Double
        /// Whether the middle half of the values is one number, so that the standard deviation gave the scale in place of
        /// the quartiles.
        public var isScaledByDeviation: Bool
    }

    /// The fewest values that a sample needs.
    public static let leastCount = 5

    /// Compares two samples.
    ///
    /// Where all values are equal, the statistic is 0 and the p-value 1.
    ///
    /// - Throws: `.emptySample` with fewer than 5 values in either; `.nonFiniteValue` for NaN or an infinity.
    /// - Complexity: O(*n* log *n* + *m* log *m*).
    public static func test(reference: [Double], test: [Double]) throws(StatisticsError) -> Result {
        try Sample.check(reference, "reference sample")
        try Sample.check(test, "test sample")
        guard min(reference.count, test.count) >= leastCount else {
            throw StatisticsError(
                .emptySample,
                "the samples have \(reference.count) and \(test.count) values",
                remedy: "Give at least \(leastCount) values in each"
            )
        }
        return self.test(sortedReference: reference.sorted(), sortedTest: test.sorted())
    }

    /// The test from finite samples that are sorted already, of at least 5 values each.
    ///
    /// - Complexity: O(*n* + *m*), four sines and cosines a value.
    package static func test(sortedReference x: [Double], sortedTest y: [Double]) -> Result {
        precondition(min(x.count, y.count) >= leastCount, "an Epps–Singleton sample has fewer than 5 values")
        let (n, m) = (Double(x.count), Double(y.count))
        let total = n + m
        guard let scale = Scale(x, y) else { return Result(statistic: 0, pValue: 1, isScaledByDeviation: false) }
        let (first, second) = (Waves(x, scale.points), Waves(y, scale.points))
        let difference = zip(first.means, second.means).map { $0 - $1 }
        let covariance = zip(first.covariance, second.covariance).map { total / n * $0 + total / m * $1 }
        let inverse = SymmetricPseudoinverse(covariance, size: 4)
        var statistic = total * inverse.quadraticForm(difference)
        if max(n, m) < 25 {
            statistic /= 1 + pow(total, -0.45) + 10.1 * (pow(n, -1.7) + pow(m, -1.7))
        }
        let p = inverse.rank > 0 ? ChiSquared.survival(statistic, degreesOfFreedom: Double(inverse.rank)) : 1
        return Result(statistic: statistic, pValue: p, isScaledByDeviation: scale.isDeviation)
    }

    /// Where the characteristic functions are compared, from the spread of both samples together.
    struct Scale {
        /// The two points, in the unit of one over the values'.
        let points: [Double]
        /// Whether the standard deviation gave the scale, because the middle half of the values is one number.
        let isDeviation: Bool

        /// From two ascending samples; nil where all values are equal.
        init?(_ x: [Double], _ y: [Double]) {
            let pooled = EppsSingleton.merged(x, y)
            var scale = (EppsSingleton.quantile(pooled, 0.75) - EppsSingleton.quantile(pooled, 0.25)) / 2
            isDeviation = scale <= 0
            if isDeviation { scale = Moments(pooled).populationVariance.squareRoot() / 2 }
            guard scale > 0 else { return nil }
            points = [0.4 / scale, 0.8 / scale]
        }
    }

    /// Means and covariances of cosines and sines of a sample.
    private struct Waves {
        var means = [Double](repeating: 0, count: 4)
        var covariance = [Double](repeating: 0, count: 16)

        init(_ values: [Double], _ points: [Double]) {
            let rows = EppsSingleton.waves(values, points)
            for index in values.indices { for place in 0..<4 { means[place] += rows[index * 4 + place] } }
            let count = Double(values.count)
            for place in 0..<4 { means[place] /= count }
            for index in values.indices {
                for i in 0..<4 {
                    let a = rows[index * 4 + i] - means[i]
                    for j in 0...i { covariance[i * 4 + j] += a * (rows[index * 4 + j] - means[j]) }
                }
            }
            for i in 0..<4 {
                for j in 0...i {
                    covariance[i * 4 + j] /= count
                    covariance[j * 4 + i] = covariance[i * 4 + j]
                }
            }
        }
    }

    /// Cosines and sines of each value at both points, row-major, shape `[values, 4]`.
    static func waves(_ values: [Double], _ points: [Double]) -> [Double] {
        var rows = [Double](repeating: 0, count: values.count * 4)
        for (index, value) in values.enumerated() {
            for (place, point) in points.enumerated() {
                rows[index * 4 + place] = cos(point * value)
                rows[index * 4 + 2 + place] = sin(point * value)
            }
        }
        return rows
    }

    fileprivate static func merged(_ x: [Double], _ y: [Double]) -> [Double] {
        var result: [Double] = []
        result.reserveCapacity(x.count + y.count)
        var (i, j) = (0, 0)
        while i < x.count || j < y.count {
            if j == y.count || (i < x.count && x[i] <= y[j]) {
                result.append(x[i])
                i += 1
            } else {
                result.append(y[j])
                j += 1
            }
        }
        return result
    }

    fileprivate static func quantile(_ sorted: [Double], _ share: Double) -> Double {
        let position = Double(sorted.count - 1) * share
        let below = Int(position)
        let above = min(below + 1, sorted.count - 1)
        let part = position - Double(below)
        return sorted[below] + (sorted[above] - sorted[below]) * part
    }
}
