package import Foundation
package import NativeModels
import PerformanceMetrics
import Statistics
import Tensors

/// Prepares the demonstration: data, model, monitors, explainer, and the mesh that watches it.
///
/// Everything is written to one folder. What an earlier run has left there is used again when it is whole, so
/// `vedette up --demo digits` starts at once the second time.
package struct Demonstration: Sendable {
    /// What is ready to run.
    package struct Prepared: Sendable {
        package let mesh: DemoMesh
        package let meshFile: URL
        package let model: NativeModel
        package let split: DemoSplit
        /// The rows that are not the model's training rows, by the split's indices.
        package let rows: LabelledRows
        package let scale: ClosedRange<Float>
        package let settings: DemoSettings
        /// The monitors and the explainer that were fitted.
        package let recipes: [DemoMonitors.Recipe]
    }

    package let dataset: DatasetReference
    package let directory: URL
    package let firstPort: Int?
    /// Decides the split, the training, the fits and the traffic.
    package static let seed: UInt64 = 7

    /// - Parameter firstPort: The first of the mesh's ports; nil for each service's own.
    package init(dataset: DatasetReference, directory: URL, firstPort: Int? = nil) {
        self.dataset = dataset
        self.directory = directory
        self.firstPort = firstPort
    }

    private var name: String { dataset.modelName }
    private var modelFolder: String { directory.appendingPathComponent("models/\(name)").path }

    /// Trains and fits what is missing.
    ///
    /// - Throws: `CommandError` when the data set has no images or too few; what training and fitting throw.
    package func prepare() async throws -> Prepared {
        let data = try Dataset(dataset)
        guard let scale = data.scale else {
            throw CommandError.usage(
                "the demonstration needs images",
                remedy: "Use --demo digits or --demo cifar10:DIR"
            )
        }
        let ownTraining = try data.trainingRows()
        let rows = data.test?.rows ?? ownTraining
        let split = try DemoSplit(count: rows.labels.count, trains: data.test == nil, seed: Self.seed)
        for (purpose, indices) in split.parts { StandardError.write("\(indices.count) rows for \(purpose)\n") }
        if data.test != nil {
            StandardError.write("\(ownTraining.labels.count) rows of its own for training the model\n")
        }

        let settings = DemoSettings.suited(to: rows.rows.rowShape)
        let recipes = DemoMonitors.recipes(model: name, settings: settings)
        try makeFolders(for: recipes)
        let training = split.training.map(rows.selecting) ?? ownTraining
        let model = try train(on: training, classes: data.classes, scale: scale, settings)
        report(model, on: split.training == nil ? rows : rows.selecting(split.parts.dropFirst().flatMap(\.rows)))
        try fit(recipes, model: model, reference: rows.selecting(split.reference), training: training)

        let mesh = DemoMesh(model: name, firstPort: firstPort)
        try write("[\(name)]\npath = \"models/\(name)\"\n", to: "models.toml")
        try write(mesh.description.yaml(), to: "mesh.yaml")
        return Prepared(
            mesh: mesh,
            meshFile: directory.appendingPathComponent("mesh.yaml"),
            model: model,
            split: split,
            rows: rows,
            scale: scale,
            settings: settings,
            recipes: recipes
        )
    }

    private func makeFolders(for recipes: [DemoMonitors.Recipe]) throws {
        do {
            for folder in ["models", "state"] + recipes.map({ "monitors/\($0.service)" }) {
                try FileManager.default.createDirectory(
                    at: directory.appendingPathComponent(folder),
                    withIntermediateDirectories: true
                )
            }
        } catch {
            throw CommandError.unavailable("\(directory.path) cannot be written", remedy: "Choose another --directory")
        }
    }

    private func train(
        on training: LabelledRows,
        classes: [String],
        scale: ClosedRange<Float>,
        _ settings: DemoSettings
    ) throws -> NativeModel {
        if let model = try? NativeModel.load(folder: modelFolder) { return model }
        let classifier = ClassifierTraining.suited(
            to: training.rows.rowShape,
            scale: scale,
            name: name,
            architecture: settings.architecture,
            classes: classes,
            epochs: settings.epochs,
            seed: Self.seed
        )
        return try ModelTraining(classifier, scale: scale, dataset: "\(dataset)", folder: "\(modelFolder)/1")
            .train(training).model
    }

    private func report(_ model: NativeModel, on heldOut: LabelledRows) {
        guard let predictions = try? model.predict(heldOut.rows).largestIndices,
            let accuracy = try? ProportionInterval.wilson(
                successes: zip(predictions, heldOut.labels).filter { $0 == $1 }.count,
                trials: predictions.count,
                confidence: 0.95
            )
        else { return }
        let share = Double(zip(predictions, heldOut.labels).filter { $0 == $1 }.count) / Double(predictions.count)
        StandardError.write(
            "accuracy \(share.fixed(4)) on \(predictions.count) rows that the model has not seen "
                + "(95 % interval \(accuracy.lowerBound.fixed(3)) … \(accuracy.upperBound.fixed(3)))\n"
        )
    }

    private func fit(
        _ recipes: [DemoMonitors.Recipe],
        model: NativeModel,
        reference: LabelledRows,
        training: LabelledRows
    ) throws {
        for recipe in recipes {
            let folder = directory.appendingPathComponent("monitors/\(recipe.service)/\(recipe.name)").path
            let exists = ["manifest.json", "explainer.toml"].contains {
                FileManager.default.fileExists(atPath: "\(folder)/\($0)")
            }
            guard !exists else { continue }
            let fitted = try MonitorFitting(
                configuration: recipe.configuration,
                rows: reference.rows,
                model: model,
                modelTrainingRows: training.rows
            ).run(output: folder)
            let parts = fitted.split.map { "\($0.rows) rows for \($0.part)" }.joined(separator: ", ")
            if !parts.isEmpty { StandardError.write("\(recipe.name): \(parts)\n") }
        }
    }

    private func write(_ text: String, to name: String) throws {
        do {
            try text.write(to: directory.appendingPathComponent(name), atomically: true, encoding: .utf8)
        } catch {
            throw CommandError.unavailable("\(name) cannot be written", remedy: "Choose another --directory")
        }
    }
}
