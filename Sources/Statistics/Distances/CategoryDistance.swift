#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Distances between two sets of shares over the same categories or bins.
public enum CategoryDistance: String, Sendable, CaseIterable {
    /// The population stability index, `Σ (q − p) ln(q / p)`, 0 or more; half a count is added to each category of both,
    /// because an empty one would make it infinite.
    ///
    /// Source: S. Kullback and R. A. Leibler (1951), Annals of Mathematical Statistics 22, pp. 79–86 (the divergence J).
    case populationStability
    /// The root of Jensen and Shannon's divergence in bits, in `0...1`; as `scipy.spatial.distance.jensenshannon(…, 2)`.
    ///
    /// Source: D. M. Endres and J. E. Schindelin (2003), IEEE Transactions on Information Theory 49, pp. 1858–1860.
    case jensenShannon
    /// Hellinger's distance, `√(½ Σ (√p − √q)²)`, in `0...1`.
    case hellinger
    /// The total variation, `½ Σ |p − q|`, in `0...1`: the largest difference of the chance of any set of categories.
    case totalVariation

    /// The distance of two rows of counts, each with a sum above 0.
    ///
    /// - Precondition: Both have as many categories.
    /// - Complexity: O(categories).
    public func between(_ reference: [Double], _ test: [Double]) -> Double {
        precondition(reference.count == test.count, "the rows have \(reference.count) and \(test.count) categories")
        let (n, m) = (reference.reduce(0, +), test.reduce(0, +))
        let half = 0.5 * Double(reference.count)
        var sum = 0.0
        for index in reference.indices {
            let (p, q) = (reference[index] / n, test[index] / m)
            switch self {
            case .populationStability:
                let (a, b) = ((reference[index] + 0.5) / (n + half), (test[index] + 0.5) / (m + half))
                sum += (b - a) * log(b / a)
            case .jensenShannon:
                let middle = (p + q) / 2
                if p > 0 { sum += p * log2(p / middle) }
                if q > 0 { sum += q * log2(q / middle) }
            case .hellinger:
                let gap = p.squareRoot() - q.squareRoot()
                sum += gap * gap
            case .totalVariation: sum += abs(p - q)
            }
        }
        switch self {
        case .populationStability: return max(0, sum)
        case .jensenShannon: return min(1, max(0, sum / 2).squareRoot())
        case .hellinger: return min(1, (sum / 2).squareRoot())
        case .totalVariation: return min(1, sum / 2)
        }
    }
}
