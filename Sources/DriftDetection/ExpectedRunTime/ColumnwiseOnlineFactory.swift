import JSON
package import Methods
package import Prediction
import Statistics
import Tensors

/// Fits and restores `CVMDriftOnline` and `FETDriftOnline`: thresholds are simulated when one is fitted, and never when
/// it is loaded.
package struct ColumnwiseOnlineFactory: MethodFactory {
    private enum Kind: Sendable { case cramerVonMises, fisher }

    package let name: String
    private let kind: Kind
    package let parts: Set<SplitPart> = [.reference]
    package let requiresModel = false
    package let parameters: [Parameter]

    static let cramerVonMises = ColumnwiseOnlineFactory("CVMDriftOnline", .cramerVonMises, [])
    static let fisher = ColumnwiseOnlineFactory(
        "FETDriftOnline",
        .fisher,
        [
            Parameter(
                "alternative",
                .choice(FisherExact.Alternative.allCases.map(\.rawValue)),
                default: "two-sided",
                "Which change of the rate counts."
            ),
            Parameter(
                "lam",
                .number(0.01...1),
                default: 0.99,
                "The weight of the newest statistic when it is smoothed over time."
            ),
        ]
    )

    private init(_ name: String, _ kind: Kind, _ parameters: [Parameter]) {
        self.name = name
        self.kind = kind
        self.parameters =
            [
                Parameter("ert", .number(2...1e5), default: 1_000, "Rows to a false detection, on average."),
                WindowSizes.parameter,
                Parameter(
                    "n_bootstraps",
                    .integer(20...10_000_000),
                    "Simulated streams for the thresholds of the first rows; twenty times ert, at least 2000, where absent."
                ),
            ] + parameters
    }

    /// Simulated streams for the last threshold: the mean run time is then known to a thirtieth.
    private static let longStreams = 1_000

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        let windows = try WindowSizes(material.configuration.parameters)
        let rows = try material.rows(of: .reference, atLeast: max(2, windows.largest))
        let flat = rows.withShape([rows.rows, rows.elementsPerRow])
        try requireUsable(flat)
        let thresholds = try thresholds(of: flat, windows: windows, material)
        return ArtefactContents(arrays: [
            "x_ref": AnyTensor(flat),
            "thresholds": AnyTensor(try Tensor(shape: [thresholds.count], elements: thresholds.map(\.value))),
            "permits": AnyTensor(try Tensor(shape: [thresholds.count], elements: thresholds.map(\.permit))),
        ])
    }

    private func thresholds(
        of rows: Tensor<Float>,
        windows: WindowSizes,
        _ material: FittingMaterial
    ) throws -> [RunTimeCalibration.Threshold] {
        let parameters = material.configuration.parameters
        let runTime = parameters.number("ert")
        let calibration = RunTimeCalibration(
            firstRow: windows.smallest,
            rows: 2 * windows.largest - windows.smallest,
            expectedRunTime: runTime,
            streams: (
                parameters.optionalInteger("n_bootstraps") ?? max(2_000, Int((20 * runTime).rounded(.up))),
                Self.longStreams
            ),
            seed: material.configuration.seed,
            progress: material.progress
        )
        let resampling = ReferenceResampling(
            rows,
            isContinuous: kind == .cramerVonMises,
            largestWindow: windows.largest
        )
        let generator = SeededGenerator(seed: material.configuration.seed).split(stream: 21)
        switch kind {
        case .cramerVonMises:
            return try calibration.thresholds { number in
                SimulatedColumns(resampling, generator: generator.split(stream: number)) {
                    CramerVonMisesReference(sorted: $0, windows: windows)
                }
            }
        case .fisher:
            let question = question(parameters, windows)
            return try calibration.thresholds { number in
                SimulatedColumns(resampling, generator: generator.split(stream: number)) {
                    FisherReference(ones: $0.count { $0 > 0 }, of: $0.count, question: question)
                }
            }
        }
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        let parameters = artefact.configuration.parameters
        let windows = try WindowSizes(parameters)
        let reference = try artefact.floats("x_ref")
        let values = try artefact.doubles("thresholds").elements
        let permits = try artefact.doubles("permits").elements
        guard values.count == permits.count, (1...2 * windows.largest).contains(values.count),
            values.allSatisfy(\.isFinite), permits.allSatisfy((0...1).contains)
        else {
            throw MethodError.artefact("thresholds.npy", "they are not those of windows of \(windows.sizes) rows")
        }
        try requireUsable(reference)
        let thresholds = zip(values, permits).map { RunTimeCalibration.Threshold(value: $0, permit: $1) }
        let runTime = parameters.number("ert")
        let seed = artefact.configuration.seed
        let width = reference.elementsPerRow
        let elements = reference.elements
        let columns = (0..<width).map { column in
            (0..<reference.rows).map { OrderKey(elements[$0 * width + column]) }
        }
        switch kind {
        case .cramerVonMises:
            return .sequential(
                ColumnwiseOnlineTest(
                    columns: columns.map { CramerVonMisesReference(sorted: $0.sorted(), windows: windows) },
                    windows: windows,
                    thresholds: thresholds,
                    expectedRunTime: runTime,
                    seed: seed,
                    effectName: "ks_distance",
                    admits: { _ in true }
                )
            )
        case .fisher:
            let question = question(parameters, windows)
            return .sequential(
                ColumnwiseOnlineTest(
                    columns: columns.map {
                        FisherReference(ones: $0.count { $0 > 0 }, of: $0.count, question: question)
                    },
                    windows: windows,
                    thresholds: thresholds,
                    expectedRunTime: runTime,
                    seed: seed,
                    effectName: "rate_shift",
                    admits: { $0 == 0 || $0 == 1 }
                )
            )
        }
    }

    private func question(_ parameters: Parameters, _ windows: WindowSizes) -> FisherReference.Question {
        FisherReference.Question(
            windows: windows,
            alternative: FisherExact.Alternative(rawValue: parameters.text("alternative")) ?? .twoSided,
            smoothing: parameters.number("lam")
        )
    }

    /// - Throws: `.nonFiniteValue`; for rates `.invalidConfiguration` for anything but 0 and 1, or a column of only one
    ///   of them, of which nothing can be simulated.
    private func requireUsable(_ rows: Tensor<Float>) throws(MethodError) {
        try rows.requireFinite(name)
        guard kind == .fisher else { return }
        let width = rows.elementsPerRow
        let values = rows.elements
        for column in 0..<width {
            let own = stride(from: column, to: values.count, by: width).lazy.map { values[$0] }
            if let bad = own.first(where: { $0 != 0 && $0 != 1 }) {
                throw MethodError(
                    .invalidConfiguration,
                    "\(name): column \(column) of the reference holds \(bad)",
                    remedy: "Give columns of 0 and 1, or use CVMDriftOnline"
                )
            }
            guard own.contains(0), own.contains(1) else {
                throw MethodError(
                    .neverFires,
                    "\(name): all values of column \(column) of the reference are \(values[column])",
                    remedy: "Leave the column out, or give a reference in which both values occur"
                )
            }
        }
    }
}
