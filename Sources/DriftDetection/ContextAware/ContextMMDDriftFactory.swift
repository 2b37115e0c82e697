import JSON
package import Methods
package import Prediction
import Tensors

/// Fits and restores `ContextMMDDrift`, whose rows end with their context.
package struct ContextMMDDriftFactory: MethodFactory {
    package let name = "ContextMMDDrift"
    package let parts: Set<SplitPart> = [.reference]
    package let requiresModel = false
    package let takesContext = true

    package let parameters: [Parameter] =
        PermutationTest.parameters() + [
            Parameter(
                "prop_c_held",
                .number(0.01...0.9),
                default: 0.25,
                "The share of the window's contexts that rows are compared at."
            ),
            Parameter("n_folds", .integer(2...20), default: 5, "Folds by which λ is chosen."),
            Parameter(
                "sigma",
                .numbers,
                "Widths of the rows' kernel, whose mean is taken; the median heuristic on the reference where absent."
            ),
            Parameter(
                "c_sigma",
                .numbers,
                "Widths of the contexts' kernel, in deviations of the reference's; the median heuristic where absent."
            ),
            Parameter(
                "max_reference_rows",
                .integer(12...20_000),
                default: 1_000,
                "Reference rows that take part in a test, at most."
            ),
        ]

    /// Creates the factory.
    package init() {}

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        let rows = try material.rows(of: .reference, atLeast: ContextMMDDrift.leastRows)
        let flat = rows.withShape([rows.rows, rows.elementsPerRow])
        let width = flat.elementsPerRow - material.contextWidth
        let reference = flat.columns(0..<width)
        let contexts = flat.columns(width..<flat.elementsPerRow)
        try flat.requireFinite(name)
        let parameters = material.configuration.parameters
        let seed = material.configuration.seed
        func sigmas(_ key: String, _ rows: Tensor<Float>) throws(MethodError) -> [Float] {
            try SimilarityKernel.givenSigmas(parameters, key) ?? GaussianKernel(medianOf: rows, seed: seed).sigmas
        }
        return ArtefactContents(arrays: [
            "x_ref": AnyTensor(reference), "c_ref": AnyTensor(contexts),
            "sigma": AnyTensor(Tensor(vector: try sigmas("sigma", reference))),
            "c_sigma": AnyTensor(
                Tensor(vector: try sigmas("c_sigma", Scaling(fittedTo: contexts).scaled(contexts)))
            ),
        ])
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        .window(
            try ContextMMDDrift(
                reference: artefact.floats("x_ref"),
                contexts: artefact.floats("c_ref"),
                sigmas: (
                    try SimilarityKernel.storedSigmas(artefact, "sigma"),
                    try SimilarityKernel.storedSigmas(artefact, "c_sigma")
                ),
                parameters: artefact.configuration.parameters
            )
        )
    }
}
