import JSON
import Methods
import Statistics
import Tensors

/// The methods that test each column, by their usual names.
enum ColumnMethods {
    /// All of them.
    static let factories = ranks + categories + distances

    /// `KSDrift`, which tests of other features also lean on.
    static let kolmogorovSmirnov = ColumnMethodFactory("KSDrift", [Keys.alternative, Keys.mode], permutes: false) {
        (parameters: Parameters) throws(MethodError) in
        KolmogorovSmirnovColumn(gaps: try GapSignificance(reading: parameters))
    }

    private static let ranks = [
        kolmogorovSmirnov,
        ColumnMethodFactory("CVMDrift", permutes: false) { (_: Parameters) in CramerVonMisesColumn() },
        ColumnMethodFactory("AndersonDarlingDrift", [Keys.pValueMode]) { (parameters: Parameters) in
            AndersonDarlingColumn(
                mode: PValueMode(reading: parameters),
                permutations: ColumnPermutations(reading: parameters)
            )
        },
        ColumnMethodFactory("MannWhitneyDrift", [Keys.alternative], permutes: false) { (parameters: Parameters) in
            MannWhitneyColumn(
                alternative: MannWhitney.Alternative(rawValue: parameters.text("alternative")) ?? .twoSided
            )
        },
        ColumnMethodFactory("EppsSingletonDrift", [Keys.pValueMode]) { (parameters: Parameters) in
            EppsSingletonColumn(
                mode: PValueMode(reading: parameters),
                permutations: ColumnPermutations(reading: parameters)
            )
        },
        ColumnMethodFactory(
            "TabularDrift",
            [Keys.categories, Keys.numericTest, Keys.categoryTest, Keys.alternative, Keys.mode, Keys.yates],
            tests: tabular
        ),
    ]

    private static let categories = [
        contingency("ChiSquareDrift", .chiSquared, mode: "asymp"),
        contingency("GTestDrift", .likelihoodRatio, mode: "auto"),
        ColumnMethodFactory("FETDrift", [Keys.alternative], permutes: false) { (plan: ColumnPlan) throws(MethodError) in
            try plan.requireFlags()
            let alternative = FisherExact.Alternative(rawValue: plan.parameters.text("alternative")) ?? .twoSided
            return [any ColumnTest](
                repeating: FisherColumn(alternative: alternative),
                count: plan.reference.elementsPerRow
            )
        },
    ]

    private static let distances = [
        shares("PSIDrift", .populationStability), shares("JensenShannonDrift", .jensenShannon),
        shares("HellingerDrift", .hellinger), shares("TotalVariationDrift", .totalVariation),
        ordered("WassersteinDrift", .wasserstein), ordered("EnergyDrift", .energy),
    ]

    private static func contingency(
        _ name: String,
        _ statistic: ContingencyColumn.Statistic,
        mode: String
    ) -> ColumnMethodFactory {
        let mode = Parameter(
            Keys.pValueMode.name,
            Keys.pValueMode.kind,
            default: .string(mode),
            Keys.pValueMode.meaning
        )
        return ColumnMethodFactory(name, [Keys.categories, Keys.yates, mode]) {
            (plan: ColumnPlan) throws(MethodError) in
            _ = try plan.categories()  // every column is one of categories; those named are checked
            let test = ContingencyColumn(
                statistic: statistic,
                yates: plan.parameters.flag("yates"),
                mode: PValueMode(reading: plan.parameters),
                permutations: ColumnPermutations(reading: plan.parameters)
            )
            return [any ColumnTest](repeating: test, count: plan.reference.elementsPerRow)
        }
    }

    private static func shares(_ name: String, _ distance: CategoryDistance) -> ColumnMethodFactory {
        ColumnMethodFactory(name, [Keys.categories, Keys.bins]) {
            (plan: ColumnPlan) throws(MethodError) in
            let categories = try plan.categories()
            let permutations = ColumnPermutations(reading: plan.parameters)
            return (0..<plan.reference.elementsPerRow).map { column in
                CategoryDistanceColumn(
                    distance: distance,
                    bins: categories.contains(column) ? nil : plan.parameters.integer("n_bins"),
                    permutations: permutations
                )
            }
        }
    }

    private static func ordered(_ name: String, _ distance: OrderedDistance) -> ColumnMethodFactory {
        ColumnMethodFactory(name) { (parameters: Parameters) in
            OrderedDistanceColumn(distance: distance, permutations: ColumnPermutations(reading: parameters))
        }
    }

    private static func tabular(_ plan: ColumnPlan) throws(MethodError) -> [any ColumnTest] {
        let categories = try plan.categories()
        let parameters = plan.parameters
        let statistic = ContingencyColumn.Statistic(rawValue: parameters.text("category_test")) ?? .chiSquared
        let permutations = ColumnPermutations(reading: parameters)
        let category = ContingencyColumn(
            statistic: statistic,
            yates: parameters.flag("yates"),
            mode: statistic == .chiSquared ? .asymptotic : .auto,
            permutations: permutations
        )
        let number: any ColumnTest
        switch parameters.text("numeric_test") {
        case "cvm": number = CramerVonMisesColumn()
        case "anderson-darling": number = AndersonDarlingColumn(mode: .auto, permutations: permutations)
        case "mann-whitney":
            let alternative = MannWhitney.Alternative(rawValue: parameters.text("alternative")) ?? .twoSided
            number = MannWhitneyColumn(alternative: alternative)
        case "epps-singleton": number = EppsSingletonColumn(mode: .auto, permutations: permutations)
        default: number = KolmogorovSmirnovColumn(gaps: try GapSignificance(reading: parameters))
        }
        return (0..<plan.reference.elementsPerRow).map { categories.contains($0) ? category : number }
    }
}

/// The keys that more than one method has.
private enum Keys {
    static let alternative = Parameter(
        "alternative",
        .choice(["two-sided", "less", "greater"]),
        default: "two-sided",
        "Which difference counts."
    )
    static let mode = Parameter(
        "mode",
        .choice(["asymp", "auto", "exact"]),
        default: "asymp",
        "How a p-value of Kolmogorov and Smirnov's test is computed, by scipy's names; exact costs reference × window steps a column."
    )
    static let pValueMode = Parameter(
        "mode",
        .choice(PValueMode.allCases.map(\.rawValue)),
        default: "auto",
        "How a p-value is computed: by its limit, by permutation, or auto by the limit where that holds."
    )
    static let categories = Parameter(
        "categories_per_feature",
        .categories,
        "Columns of categories, by index: how many codes there are from 0 on, a list of codes, or None for those of the reference."
    )
    static let yates = Parameter("yates", .flag, default: true, "Whether 2 × 2 tables are corrected for continuity.")
    static let numericTest = Parameter(
        "numeric_test",
        .choice(["ks", "cvm", "anderson-darling", "mann-whitney", "epps-singleton"]),
        default: "ks",
        "The test of columns of numbers."
    )
    static let categoryTest = Parameter(
        "category_test",
        .choice(ContingencyColumn.Statistic.allCases.map(\.rawValue)),
        default: "chi2",
        "The test of columns of categories."
    )
    static let bins = Parameter(
        "n_bins",
        .integer(2...1000),
        default: 10,
        "Bins of a column of numbers, each with an equal share of reference and window together."
    )
}

extension PValueMode {
    /// Reads the key of a method that has a limit.
    fileprivate init(reading parameters: Parameters) {
        self = PValueMode(rawValue: parameters.text("mode")) ?? .auto
    }
}
