import JSON
package import Methods
package import Prediction
import Tensors

/// Fits and restores `MMDDrift`.
package struct MMDDriftFactory: MethodFactory {
    package let name = "MMDDrift"
    package let parts: Set<SplitPart> = [.reference]
    package let requiresModel = false

    package let parameters: [Parameter] = [
        Parameter("p_val", .number(0...1), default: 0.05, "Level of the test's own answer."),
        Parameter("n_permutations", .integer(1...1_000_000), default: 100, "Permutations that every window gets."),
        Parameter(
            "max_permutations",
            .integer(1...10_000_000),
            default: 20_000,
            "The most permutations that a window gets when the budget's level needs them."
        ),
        Parameter("sigma", .numbers, "Widths of the kernel; the median heuristic on the reference where absent."),
    ]

    /// Creates the factory.
    package init() {}

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        let reference = try material.rows(of: .reference, atLeast: 2)
        let flat = reference.withShape([reference.rows, reference.elementsPerRow])
        try flat.requireFinite("MMDDrift")
        let given = material.configuration.parameters.optionalNumbers("sigma")
        if let given, given.isEmpty || given.contains(where: { !($0 > 0) }) {
            throw MethodError(
                .invalidConfiguration,
                "sigma is \(given)",
                remedy: "Give positive widths, or leave sigma out for the median heuristic"
            )
        }
        let kernel =
            given.map { GaussianKernel(sigmas: $0.map { Float($0) }) }
            ?? GaussianKernel(medianOf: flat, seed: material.configuration.seed)
        return ArtefactContents(arrays: [
            "x_ref": AnyTensor(reference),
            "sigma": AnyTensor(Tensor(vector: kernel.sigmas)),
        ])
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        let sigmas = try artefact.floats("sigma").elements
        guard !sigmas.isEmpty, sigmas.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw MethodError.artefact("sigma.npy", "it holds \(sigmas), and a width is positive")
        }
        return .window(
            try MMDDrift(
                reference: artefact.floats("x_ref"),
                kernel: GaussianKernel(sigmas: sigmas),
                parameters: artefact.configuration.parameters
            )
        )
    }
}
