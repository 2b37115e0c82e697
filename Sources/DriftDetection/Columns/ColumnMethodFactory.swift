import JSON
package import Methods
package import Prediction
package import Tensors

/// Fits and restores a method that tests each column: all of them keep the reference and nothing else.
package struct ColumnMethodFactory: MethodFactory {
    package let name: String
    package let parts: Set<SplitPart> = [.reference]
    package let requiresModel = false
    package let parameters: [Parameter]

    private let tests: @Sendable (ColumnPlan) throws(MethodError) -> [any ColumnTest]

    /// Makes a method.
    ///
    /// - Parameters:
    ///   - parameters: Its own keys, beside those which all have: level and correction, and what permutes what.
    ///   - permutes: Whether p-values come from permutations of rows too, and not of what depends on each other alone.
    ///   - tests: The test of each column.
    init(
        _ name: String,
        _ parameters: [Parameter] = [],
        permutes: Bool = true,
        tests: @escaping @Sendable (ColumnPlan) throws(MethodError) -> [any ColumnTest]
    ) {
        self.name = name
        let permutations = permutes ? ColumnPermutations.parameters : ColumnPermutations.optionalParameters
        self.parameters = Self.shared + parameters + permutations + PermutationScheme.parameters
        self.tests = tests
    }

    /// Makes a method with the same test for every column.
    init(
        _ name: String,
        _ parameters: [Parameter] = [],
        permutes: Bool = true,
        test: @escaping @Sendable (Parameters) throws(MethodError) -> any ColumnTest
    ) {
        self.init(name, parameters, permutes: permutes) { (plan) throws(MethodError) in
            [any ColumnTest](repeating: try test(plan.parameters), count: plan.reference.elementsPerRow)
        }
    }

    private static let shared: [Parameter] = [
        Parameter("p_val", .number(0...1), default: 0.05, "Level of the test's own answer, for all columns together."),
        Parameter(
            "correction",
            .choice(Correction.allCases.map(\.rawValue)),
            default: "bonferroni",
            "How the columns share the level: each gets its share, Holm's steps, or those of Benjamini with Hochberg or Yekutieli."
        ),
    ]

    /// The test against a reference, shape `[n, …]`.
    ///
    /// - Throws: `.tooFewRows` for a column without values; `.invalidConfiguration` for keys that do not go together or
    ///   do not fit the reference.
    package func test(reference: Tensor<Float>, parameters: Parameters) throws(MethodError) -> ColumnwiseTest {
        let tests = try tests(ColumnPlan(parameters: parameters, reference: reference, method: name))
        let scheme = try PermutationScheme(parameters, reference: reference)
        return try ColumnwiseTest(
            name,
            reference: reference,
            tests: tests,
            correction: Correction(rawValue: parameters.text("correction")) ?? .bonferroni,
            significance: parameters.number("p_val"),
            stream: scheme == .rows
                ? nil : StreamPermutations(scheme: scheme, permutations: ColumnPermutations(reading: parameters))
        )
    }

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        let reference = try material.rows(of: .reference, atLeast: 2)
        return ArtefactContents(arrays: ["x_ref": AnyTensor(reference)])
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        .window(try test(reference: artefact.floats("x_ref"), parameters: artefact.configuration.parameters))
    }
}

/// What the tests of the columns are chosen from.
struct ColumnPlan {
    let parameters: Parameters
    let reference: Tensor<Float>
    let method: String

    /// The columns that `categories_per_feature` names, each checked against the reference.
    ///
    /// - Throws: `.invalidConfiguration` for a column that there is not, or a reference value that is none of its codes.
    func categories() throws(MethodError) -> Set<Int> {
        let declared = parameters.optionalCategories("categories_per_feature") ?? [:]
        let columns = reference.elementsPerRow
        for (column, codes) in declared.sorted(by: { $0.key < $1.key }) {
            guard column < columns else {
                throw MethodError(
                    .invalidConfiguration,
                    "categories_per_feature names column \(column), and the reference has \(columns) columns",
                    remedy: "Name columns from 0 to \(columns - 1)"
                )
            }
            guard let codes else { continue }
            let allowed = Set(codes.map(Float.init))
            for row in 0..<reference.rows {
                let value = reference[row * columns + column]
                guard value.isNaN || allowed.contains(value) else {
                    throw MethodError(
                        .invalidConfiguration,
                        "\(method): column \(column) of the reference holds \(value) in row \(row), which is none of its \(codes.count) categories",
                        remedy: "Correct categories_per_feature, or the rows"
                    )
                }
            }
        }
        return Set(declared.keys)
    }

    /// Refuses a reference that holds anything but 0, 1 and missing values.
    func requireFlags() throws(MethodError) {
        let columns = reference.elementsPerRow
        for index in 0..<reference.count
        where !(reference[index].isNaN || reference[index] == 0 || reference[index] == 1) {
            throw MethodError(
                .invalidConfiguration,
                "\(method): column \(index % columns) of the reference holds \(reference[index]) in row \(index / columns)",
                remedy: "Give columns of 0 and 1, or use ChiSquareDrift for more categories"
            )
        }
    }
}
