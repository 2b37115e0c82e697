import JSON
import Methods
import NeuralNetworks
import Prediction
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `Preprocess steps` {
    let directory = TemporaryDirectory()

    /// Fits a monitor whose reference is kept as features, and loads it again.
    func fitted(_ preprocess: String, rows: Tensor<Float>, model: (any Predictor)? = nil) throws -> (
        FittedMonitor, FittedMonitor
    ) {
        let text = "name = \"WindowMean\"\nseed = 5\nsplit = \"none\"\n[preprocess]\n\(preprocess)"
        let folder = directory.file("monitor")
        let report = try Fitting.fit(
            MonitorConfiguration(parsing: text, catalog: RowMeanFactory.catalog),
            catalog: RowMeanFactory.catalog,
            rows: rows,
            model: model,
            output: folder
        )
        let artefact = try Artefact(reading: folder, catalog: RowMeanFactory.catalog)
        return (report.monitor, try RowMeanFactory.catalog.load(artefact, model: model))
    }

    static let learned = [
        "method = \"none\"", "method = \"standardise\"", "method = \"pca\"\nn_components = 2",
        "method = \"untrained-encoder\"\nenc_dim = 3", "method = \"autoencoder\"\nenc_dim = 2\nepochs = 3",
    ]

    @Test(arguments: learned)
    func `features are the same after saving and loading, and of each row alone`(preprocess: String) throws {
        let rows = `Monitor folder`.rows(60)
        let (fitted, loaded) = try fitted(preprocess, rows: rows)
        let features = try fitted.features(of: rows, from: .inputs)
        #expect(try loaded.features(of: rows, from: .inputs) == features)
        #expect(features.rows == 60)
        let one = try loaded.features(of: rows.rows(7..<8), from: .inputs)
        // A matrix product may sum in another order for one row.
        #expect(areClose(one.elements, features[row: 7].elements, absolute: 1e-5, relative: 1e-5))
        #expect(try loaded.features(of: rows.rows(0..<0), from: .inputs).rows == 0)
    }

    @Test func `standardised columns have mean 0 and variance 1, a constant one its own unit`() throws {
        var rows = `Monitor folder`.rows(60)
        for row in 0..<60 { rows[row * 4] = rows[row * 4] * 1000 + 5000 }
        for row in 0..<60 { rows[row * 4 + 1] = 3 }
        let features = try fitted("method = \"standardise\"", rows: rows).0.features(of: rows, from: .inputs)
        for column in [0, 2, 3] {
            let moments = Moments((0..<60).map { Double(features[$0 * 4 + column]) })
            #expect(abs(moments.mean) < 1e-4)  // single precision at 5,000
            #expect(abs(moments.standardDeviation - 1) < 1e-5)
        }
        #expect((0..<60).allSatisfy { features[$0 * 4 + 1] == 0 })
    }

    @Test func `principal components equal numpy's`() throws {
        let reference = try #require(ReferenceValues.read("preprocessing")["principalComponents"])
        let values = try #require(reference["rows"]?.array).compactMap(\.double)
        let expected = try #require(reference["features"]?.array).compactMap(\.double)
        let rows = Tensor<Float>(vector: values.map { Float($0) }).withShape([values.count / 5, 5])
        let features = try fitted("method = \"pca\"\nn_components = 3", rows: rows).0.features(of: rows, from: .inputs)
        // Features are computed in single precision from components found in double.
        #expect(areClose(features.elements.map(Double.init), expected, absolute: 2e-5))
    }

    @Test func `smaller images are numpy's means of areas`() throws {
        for entry in try #require(ReferenceValues.read("image_resize")["cases"]?.array) {
            let shape = try #require(entry["shape"]?.array).compactMap(\.int)
            let values = try #require(entry["image"]?.array).compactMap(\.double).map { Float($0) }
            let expected = try #require(entry["small"]?.array).compactMap(\.double)
            let (height, width) = (try #require(entry["height"]?.int), try #require(entry["width"]?.int))
            let image = try Tensor(shape: [1] + shape, elements: values)
            let keys = "method = \"image-resize\"\nheight = \(height)\nwidth = \(width)"
            let rows = try Tensor.concatenatingRows([image, image])
            let features = try fitted(keys, rows: rows).1.features(of: rows, from: .inputs)
            #expect(features.shape == [2, height, width, shape[2]])
            #expect(areClose(features.rows(1..<2).elements.map(Double.init), expected, absolute: 1e-6))
            #expect(throws: (any Error).self) {
                try fitted("method = \"image-resize\"\nheight = \(height)\nwidth = 11", rows: rows)
            }
        }
    }

    @Test func `rows of another width are refused by the step's name`() throws {
        for preprocess in Self.learned.dropFirst() {
            let monitor = try fitted(preprocess, rows: `Monitor folder`.rows(60)).1
            #expect(throws: (any Error).self) {
                try monitor.features(of: Tensor(shape: [2, 5], repeating: 0), from: .inputs)
            }
        }
    }

    @Test func `model outputs come from the model offline and from the response in a service`() throws {
        let model = Doubling()
        let rows = `Monitor folder`.rows(30)
        let (_, monitor) = try fitted("method = \"model-output\"", rows: rows, model: model)
        #expect(monitor.rowSource == .outputs)
        #expect(monitor.manifest.modelVersion == "7")
        #expect(try monitor.features(of: rows, from: .inputs) == rows.map { $0 * 2 })
        #expect(try monitor.features(of: rows, from: .outputs) == rows)

        let artefact = try Artefact(reading: directory.file("monitor"), catalog: RowMeanFactory.catalog)
        let service = try RowMeanFactory.catalog.load(artefact)
        #expect(try service.features(of: rows, from: .outputs) == rows)
        let error = try #require(throws: MethodError.self) { try service.features(of: rows, from: .inputs) }
        #expect(error.code == .modelRequired)
    }

    @Test func `a monitor of inputs refuses outputs`() throws {
        let rows = `Monitor folder`.rows(30)
        let monitor = try fitted("method = \"none\"", rows: rows).1
        #expect(throws: MethodError.self) { try monitor.features(of: rows, from: .outputs) }
    }

    @Test func `a trained code keeps more of the rows than an untrained one of its size could`() throws {
        // Rows on a plane in 6 dimensions: a code of 2 can keep all of it.
        var generator = SeededGenerator(seed: 3)
        let plane = (0..<2).map { _ in (0..<6).map { _ in Float(generator.normal()) } }
        let values = (0..<300).flatMap { _ -> [Float] in
            let (a, b) = (Float(generator.normal()), Float(generator.normal()))
            return (0..<6).map { a * plane[0][$0] + b * plane[1][$0] }
        }
        let rows = Tensor<Float>(vector: values).withShape([300, 6])
        let parameters = try MonitorConfiguration(
            parsing:
                "name = \"WindowMean\"\n[preprocess]\nmethod = \"autoencoder\"\nenc_dim = 2\nepochs = 150\nlearning_rate = 0.01",
            catalog: RowMeanFactory.catalog
        ).preprocess.parameters
        let autoencoder = try Autoencoder(
            AutoencoderSettings(parameters),
            trainedOn: rows,
            seed: 1,
            progress: { _, _ in }
        )
        let error = Moments(try autoencoder.squaredErrors(of: rows).elements.map(Double.init)).mean
        #expect(error < 0.05)  // of a variance of 1
        #expect(try autoencoder.code(of: rows).shape == [300, 2])
        let back = try autoencoder.reconstruction(of: rows)
        #expect(back.shape == rows.shape)
    }

    @Test func `images go through convolutions and come back in their shape`() throws {
        var generator = SeededGenerator(seed: 3)
        let rows = Tensor<Float>(vector: (0..<20 * 64).map { _ in Float(generator.uniform() * 16) }).withShape([
            20, 8, 8, 1,
        ])
        let parameters = try MonitorConfiguration(
            parsing: "name = \"WindowMean\"\n[preprocess]\nmethod = \"autoencoder\"\nenc_dim = 4\nepochs = 2",
            catalog: RowMeanFactory.catalog
        ).preprocess.parameters
        let autoencoder = try Autoencoder(
            AutoencoderSettings(parameters),
            trainedOn: rows,
            seed: 1,
            progress: { _, _ in }
        )
        #expect(autoencoder.weights.keys.contains { $0.hasPrefix("convolution1") })
        #expect(try autoencoder.reconstruction(of: rows).shape == [20, 8, 8, 1])
        #expect(try autoencoder.code(of: rows).shape == [20, 4])
        // A sender that flattens its images is asked about the same rows.
        #expect(try autoencoder.code(of: rows.withShape([20, 64])) == autoencoder.code(of: rows))
    }
}

/// A model that doubles its inputs.
private struct Doubling: Predictor {
    let model = ModelDescription(name: "doubling", version: "7", inputs: [], outputs: [])
    func predict(_ batch: Tensor<Float>) -> Tensor<Float> { batch.map { $0 * 2 } }
}
