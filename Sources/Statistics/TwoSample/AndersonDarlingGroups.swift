/// Two samples as groups of equal values, from which Anderson and Darling's statistic follows, also that of a permutation.
///
/// A permutation changes how many of each group's values are the window's, and nothing else.
package struct AndersonDarlingGroups: Sendable {
    /// How many values of both samples each group has, in the order of the values.
    package let totals: [Int]
    /// How many of them are the window's.
    package let window: [Int]
    private let n: Int
    private let m: Int
    private let weights: [Double]  // of each group, 0 where it is all there is
    private let shares: [Double]  // what the window would have up to the middle of each group

    /// Groups two samples.
    ///
    /// - Precondition: Both ascend and hold no NaN.
    /// - Complexity: O(*n* + *m*).
    package init<Value: Comparable>(
        reference a: UnsafeBufferPointer<Value>,
        window b: UnsafeBufferPointer<Value>
    ) {
        n = a.count
        m = b.count
        let total = Double(n + m)
        var (totals, window, weights, shares) = ([Int](), [Int](), [Double](), [Double]())
        var (i, j) = (0, 0)
        while i < a.count || j < b.count {
            let value = i == a.count ? b[j] : j == b.count ? a[i] : min(a[i], b[j])
            let (startI, startJ) = (i, j)
            while i < a.count, a[i] == value { i += 1 }
            while j < b.count, b[j] == value { j += 1 }
            let equal = Double(i - startI + j - startJ)
            let rank = Double(startI + startJ) + equal / 2
            let spread = rank * (total - rank) - total * equal / 4
            totals.append(i - startI + j - startJ)
            window.append(j - startJ)
            weights.append(spread > 0 ? equal / (total * spread) : 0)
            shares.append(rank * Double(m))
        }
        self.totals = totals
        self.window = window
        self.weights = weights
        self.shares = shares
    }

    /// The share of the variance of ranks that ties take, `Σ (t³ − t) / (N³ − N)` over groups of `t` of `N` values.
    package var tieShare: Double {
        let total = Double(n + m)
        let ties = totals.reduce(0.0) { $0 + Double($1) * (Double($1) * Double($1) - 1) }
        return total > 1 ? ties / (total * (total * total - 1)) : 0
    }

    /// The test as the samples are, by the limit.
    var result: AndersonDarling.Result {
        AndersonDarling.result(totals.count > 1 ? sum(window: window) : nil, n: n, m: m)
    }

    /// `A²_akN` when the window has so many values of each group.
    ///
    /// Equation 7 for two samples, whose two terms differ by the factor `m / n` alone: what one lacks the other has.
    ///
    /// - Complexity: O(groups).
    package func sum(window: [Int]) -> Double {
        let total = Double(n + m)
        var before = 0
        var sum = 0.0
        for group in window.indices {
            let difference = total * (Double(before) + Double(window[group]) / 2) - shares[group]
            sum += weights[group] * difference * difference
            before += window[group]
        }
        return sum * (1 / Double(n) + 1 / Double(m)) * (total - 1) / total
    }
}
