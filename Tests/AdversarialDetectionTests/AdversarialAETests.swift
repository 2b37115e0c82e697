import AdversarialDetection
import Methods
import NativeModels
import Prediction
import Statistics
import Tensors
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct `Adversarial autoencoder` {
    static let catalog = MethodCatalog(AdversarialDetection.factories)

    static func fitted(
        _ classifier: Classifier,
        _ keys: String = "p_val = 0.05",
        in directory: TemporaryDirectory = TemporaryDirectory()
    ) throws -> any InstanceScorer {
        let configuration = try MonitorConfiguration(
            parsing:
                "name = \"AdversarialAE\"\nenc_dim = 2\nhidden = [24]\nepochs = 60\nlearning_rate = 0.005\nseed = 4\n"
                + keys,
            catalog: catalog
        )
        let report = try Fitting.fit(
            configuration,
            catalog: catalog,
            rows: Classifier.rows(700, seed: 11).rows,
            model: classifier.model,
            output: directory.file("monitor")
        )
        guard case .instance(let scorer) = report.monitor.method else { throw CancellationError() }
        return scorer
    }

    @Test func `flags clean rows at no more than the promised rate, and attacked ones far more often`() throws {
        let classifier = try Classifier()
        let scorer = try Self.fitted(classifier)
        let (rows, labels) = Classifier.rows(400, seed: 12)
        let clean = try scorer.score(rows).isOutlier.count { $0 }
        // 280 calibration rows are one draw: Beta(14, 267) reaches 0.12 at 99.99 %, Binomial(400, 0.12) 75.
        #expect(clean <= 75)
        var generator = SeededGenerator(seed: 5)
        let attacked = try Attack.projectedGradient(epsilon: 0.9, range: -10...10)
            .attacked(rows, labels: labels, model: classifier.model, using: &generator)
        let caught = try scorer.score(attacked).isOutlier.count { $0 }
        #expect(caught > 3 * clean && caught > 100, "\(caught) attacked and \(clean) clean rows of 400")
    }

    @Test func `the score is the divergence between the answers to row and reproduction`() throws {
        let classifier = try Classifier()
        let directory = TemporaryDirectory()
        let scorer = try Self.fitted(classifier, "p_val = 0.05\ntemperature = 2", in: directory)
        let rows = Classifier.rows(6, seed: 13).rows
        let artefact = try Artefact(reading: directory.file("monitor"), catalog: Self.catalog)
        let autoencoder = try Autoencoder(
            AutoencoderSettings(artefact.configuration.parameters),
            rowShape: [12],
            weights: artefact.weights("autoencoder")
        )
        let p = try classifier.model.predict(rows)
        let q = try classifier.model.predict(autoencoder.reconstruction(of: rows))
        let scores = try scorer.score(rows).scores
        for row in 0..<6 {
            // With two classes and T = 2 by hand: p^(1/2) over its sum.
            let roots = [p, q].map { t in (0..<2).map { max(Double(t[row * 2 + $0]), 1e-7).squareRoot() } }
            let (a, b) = (
                roots[0].map { $0 / (roots[0][0] + roots[0][1]) }, roots[1].map { $0 / (roots[1][0] + roots[1][1]) }
            )
            let expected = a[0] * log(a[0] / b[0]) + a[1] * log(a[1] / b[1])
            #expect(isClose(scores[row], expected, absolute: 1e-12, relative: 1e-9))
        }
    }

    @Test func `the same numbers after each load`() throws {
        let classifier = try Classifier()
        let directory = TemporaryDirectory()
        let scorer = try Self.fitted(classifier, in: directory)
        let rows = Classifier.rows(30, seed: 14).rows
        let monitor = try Self.catalog.load(
            Artefact(reading: directory.file("monitor"), catalog: Self.catalog),
            model: classifier.model
        )
        guard case .instance(let loaded) = monitor.method else { throw CancellationError() }
        #expect(try loaded.score(rows) == scorer.score(rows))
        #expect(loaded.threshold == scorer.threshold)
        #expect(monitor.manifest.modelVersion == "3")
    }

    @Test func `corrects flagged rows and leaves the others`() throws {
        let classifier = try Classifier()
        let scorer = try Self.fitted(classifier, "p_val = 0.05\ncorrect = true")
        let (rows, labels) = Classifier.rows(200, seed: 15)
        var generator = SeededGenerator(seed: 6)
        let attacked = try Attack.projectedGradient(epsilon: 0.9, range: -10...10)
            .attacked(rows, labels: labels, model: classifier.model, using: &generator)
        let result = try scorer.score(attacked)
        let corrected = try #require(result.corrected)
        #expect(corrected.count == 200)
        let answers = try classifier.model.predict(attacked)
        for row in 0..<200 where !result.isOutlier[row] {
            #expect(corrected[row] == (answers[row * 2 + 1] > answers[row * 2] ? 1 : 0))
        }
        #expect(try Self.fitted(classifier).score(rows).corrected == nil)
    }

    @Test func `is refused without a model, or without gradients to train through`() throws {
        let configuration = try MonitorConfiguration(parsing: "name = \"AdversarialAE\"", catalog: Self.catalog)
        let rows = Classifier.rows(400, seed: 11).rows
        for model in [nil, Opaque()] as [(any Predictor)?] {
            let error = try #require(throws: MethodError.self) {
                try Fitting.fit(
                    configuration,
                    catalog: Self.catalog,
                    rows: rows,
                    model: model,
                    output: TemporaryDirectory().file("m")
                )
            }
            #expect(error.code == .modelRequired)
        }
    }

    @Test func `a row with missing values cannot be scored`() throws {
        let scorer = try Self.fitted(try Classifier())
        var rows = Classifier.rows(3, seed: 4).rows
        rows[13] = .nan
        let result = try scorer.score(rows)
        #expect(result.scores[1].isNaN && !result.isOutlier[1] && result.scores[0].isFinite)
        #expect(try scorer.score(rows.rows(0..<0)).scores.isEmpty)
    }
}

/// A model that can only be asked.
private struct Opaque: Predictor {
    let model = ModelDescription(name: "opaque", version: "1", inputs: [], outputs: [])
    func predict(_ batch: Tensor<Float>) -> Tensor<Float> { Tensor(shape: [batch.rows, 2], repeating: 0.5) }
}
