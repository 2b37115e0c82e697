import JSON
import LinearAlgebra
package import Methods
package import Prediction
import Statistics
import Tensors

/// Fits and restores `LSDDDriftOnline`: centres are drawn and thresholds simulated when it is fitted, and never when it
/// is loaded.
package struct LSDDDriftOnlineFactory: MethodFactory {
    package let name = "LSDDDriftOnline"
    package let parts: Set<SplitPart> = [.reference]
    package let requiresModel = false

    package let parameters =
        NewestRows.parameters + [
            Parameter(
                "sigma",
                .numbers,
                "Widths of the kernel in standard deviations; the median heuristic on the reference where absent."
            ),
            Parameter(
                "n_kernel_centers",
                .integer(1...2_048),
                "Reference rows that become centres; twice the window, at most 500, where absent."
            ),
            Parameter(
                "lambda_rd_max",
                .number(0...1),
                default: 0.2,
                "How far the two estimates may differ at the strength of smoothing that is chosen."
            ),
        ]

    /// Centres where their number is not given, at most: each row costs their square.
    private static let mostCentres = 500
    /// Simulated windows that λ is chosen by.
    private static let windowsForStrength = 1_000

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        let configuration = material.configuration
        let parameters = configuration.parameters
        let newest = NewestRows(parameters)
        let size = newest.size
        let count = parameters.optionalInteger("n_kernel_centers") ?? min(Self.mostCentres, 2 * size)
        let rows = try material.rows(of: .reference, atLeast: count + 2 * size + 2)
        let flat = rows.withShape([rows.rows, rows.elementsPerRow])
        try flat.requireFinite(name)
        var generator = SeededGenerator(seed: configuration.seed).split(stream: 22)
        let order = generator.permutation(flat.rows)
        let unit = ColumnUnits(flat)
        let sigmas =
            try SimilarityKernel.givenSigmas(parameters)
            ?? SimilarityKernel(.gaussian, medianOf: unit.standardised(flat), seed: configuration.seed).sigmas
        let centres = flat.selectingRows(Array(order[..<count]))
        let features = try CentreFeatures(
            centres: centres.elements,
            offset: unit.offset,
            deviation: unit.deviation,
            sigmas: sigmas.map(Double.init)
        )
        let others = flat.selectingRows(Array(order[count...]))
        let simulation = LSDDSimulation(rows: others, features: features, windowSize: size)
        let strength = features.difference.strength(
            simulation.firstDifferences(min(newest.streams, Self.windowsForStrength), seed: configuration.seed),
            limit: parameters.number("lambda_rd_max")
        )
        let thresholds = try RunTimeThresholds.thresholds(
            simulation.runs(
                newest.streams,
                weights: features.difference.weights(strength),
                seed: configuration.seed,
                progress: material.progress
            ),
            expectedRunTime: newest.expectedRunTime
        )
        // The first window, then rows that nothing is made of, then those that are compared with.
        let kernels = simulation.meanKernels(of: 2 * size..<others.rows, others)
        return ArtefactContents(arrays: [
            "kernel_centers": AnyTensor(centres), "sigma": AnyTensor(Tensor(vector: sigmas)),
            "first_window": AnyTensor(others.rows(0..<size)),
            "offset": AnyTensor(try Tensor(shape: [flat.elementsPerRow], elements: unit.offset)),
            "deviation": AnyTensor(try Tensor(shape: [flat.elementsPerRow], elements: unit.deviation)),
            "reference_kernels": AnyTensor(try Tensor(shape: [count], elements: kernels)),
            "strength": AnyTensor(try Tensor(shape: [1], elements: [strength])),
            "thresholds": AnyTensor(try Tensor(shape: [thresholds.count], elements: thresholds)),
        ])
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        let newest = NewestRows(artefact.configuration.parameters)
        let centres = try artefact.floats("kernel_centers")
        let sigmas = try SimilarityKernel.storedSigmas(artefact, "sigma").map(Double.init)
        let offset = try artefact.doubles("offset").elements
        let deviation = try artefact.doubles("deviation").elements
        let kernels = try artefact.doubles("reference_kernels").elements
        let strength = try artefact.doubles("strength").elements
        let width = centres.elementsPerRow
        guard centres.rows > 0, width > 0, kernels.count == centres.rows, kernels.allSatisfy(\.isFinite),
            offset.count == width, deviation.count == width, offset.allSatisfy(\.isFinite),
            deviation.allSatisfy({ $0 > 0 && $0.isFinite })
        else { throw MethodError.artefact("kernel_centers.npy", "\(centres.shape) do not fit the other arrays") }
        guard strength.count == 1, strength[0] > 0 else {
            throw MethodError.artefact("strength.npy", "it holds \(strength), and a strength is one positive number")
        }
        let (window, thresholds) = try newest.stored(artefact, width: width)
        try centres.requireFinite(name)
        return .sequential(
            try LSDDDriftOnline(
                LSDDDriftOnline.Parts(
                    centres: centres,
                    offset: offset,
                    deviation: deviation,
                    sigmas: sigmas,
                    strength: strength[0],
                    referenceKernels: kernels,
                    firstWindow: window,
                    thresholds: thresholds,
                    expectedRunTime: newest.expectedRunTime
                )
            )
        )
    }
}

/// Mean and standard deviation of each column, in double precision; a column that does not vary keeps its unit.
struct ColumnUnits {
    let offset: [Double]
    let deviation: [Double]

    init(_ rows: Tensor<Float>) {
        var moments = [Moments](repeating: Moments(), count: rows.elementsPerRow)
        rows.withUnsafeBufferPointer { values in
            for (index, value) in values.enumerated() { moments[index % moments.count].add(Double(value)) }
        }
        offset = moments.map(\.mean)
        deviation = moments.map { $0.standardDeviation > 0 ? $0.standardDeviation : 1 }
    }

    func standardised(_ rows: Tensor<Float>) -> Tensor<Float> {
        let width = offset.count
        let values = rows.elements.enumerated().map {
            Float((Double($1) - offset[$0 % width]) / deviation[$0 % width])
        }
        return Tensor(vector: values).withShape(rows.shape)
    }
}
