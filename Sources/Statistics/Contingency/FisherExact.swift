/// Fisher's exact test of two rates.
///
/// p-values are those of `scipy.stats.fisher_exact`.
///
/// Source: R. A. Fisher (1922), Journal of the Royal Statistical Society 85, pp. 87–94.
public enum FisherExact {
    /// Which difference of the first rate from the second counts.
    public enum Alternative: String, Sendable, CaseIterable {
        /// Either.
        case twoSided = "two-sided"
        /// The first rate is smaller.
        case less
        /// The first rate is larger.
        case greater
    }

    /// Returns the chance of a table at least as extreme as the one seen, when both rates are one; its margins given.
    ///
    /// Two-sided, tables count whose probability is at most that of the one seen, up to a relative 1e−7 for rounding.
    ///
    /// - Returns: Above 0, at most 1.
    /// - Precondition: No count is negative.
    /// - Complexity: O(smallest margin), one division a table.
    public static func pValue(
        successes: (Int, Int),
        failures: (Int, Int),
        alternative: Alternative = .twoSided
    ) -> Double {
        let first = successes.0 + failures.0
        let second = successes.1 + failures.1
        let drawn = successes.0 + successes.1
        let lowest = max(0, drawn - second)
        let highest = min(drawn, first)
        guard lowest < highest else { return 1 }
        // From the most likely table outwards, each from its neighbour: nothing cancels and nothing overflows.
        let likeliest = Double(drawn + 1) * Double(first + 1) / Double(first + second + 2)
        let mode = min(max(Int(likeliest), lowest), highest)
        let start = probability(mode, first, second, drawn)
        var chances = [Double](repeating: 0, count: highest - lowest + 1)
        chances[mode - lowest] = start
        for k in stride(from: mode + 1, through: highest, by: 1) {
            let ratio =
                Double(first - k + 1) * Double(drawn - k + 1) / (Double(k) * Double(second - drawn + k))
            chances[k - lowest] = chances[k - lowest - 1] * ratio
        }
        for k in stride(from: mode - 1, through: lowest, by: -1) {
            let ratio =
                Double(k + 1) * Double(second - drawn + k + 1) / (Double(first - k) * Double(drawn - k))
            chances[k - lowest] = chances[k - lowest + 1] * ratio
        }
        let seen = successes.0 - lowest
        let bound = chances[seen] * (1 + 1e-7)
        let p =
            switch alternative {
            case .twoSided: sum(chances.filter { $0 <= bound })
            case .less: sum(Array(chances[...seen]))
            case .greater: sum(Array(chances[seen...]))
            }
        return min(1, max(p, .leastNormalMagnitude))
    }

    /// The smaller ones first.
    private static func sum(_ chances: [Double]) -> Double { chances.sorted().reduce(0, +) }

    /// The hypergeometric probability of `k` of `first` among `drawn`, as a quotient of binomial ones (Loader, 2000).
    private static func probability(_ k: Int, _ first: Int, _ second: Int, _ drawn: Int) -> Double {
        let total = Double(first + second)
        let p = Double(drawn) / total
        let q = Double(first + second - drawn) / total
        return SpecialFunctions.binomialDensity(Double(k), of: Double(first), p: p, q: q)
            * SpecialFunctions.binomialDensity(Double(drawn - k), of: Double(second), p: p, q: q)
            / SpecialFunctions.binomialDensity(Double(drawn), of: total, p: p, q: q)
    }
}
