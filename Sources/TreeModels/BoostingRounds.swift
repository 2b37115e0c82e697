/// How many rounds of boosting answer, of those that a file holds.
package enum BoostingRounds: Sendable, Hashable {
    /// Up to the round that early stopping found best, all where it found none: what scikit-learn's wrappers of XGBoost
    /// do. LightGBM writes no later rounds to its files.
    case best
    /// All that there are.
    case all
    /// The first so many.
    case first(Int)
}
