import JSON
package import Methods
package import Prediction
import Tensors

/// Fits and restores `MMDDrift`.
package struct MMDDriftFactory: MethodFactory {
    package let name = "MMDDrift"
    package let parts: Set<SplitPart> = [.reference]
    package let requiresModel = false

    package let parameters: [Parameter] =
        PermutationTest.parameters() + PermutationScheme.parameters + SimilarityKernel.parameters + [
            Parameter(
                "random_features",
                .integer(2...65_536),
                "Random features in place of the kernel matrix: time and memory linear in the rows; 1024 is usual."
            )
        ]

    /// Creates the factory.
    package init() {}

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        let reference = try material.rows(of: .reference, atLeast: 2)
        let flat = reference.withShape([reference.rows, reference.elementsPerRow])
        try flat.requireFinite("MMDDrift")
        let configuration = material.configuration
        let kernel = try SimilarityKernel(configuration.parameters, reference: flat, seed: configuration.seed)
        var arrays = ["x_ref": AnyTensor(reference), "sigma": AnyTensor(Tensor(vector: kernel.sigmas))]
        if let width = configuration.parameters.optionalInteger("random_features") {
            let approximation = try MMDDrift.Approximation(
                kernel,
                width: width,
                reference: flat,
                seed: configuration.seed
            )
            arrays["frequencies"] = AnyTensor(approximation.features.frequencies)
            arrays["origin"] = AnyTensor(Tensor(vector: approximation.features.origin))
            arrays["feature_sum"] = AnyTensor(
                try Tensor(shape: [approximation.referenceSum.count], elements: approximation.referenceSum)
            )
        }
        return ArtefactContents(arrays: arrays)
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        let reference = try artefact.floats("x_ref")
        var approximation: MMDDrift.Approximation?
        if artefact.configuration.parameters.optionalInteger("random_features") != nil {
            let frequencies = try artefact.floats("frequencies")
            let origin = try artefact.floats("origin").elements
            let sum = try artefact.doubles("feature_sum").elements
            guard frequencies.shape.count == 2, frequencies.rows == reference.elementsPerRow,
                origin.count == frequencies.rows, sum.count == 2 * frequencies.elementsPerRow
            else {
                throw MethodError.artefact(
                    "frequencies.npy",
                    "\(frequencies.shape) do not fit rows of \(reference.elementsPerRow) values and \(sum.count) sums"
                )
            }
            let features = RandomFeatures(frequencies: frequencies, origin: origin)
            approximation = MMDDrift.Approximation(features: features, referenceSum: sum)
        }
        return .window(
            try MMDDrift(
                reference: reference,
                kernel: SimilarityKernel(artefact),
                approximation: approximation,
                parameters: artefact.configuration.parameters
            )
        )
    }
}
