import Statistics

/// How several p-values share one level; the names are those of configurations.
enum Correction: String, Sendable, CaseIterable {
    /// Each test gets an equal share: the chance of any false alarm stays below the level.
    case bonferroni
    /// Holm's steps: the same promise for any alarm, and more columns found beside the first.
    case holm
    /// Benjamini and Hochberg's steps, `p(i) ≤ q · i / d`.
    case falseDiscoveryRate = "fdr"
    /// Benjamini and Yekutieli's steps, `p(i) ≤ q · i / (d · (1 + 1/2 + … + 1/d))`: however the tests depend on each
    /// other.
    case falseDiscoveryRateUnderDependence = "fdr_by"

    /// Returns the smallest level at which the correction rejects anything, in `0...1`; 1 where there is no test.
    func pValue(of pValues: [Double]) -> Double {
        switch self {
        case .bonferroni, .holm: MultipleTesting.bonferroni(pValues).min() ?? 1  // Holm's first step is Bonferroni's
        case .falseDiscoveryRate: MultipleTesting.benjaminiHochberg(pValues).min() ?? 1
        case .falseDiscoveryRateUnderDependence: MultipleTesting.benjaminiYekutieli(pValues).min() ?? 1
        }
    }

    /// Returns the p-value at and below which one of `count` tests is rejected whatever the others say.
    func firstStep(of count: Int, level: Double) -> Double {
        let share = MultipleTesting.bonferroniLevel(level, count: count)
        return self == .falseDiscoveryRateUnderDependence ? share / MultipleTesting.harmonic(count) : share
    }

    /// Returns the p-value at and below which a single test is rejected, always one number: where the steps reject
    /// nothing it is that of the first step.
    func threshold(for pValues: [Double], level: Double) -> Double {
        let count = pValues.count
        let share = MultipleTesting.bonferroniLevel(level, count: count)
        let sorted = pValues.sorted()
        switch self {
        case .bonferroni: return share
        case .holm:
            let steps = sorted.indices.map { level / Double(count - $0) }
            let passed = sorted.indices.prefix { sorted[$0] <= steps[$0] }.count
            return passed > 0 ? steps[passed - 1] : share
        case .falseDiscoveryRate, .falseDiscoveryRateUnderDependence:
            let penalty = self == .falseDiscoveryRate ? 1 : MultipleTesting.harmonic(count)
            let steps = sorted.indices.map { level * Double($0 + 1) / (Double(count) * penalty) }
            return steps.indices.last { sorted[$0] <= steps[$0] }.map { steps[$0] } ?? share / penalty
        }
    }
}
