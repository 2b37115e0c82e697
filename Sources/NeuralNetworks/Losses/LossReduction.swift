/// How a loss of elements becomes one number for a batch.
public enum LossReduction: Sendable, Hashable {
    /// The mean over all elements of all rows.
    case mean
    /// The mean over the rows of each row's sum: the negative log likelihood of a row of independent elements, as a bound
    /// on the evidence needs it.
    case rowSums

    /// What the sum over everything is divided by.
    func divisor(rows: Int, size: Int) -> Double {
        switch self {
        case .mean: Double(rows * size)
        case .rowSums: Double(rows)
        }
    }
}
