import Methods
import Statistics

/// The unbiased squared maximum mean discrepancy of a pooled sample, with what its interval needs.
package struct Discrepancy {
    /// The estimate; may be below 0.
    let squared: Double
    private let variance: Double

    /// Returns the estimate for one membership.
    package static func squared(_ sums: PooledSample.Sums, _ membership: Int, _ sample: PooledSample) -> Double {
        let n = Double(sample.referenceRows)
        let m = Double(sample.windowRows)
        let window = sums.within[membership]
        let cross = sums.fromWindow[membership] - window
        let reference = sums.total - 2 * cross - window
        return reference / (n * (n - 1)) + window / (m * (m - 1)) - 2 * cross / (n * m)
    }

    /// Reads the first membership's estimate and the variance that its row means give it.
    ///
    /// Away from equality the estimate varies as `4 Var(h(x)) / n + 4 Var(h(y)) / m`, where `h` of a row is its mean
    /// similarity to its own sample less that to the other (R. Serfling, 1980, "Approximation theorems of mathematical
    /// statistics", section 5.5).
    init(_ sums: PooledSample.Sums, _ sample: PooledSample) {
        squared = Self.squared(sums, 0, sample)
        let n = Double(sample.referenceRows)
        let m = Double(sample.windowRows)
        var reference = Moments()
        var window = Moments()
        for row in 0..<sample.rows {
            let withWindow = Double(sums.ofRowWithWindow[row])
            let withReference = Double(sums.ofRow[row]) - withWindow
            if row < sample.referenceRows {
                reference.add(withReference / (n - 1) - withWindow / m)
            } else {
                window.add(withWindow / (m - 1) - withReference / n)
            }
        }
        variance = 4 * (reference.variance / n + window.variance / m)
    }

    /// The effect of this estimate.
    func effect(null: [Double]) -> Effect { Self.effect(squared, variance: variance, null: null) }

    /// The discrepancy itself, the root of the estimate where that is above 0, with a 95 % interval.
    ///
    /// To the variance of the estimate comes that of the permuted ones, which dominates near equality, where the first
    /// goes to 0.
    static func effect(_ squared: Double, variance: Double, null: [Double]) -> Effect {
        let nullVariance = null.count > 1 ? Moments(null).variance : 0
        let margin = 1.959964 * (variance + nullVariance).squareRoot()
        func root(_ value: Double) -> Double { max(0, value).squareRoot() }
        return Effect(name: "mmd", value: root(squared), low: root(squared - margin), high: root(squared + margin))
    }
}

extension PooledSample {
    /// The membership that is true: the rows of the window.
    var observedMembership: [Float] {
        [Float](repeating: 0, count: referenceRows) + [Float](repeating: 1, count: windowRows)
    }
}
