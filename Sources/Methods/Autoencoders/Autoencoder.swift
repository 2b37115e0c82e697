package import NeuralNetworks
import Statistics
package import Tensors

/// A network that learned to reproduce rows through a narrow code: what it cannot reproduce is unlike what it saw.
package struct Autoencoder: Sendable {
    /// The unit in which the network sees rows.
    package let scaling: Scaling
    /// The shape of one row.
    package let rowShape: [Int]
    private let network: Network
    private let codeLayer: String

    /// Trains an autoencoder.
    ///
    /// - Parameters:
    ///   - rows: Shape `[n, …]`, finite.
    ///   - objective: What to make small, in the network's unit, from the scaling and the rows; the mean squared
    ///     difference between rows and reproductions where it is not given.
    ///   - targets: What the objective compares with, one row each; nil where it needs nothing.
    ///   - seed: Starting weights and the order of rows.
    /// - Throws: `NeuralNetworkError`, or what a model that the objective asks throws.
    package init(
        _ settings: AutoencoderSettings,
        trainedOn rows: Tensor<Float>,
        objective: (Scaling) -> Objective = { _ in .reconstruction },
        targets: Tensor<Float>? = nil,
        seed: UInt64,
        progress: FittingProgress
    ) throws {
        let scaling = Scaling(fittedTo: rows)
        let scaled = scaling.scaled(rows)
        let (layers, codeLayer) = try settings.layers(rows.rowShape)
        var generator = SeededGenerator(seed: seed).split(stream: 1)
        let start = try Network(inputShape: rows.rowShape, layers: layers, using: &generator)

        var trainer = Trainer()
        trainer.epochs = settings.epochs
        trainer.batchSize = settings.batchSize
        trainer.optimiser = .adam(learningRate: settings.learningRate)
        trainer.schedule = .cosine()
        trainer.seed = seed
        let examples = try targets.map { try TrainingExamples(inputs: scaled, targets: $0) }
        let trained = try trainer.train(
            start,
            on: examples ?? TrainingExamples(inputs: scaled),
            objective: objective(scaling)
        ) { epoch in progress("training the autoencoder", Double(epoch.number) / Double(epoch.of)) }
        self.scaling = scaling
        rowShape = rows.rowShape
        network = trained.network
        self.codeLayer = codeLayer
    }

    /// Restores an autoencoder from its weights, which stay where the tensors are.
    ///
    /// - Parameter file: The file of the artefact that the weights are from, for messages.
    /// - Throws: `.invalidArtefact` naming the file and the weight that is missing or does not fit.
    package init(
        _ settings: AutoencoderSettings,
        rowShape: [Int],
        weights: [String: AnyTensor],
        file: String = "autoencoder.safetensors"
    ) throws {
        var floats: [String: Tensor<Float>] = [:]
        for (name, tensor) in weights { floats[name] = try tensor.converted(to: Float.self) }
        guard let offset = floats.removeValue(forKey: Self.offsetName)?.elements,
            let scale = floats.removeValue(forKey: Self.scaleName)?.elements
        else { throw MethodError.artefact(file, "\(Self.offsetName) or \(Self.scaleName) is missing") }
        do {
            scaling = try Scaling(offset: offset, scale: scale, rowSize: rowShape.reduce(1, *))
        } catch {
            throw MethodError.artefact(file, error.message, cause: error)
        }
        let (layers, codeLayer) = try settings.layers(rowShape)
        do {
            network = try Network(inputShape: rowShape, layers: layers, weights: floats)
        } catch {
            throw MethodError.artefact(file, "\(error)", cause: error)
        }
        self.rowShape = rowShape
        self.codeLayer = codeLayer
    }

    private static let offsetName = "scaling.offset"
    private static let scaleName = "scaling.scale"

    /// The weights by name, those of the scaling included.
    package var weights: [String: AnyTensor] {
        var weights = network.weights.mapValues { AnyTensor($0) }
        weights[Self.offsetName] = AnyTensor(Tensor(vector: scaling.offset))
        weights[Self.scaleName] = AnyTensor(Tensor(vector: scaling.scale))
        return weights
    }

    /// Returns the code of each row, shape `[n, code]`.
    ///
    /// - Throws: `.shapeMismatch`.
    package func code(of rows: Tensor<Float>) throws -> Tensor<Float> {
        try network.activations(of: codeLayer, at: scaling.scaled(checked(rows)))
    }

    /// Returns each row as the network reproduces it, in the unit and shape of `rows`.
    ///
    /// - Throws: `.shapeMismatch`.
    package func reconstruction(of rows: Tensor<Float>) throws -> Tensor<Float> {
        scaling.unscaled(try network(scaling.scaled(checked(rows)))).withShape(rows.shape)
    }

    /// Returns the squared difference between each value and its reproduction, in the network's unit (an error of 1 is
    /// one standard deviation of the training rows), in the shape of `rows`.
    ///
    /// - Throws: `.shapeMismatch`.
    package func squaredErrors(of rows: Tensor<Float>) throws -> Tensor<Float> {
        let scaled = scaling.scaled(try checked(rows))
        let reproduced = try network(scaled)
        return scaled.withUnsafeBufferPointer { values in
            reproduced.withUnsafeBufferPointer { reproductions in
                Tensor(shape: rows.shape) { target in
                    for index in values.indices {
                        let difference = values[index] - reproductions[index]
                        target.initializeElement(at: index, to: difference * difference)
                    }
                }
            }
        }
    }

    private func checked(_ rows: Tensor<Float>) throws(MethodError) -> Tensor<Float> {
        let size = rowShape.reduce(1, *)
        guard rows.rows == 0 || rows.elementsPerRow == size else {
            throw .width(rows.elementsPerRow, expected: size, "autoencoder")
        }
        return rows
    }
}

extension Autoencoder: Preprocessor {
    /// The code, as features for a drift test.
    package func features(of rows: Tensor<Float>) throws -> Tensor<Float> { try code(of: rows) }
}
