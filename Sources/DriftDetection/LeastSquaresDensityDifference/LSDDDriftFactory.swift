import JSON
import LinearAlgebra
package import Methods
package import Prediction
import Statistics
import Tensors

/// Fits and restores `LSDDDrift`.
package struct LSDDDriftFactory: MethodFactory {
    package let name = "LSDDDrift"
    package let parts: Set<SplitPart> = [.reference]
    package let requiresModel = false

    package let parameters: [Parameter] =
        PermutationTest.parameters() + PermutationScheme.parameters + [
            Parameter(
                "sigma",
                .numbers,
                "Widths of the kernel in standard deviations; the median heuristic on the reference where absent."
            ),
            Parameter(
                "n_kernel_centers",
                .integer(1...4_096),
                "Reference rows that become centres; a twentieth of them, at most 500, where absent."
            ),
            Parameter(
                "lambda_rd_max",
                .number(0...1),
                default: 0.2,
                "How far the two estimates may differ at the strength of smoothing that is chosen."
            ),
        ]

    /// Centres where their number is not given, at most: the test decomposes a matrix of so many rows.
    private static let mostCentres = 500

    /// Creates the factory.
    package init() {}

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        let reference = try material.rows(of: .reference, atLeast: 4)
        let flat = reference.withShape([reference.rows, reference.elementsPerRow])
        try flat.requireFinite("LSDDDrift")
        let configuration = material.configuration
        let count =
            configuration.parameters.optionalInteger("n_kernel_centers")
            ?? min(Self.mostCentres, max(1, reference.rows / 20))
        guard count <= reference.rows - 2 else {
            throw MethodError(
                .tooFewRows,
                "n_kernel_centers is \(count) and the reference has \(reference.rows) rows",
                remedy: "Leave at least 2 rows that are no centres"
            )
        }
        var generator = SeededGenerator(seed: configuration.seed).split(stream: 12)
        let centres = Set(generator.sample(count, of: reference.rows))
        return try Self.contents(
            centres: flat.selectingRows(centres.sorted()),
            others: flat.selectingRows((0..<flat.rows).filter { !centres.contains($0) }),
            all: flat,
            configuration
        )
    }

    /// What is kept for given centres.
    private static func contents(
        centres: Tensor<Float>,
        others: Tensor<Float>,
        all: Tensor<Float>,
        _ configuration: MonitorConfiguration
    ) throws -> ArtefactContents {
        let scaling = Scaling(fittedTo: all)
        let map = CentreKernels(
            centres: scaling.scaled(centres),
            scaling: scaling,
            kernel: try SimilarityKernel.givenSigmas(configuration.parameters).map { SimilarityKernel(sigmas: $0) }
                ?? SimilarityKernel(.gaussian, medianOf: scaling.scaled(all), seed: configuration.seed)
        )
        let sum = try FeatureSums.total(others, map)
        return ArtefactContents(arrays: [
            "x_ref": AnyTensor(others), "kernel_centers": AnyTensor(map.centres),
            "sigma": AnyTensor(Tensor(vector: map.kernel.sigmas)),
            "offset": AnyTensor(Tensor(vector: scaling.offset)), "scale": AnyTensor(Tensor(vector: scaling.scale)),
            "kernel_sum": AnyTensor(try Tensor(shape: [sum.count], elements: sum)),
        ])
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        let reference = try artefact.floats("x_ref")
        let centres = try artefact.floats("kernel_centers")
        let sum = try artefact.doubles("kernel_sum").elements
        let sigmas = try artefact.floats("sigma").elements
        guard centres.shape.count == 2, centres.elementsPerRow == reference.elementsPerRow, sum.count == centres.rows,
            !sigmas.isEmpty, sigmas.allSatisfy({ $0 > 0 && $0.isFinite })
        else {
            throw MethodError.artefact(
                "kernel_centers.npy",
                "\(centres.shape) do not fit rows of \(reference.elementsPerRow) values, \(sum.count) sums and widths \(sigmas)"
            )
        }
        let map = CentreKernels(
            centres: centres,
            scaling: try Scaling(
                offset: artefact.floats("offset").elements,
                scale: artefact.floats("scale").elements,
                rowSize: reference.elementsPerRow
            ),
            kernel: SimilarityKernel(sigmas: sigmas)
        )
        return .window(
            try LSDDDrift(
                reference: reference,
                map: map,
                referenceSum: sum,
                parameters: artefact.configuration.parameters
            )
        )
    }
}
