import FoundationEssentials
import NeuralNetworks
public import Prediction
public import Tensors

extension NativeModel {
    private static let weightsName = "weights.safetensors"
    /// What a safetensors file may hold beside the weights: its header.
    private static let largestHeader = 1 << 20

    /// Reads a model from a version folder of `model.toml`, `schema.toml` and `weights.safetensors`, or from a model
    /// folder of such folders with numbers for names, of which the largest is taken.
    ///
    /// - Parameter place: Where the copy of the weights lies.
    /// - Throws: `.notFound`; `.invalidDescription` and `.invalidModel` by file and field. Nothing of the files is ever
    ///   executed, and sizes are checked before memory is taken.
    public static func load(
        folder: String,
        weights place: SnapshotPlace = .memory
    ) throws(PredictionError) -> NativeModel {
        try load(ModelFolder(folder), weights: place)
    }

    /// Reads a model from its folder.
    ///
    /// The weights are read where they lie in a private copy of their file, so a file that is replaced, overwritten or cut
    /// short later harms nobody; a tensor that does not stand at a multiple of 4 bytes is copied once more. Models of the
    /// same layers and the same weights share a network, opened from wherever.
    ///
    /// - Parameter place: Where the copy of the weights lies.
    /// - Throws: `.unsupportedKind` for a model of another kind; `.notFound`; `.invalidDescription` and `.invalidModel`
    ///   by file and field.
    public static func load(
        _ folder: ModelFolder,
        weights place: SnapshotPlace = .memory
    ) throws(PredictionError) -> NativeModel {
        let modelPath = "\(folder.path)/\(ModelFolder.modelFileName)"
        guard folder.header.kind == ModelHeader.nativeKind else {
            throw PredictionError(
                .unsupportedKind,
                "\(modelPath): the kind is \(folder.header.kind), and this needs a network of Vedette's own",
                remedy: "Give a native model, as vedette train writes it"
            )
        }
        let file = try ModelFile(reading: folder.modelFile())
        let schema = try folder.schema()
        let weightsPath = "\(folder.path)/\(weightsName)"
        do {
            let network = try OpenNetworks.shared.network(
                inputShape: file.inputShape,
                layers: file.layers,
                weights: weights(path: weightsPath, size: folder.size(of: weightsName), place)
            )
            return try NativeModel(folder.description(schema), network: network, training: file.training)
        } catch let error as NeuralNetworkError {
            let file = error.code == .invalidWeights ? weightsPath : modelPath
            throw PredictionError(.invalidModel, "\(file): \(error.message)", remedy: error.remedy, cause: error)
        } catch let error as PredictionError {
            var error = error
            if error.code == .invalidModel, !error.message.hasPrefix(folder.path) {
                error.message = "\(modelPath): \(error.message)"
            }
            throw error
        } catch {
            throw PredictionError(
                .invalidModel,
                "\(weightsPath): \((error as? TensorError)?.message ?? "\(error)")",
                remedy: (error as? TensorError)?.remedy ?? "Save the model again",
                cause: error
            )
        }
    }

    /// Writes the model as a version folder, made when it is missing; files of the same names are replaced.
    ///
    /// Each file is written whole under another name first, and `model.toml` last, so that a reader never finds half a
    /// model in a folder that was empty.
    ///
    /// - Throws: `.invalidModel` when a file cannot be written.
    public func save(folder: String) throws(PredictionError) {
        let file = ModelFile(
            header: ModelHeader(name: model.name, version: model.version),
            inputShape: network.inputShape,
            layers: network.layers,
            training: training
        )
        let schema = ModelSchema(inputs: model.inputs, outputs: model.outputs)
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let weights = Safetensors(
                tensors: network.weights.mapValues { AnyTensor($0) },
                metadata: ["format": "vedette", "model": model.name, "version": model.version]
            )
            try Data(weights.bytes()).write(to: URL(filePath: "\(folder)/\(Self.weightsName)"), options: .atomic)
            try Data(schema.text.utf8).write(
                to: URL(filePath: "\(folder)/\(ModelFolder.schemaFileName)"),
                options: .atomic
            )
            try Data(file.text.utf8).write(
                to: URL(filePath: "\(folder)/\(ModelFolder.modelFileName)"),
                options: .atomic
            )
        } catch {
            throw PredictionError(
                .invalidModel,
                "the model cannot be written to \(folder): \(error)",
                remedy: "Check that the folder can be written and the disk has room",
                cause: error
            )
        }
    }

    private static func weights(
        path: String,
        size: Int?,
        _ place: SnapshotPlace
    ) throws -> [String: Tensor<Float>] {
        guard let size else {
            throw PredictionError(
                .notFound,
                "\(path) is not there",
                remedy: "Save the model again, with all three files"
            )
        }
        guard size <= Network.mostWeightBytes + largestHeader else {
            throw PredictionError(
                .invalidModel,
                "\(path) has \(size) bytes",
                remedy: "Give the weights of this model, at most \(Network.mostWeightBytes) bytes"
            )
        }
        var weights: [String: Tensor<Float>] = [:]
        for (name, tensor) in try Safetensors.snapshot(path: path, to: place).tensors {
            guard tensor.datatype == .float32 else {
                throw PredictionError(
                    .invalidModel,
                    "\(path): the weight \(name) is \(tensor.datatype.rawValue)",
                    remedy: "Save the weights as FP32"
                )
            }
            weights[name] = try tensor.converted(to: Float.self)
        }
        return weights
    }
}
