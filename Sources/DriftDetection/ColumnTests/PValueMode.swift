/// How the p-value of a column is computed whose test has a limit; the names are those of configurations.
enum PValueMode: String, Sendable, CaseIterable {
    /// By the limit where it holds, by permutation elsewhere.
    case auto
    /// By the limit.
    case asymptotic = "asymp"
    /// By permutation.
    case permutation

    /// Whether to permute, given whether the limit holds for the column at hand.
    func permutes(limitHolds: Bool) -> Bool {
        switch self {
        case .auto: !limitHolds
        case .asymptotic: false
        case .permutation: true
        }
    }
}
