import AdversarialDetection
import CloudEvents
import DriftDetection
import Foundation
import Methods
import NativeModels
import NeuralNetworks
import OpenInference
import OutlierDetection
import Prediction
import Statistics
import Synchronization
import Tensors
import TestSupport

/// A small classifier, a fitted monitor of each kind, and traffic that is clean first and then is not.
struct DetectorFixture: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case drift, outlier, adversarial

        var executable: String { "\(rawValue)-detector" }
    }

    let directory = TemporaryDirectory()

    /// A fixture of a kind with a folder of its own; what it is made of is trained and fitted once a kind.
    init(_ kind: Kind) throws {
        let original = try Self.originals.withLock { originals in
            if let original = originals[kind] { return original }
            let original = try DetectorFixture(training: kind)
            originals[kind] = original
            return original
        }
        for folder in ["blobs", "monitors"] {
            try FileManager.default.copyItem(
                atPath: original.directory.file(folder),
                toPath: directory.file(folder)
            )
        }
        directory.write(Array("[blobs]\npath = \"\(directory.file("blobs"))\"\n".utf8), to: "models.toml")
    }

    private static let originals = Mutex<[Kind: DetectorFixture]>([:])

    /// Trains the model and fits one monitor of a kind, as `vedette train` and `vedette fit` do.
    private init(training kind: Kind) throws {
        var generator = SeededGenerator(seed: 1)
        let rows = Self.rows(240, shifted: false, using: &generator)
        let labels = (0..<240).map { rows[row: $0].elements[0] > 0 ? 1 : 0 }
        let training = ClassifierTraining(
            name: "blobs",
            architecture: .mlp,
            classes: ["low", "high"],
            epochs: 5,
            seed: 2
        )
        let model = try training.train(rows, labels: labels).model
        try model.save(folder: directory.file("blobs/1"))
        try fit(kind, name: "watch", rows: Self.rows(400, shifted: false, using: &generator), model: model)
    }

    func fit(
        _ kind: Kind,
        name: String,
        rows: Tensor<Float>,
        model: NativeModel,
        into folder: String = "monitors",
        method given: String? = nil,
        window: String = "{ size = 20, every = 10 }"
    ) throws {
        let method =
            switch kind {
            case .drift: "name = \"KSDrift\""
            case .outlier: "name = \"OutlierAE\"\np_val = 0.02\nepochs = 5\nenc_dim = 2\nhidden = [8]"
            case .adversarial: "name = \"AdversarialAE\"\np_val = 0.02\nepochs = 5\nenc_dim = 2\nhidden = [8]"
            }
        let text = """
            \(given ?? method)
            seed = 3
            [monitor]
            model = "blobs"
            event = "request"
            window = \(window)
            [alert]
            budget = "1 per 1m"
            """
        let catalog = MethodCatalog(
            DriftDetection.factories + OutlierDetection.factories + AdversarialDetection.factories
        )
        let configuration = try MonitorConfiguration(parsing: text, catalog: catalog)
        try FileManager.default.createDirectory(atPath: directory.file(folder), withIntermediateDirectories: true)
        _ = try Fitting.fit(
            configuration,
            catalog: catalog,
            rows: rows,
            model: model,
            output: directory.file("\(folder)/\(name)")
        )
    }

    /// Fits another drift monitor, with a reference of 2,000 rows.
    func fitLarge(name: String) throws {
        var generator = SeededGenerator(seed: 200)
        let model = try NativeModel.load(folder: directory.file("blobs"))
        try fit(.drift, name: name, rows: Self.rows(2_000, shifted: false, using: &generator), model: model)
    }

    /// Monitors of drift whose windows close in every way there is, beside the one that is there: of a joint test with
    /// permutations, sliding, by time, by event time, and with little patience for late rows.
    ///
    /// - Parameter scale: Times are as many times five and six seconds.
    func fitVariety(scale: Int = 1) throws {
        var generator = SeededGenerator(seed: 300)
        let model = try NativeModel.load(folder: directory.file("blobs"))
        let rows = Self.rows(120, shifted: false, using: &generator)
        let mmd = "name = \"MMDDrift\"\nn_permutations = 40\nmax_permutations = 400"
        for (name, method, window) in [
            ("mmd", mmd, "{ size = 30, every = 15, lateness = \"\(5 * scale)s\" }"),
            ("sliding", nil, "{ size = 20, every = 3, lateness = \"\(5 * scale)s\" }"),
            ("timed", nil, "{ size = 1000, at_most = \"\(6 * scale)s\", min_size = 3, lateness = \"\(5 * scale)s\" }"),
            ("ordered", nil, "{ size = 20, lateness = \"\(5 * scale)s\", order = \"time\" }"),
            (
                "ordered-timed", nil,
                "{ size = 30, at_most = \"\(6 * scale)s\", min_size = 3, lateness = \"\(5 * scale)s\", order = \"time\" }"
            ),
        ] as [(String, String?, String)] {
            try fit(.drift, name: name, rows: rows, model: model, method: method, window: window)
        }
    }

    /// Fits another monitor of a kind outside the watched folder, with a reference of its own, and archives it.
    func archive(_ kind: Kind, edition: UInt64) throws -> [UInt8] {
        let name = "edition-\(edition)"
        if !FileManager.default.fileExists(atPath: directory.file("editions/\(name)")) {
            var generator = SeededGenerator(seed: 100 + edition)
            let model = try NativeModel.load(folder: directory.file("blobs"))
            let rows = Self.rows(400, shifted: false, using: &generator)
            try fit(kind, name: name, rows: rows, model: model, into: "editions")
        }
        return try TarCommand.archive(directory.file("editions"), name)
    }

    /// Where the monitors are.
    var monitors: String { directory.file("monitors") }
    /// The map of models.
    var models: String { directory.file("models.toml") }

    static func rows(_ count: Int, shifted: Bool, using generator: inout SeededGenerator) -> Tensor<Float> {
        Tensor(shape: [count, 4]) { target in
            for index in 0..<count * 4 {
                target.initializeElement(at: index, to: Float(generator.normal()) + (shifted ? 3 : 0))
            }
        }
    }

    /// Requests with one to three rows each, a second apart, to endpoints in turn.
    static func traffic(
        _ count: Int,
        shiftedFrom shift: Int,
        every gap: Double = 1,
        endpoints: Int = 1
    ) throws -> [CloudEvent] {
        var generator = SeededGenerator(seed: 9)
        return try (0..<count).map { index in
            let rows = rows(1 + generator.index(below: 3), shifted: index >= shift, using: &generator)
            return try CloudEvent(
                id: "event-\(index)",
                source: "/vedette/default/tap",
                type: EventType.inferenceRequest,
                time: Timestamp(nanoseconds: 1_700_000_000_000_000_000 + Int64(Double(index) * gap * 1e9)),
                dataContentType: "application/json",
                extensions: [
                    "requestid": .string("r\(index)"), "model": "blobs", "modelversion": "1",
                    "endpoint": endpoints > 1 ? .string("e\(index % endpoints)") : "default",
                ],
                data: try InferenceRequest(inputs: [NamedTensor(name: "features", rows)]).encoded()
            )
        }
    }
}
