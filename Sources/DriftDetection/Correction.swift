import Statistics

/// How several p-values share one level.
enum Correction: Sendable {
    /// Each test gets an equal share: the chance of any false alarm stays below the level.
    case bonferroni
    /// Benjamini and Hochberg's steps, `p(i) ≤ q · i / d`.
    case falseDiscoveryRate

    /// Returns the smallest level at which the correction rejects anything, in `0...1`; 1 where there is no test.
    func pValue(of pValues: [Double]) -> Double {
        switch self {
        case .bonferroni: MultipleTesting.bonferroni(pValues).min() ?? 1
        case .falseDiscoveryRate: MultipleTesting.benjaminiHochberg(pValues).min() ?? 1
        }
    }

    /// Returns the p-value at and below which a single test is rejected, always one number: where the steps reject
    /// nothing it is that of the first step, `level / d`.
    func threshold(for pValues: [Double], level: Double) -> Double {
        let share = MultipleTesting.bonferroniLevel(level, count: pValues.count)
        guard case .falseDiscoveryRate = self else { return share }
        let sorted = pValues.sorted()
        let steps = sorted.indices.map { level * Double($0 + 1) / Double(sorted.count) }
        return steps.indices.last { sorted[$0] <= steps[$0] }.map { steps[$0] } ?? share
    }
}
