import JSON
package import Methods
package import Prediction
import Statistics
import Tensors

/// Fits and restores `ConformalMartingaleDrift` and `EDetector`, which rank and bet alike.
package struct ConformalFactory: MethodFactory {
    package let name: String
    private let rule: Capital.Rule
    package let parts: Set<SplitPart> = [.reference]
    package let requiresModel = false

    private static let bagSize = Parameter(
        "bag_size",
        .integer(2...1_000_000),
        default: 10_000,
        "The most rows, of reference and stream, that a new one is ranked among."
    )

    package var parameters: [Parameter] {
        switch rule {
        case .martingale:
            [
                Parameter(
                    "p_val",
                    .number(1e-9...1),
                    default: 0.05,
                    "The chance of ever calling a clean stream drift."
                ),
                Self.bagSize,
            ]
        case .detector:
            [
                Parameter(
                    "ert",
                    .number(1...1e12),
                    default: 10_000,
                    "Rows to a false detection, at least, on average."
                ),
                Self.bagSize,
            ]
        }
    }

    static let martingale = ConformalFactory(name: "ConformalMartingaleDrift", rule: .martingale)
    static let detector = ConformalFactory(name: "EDetector", rule: .detector)

    private init(name: String, rule: Capital.Rule) {
        self.name = name
        self.rule = rule
    }

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        var rows = try material.rows(of: .reference, atLeast: 1)
        try rows.requireFinite(name)
        let bagSize = material.configuration.parameters.integer("bag_size")
        if rows.rows > bagSize {
            var generator = SeededGenerator(seed: material.configuration.seed)
            rows = rows.selectingRows(generator.sample(bagSize, of: rows.rows))
        }
        return ArtefactContents(arrays: ["x_ref": AnyTensor(rows)])
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        let reference = try artefact.floats("x_ref")
        let parameters = artefact.configuration.parameters
        let runTime = rule == .detector ? parameters.number("ert") : nil
        guard reference.elementsPerRow > 0, reference.rows <= parameters.integer("bag_size") else {
            throw MethodError.artefact("x_ref.npy", "its \(reference.rows) rows are no bag of this monitor")
        }
        try reference.requireFinite(name)
        return .sequential(
            ConformalMartingaleDrift(
                reference: ConformalBag(
                    rows: reference.elements,
                    columns: reference.elementsPerRow,
                    capacity: parameters.integer("bag_size")
                ),
                rule: rule,
                threshold: runTime ?? 1 / parameters.number("p_val"),
                expectedRunTime: runTime,
                seed: artefact.configuration.seed
            )
        )
    }
}

/// Fits and restores `BettingDrift`.
package struct BettingDriftFactory: MethodFactory {
    package let name = "BettingDrift"
    package let parts: Set<SplitPart> = [.reference]
    package let requiresModel = false
    package let parameters = [
        Parameter("p_val", .number(1e-9...1), default: 0.05, "The chance of ever calling a clean stream drift."),
        Parameter("bounds", .numbers, "The least and the largest value that there can be; absent, ranks are bet on."),
    ]

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        let rows = try material.rows(of: .reference, atLeast: 1)
        try rows.requireFinite(name)
        let bounds = try Self.bounds(material.configuration.parameters)
        if let bounds, let bad = rows.elements.first(where: { !bounds.contains(Double($0)) }) {
            throw MethodError(
                .valueOutOfRange,
                "the reference holds \(bad), outside of the bounds \(bounds.lowerBound) to \(bounds.upperBound)",
                remedy: "Give bounds that hold for every value, or leave them out to bet on ranks"
            )
        }
        return ArtefactContents(arrays: ["x_ref": AnyTensor(rows.inOrderOfUse(seed: material.configuration.seed))])
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        let reference = try artefact.floats("x_ref")
        let parameters = artefact.configuration.parameters
        return .sequential(
            BettingDrift(
                reference: reference.elements,
                width: reference.elementsPerRow,
                bounds: try Self.bounds(parameters),
                threshold: 1 / parameters.number("p_val")
            )
        )
    }

    private static func bounds(_ parameters: Parameters) throws(MethodError) -> ClosedRange<Double>? {
        guard let bounds = parameters.optionalNumbers("bounds") else { return nil }
        guard bounds.count == 2, bounds[0] < bounds[1], bounds.allSatisfy(\.isFinite) else {
            throw MethodError(
                .invalidConfiguration,
                "bounds is \(bounds)",
                remedy: "Give the least and the largest value, such as [0, 1]"
            )
        }
        return bounds[0]...bounds[1]
    }
}

/// Fits and restores `BettingMMDDrift`: the kernel's width comes from the `features` part, which is never paired.
package struct BettingMMDDriftFactory: MethodFactory {
    package let name = "BettingMMDDrift"
    package let parts: Set<SplitPart> = [.features, .reference]
    package let requiresModel = false
    package let parameters = [
        Parameter("p_val", .number(1e-9...1), default: 0.05, "The chance of ever calling a clean stream drift."),
        Parameter("sigma", .numbers, "Widths of the kernel; the median heuristic on the features part where absent."),
    ]

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        let features = try material.rows(of: .features, atLeast: 2)
        let rows = try material.rows(of: .reference, atLeast: 1)
        let flat = features.withShape([features.rows, features.elementsPerRow])
        try flat.requireFinite(name)
        try rows.requireFinite(name)
        let configuration = material.configuration
        let kernel = try GaussianKernel(configuration.parameters, medianOf: flat, seed: configuration.seed)
        return ArtefactContents(arrays: [
            "x_ref": AnyTensor(rows.inOrderOfUse(seed: material.configuration.seed)),
            "sigma": AnyTensor(Tensor(vector: kernel.sigmas)),
        ])
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        let sigmas = try SimilarityKernel.storedSigmas(artefact, "sigma")
        let reference = try artefact.floats("x_ref")
        return .sequential(
            BettingMMDDrift(
                reference: reference.elements,
                width: reference.elementsPerRow,
                kernel: GaussianKernel(sigmas: sigmas),
                threshold: 1 / artefact.configuration.parameters.number("p_val")
            )
        )
    }
}

extension Tensor<Float> {
    /// The rows in a random order: the order of a file may mean something, and pairs are taken in it.
    fileprivate func inOrderOfUse(seed: UInt64) -> Tensor<Float> {
        var generator = SeededGenerator(seed: seed)
        return selectingRows(generator.permutation(rows))
    }
}
