import FoundationEssentials
import NeuralNetworks
public import Prediction
import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension NativeModel {
    private static let schemaName = "schema.toml"
    private static let weightsName = "weights.safetensors"
    /// A description is text of a few kilobytes; nothing larger is read.
    private static let largestText = 1 << 20
    /// What a safetensors file may hold beside the weights: its header.
    private static let largestHeader = 1 << 20

    /// Reads a model from a version folder of `model.toml`, `schema.toml` and `weights.safetensors`, or from a model
    /// folder of such folders with numbers for names, of which the largest is taken.
    ///
    /// - Throws: `.notFound`; `.invalidDescription` and `.invalidModel` by file and field. Nothing of the files is ever
    ///   executed, and sizes are checked before memory is taken.
    public static func load(folder: String) throws(PredictionError) -> NativeModel {
        let folder = try versionFolder(folder)
        let place = "\(folder)/\(ModelFile.name)"
        let file = try ModelFile(parsing: text(of: ModelFile.name, in: folder), file: place)
        let schema = try ModelSchema(parsing: text(of: schemaName, in: folder), file: "\(folder)/\(schemaName)")
        let weightsPath = "\(folder)/\(weightsName)"
        do {
            let network = try Network(
                inputShape: file.inputShape,
                layers: file.layers,
                weights: weights(path: weightsPath)
            )
            let description = ModelDescription(
                name: file.modelName,
                version: file.version,
                inputs: schema.inputs,
                outputs: schema.outputs
            )
            return try NativeModel(description, network: network, training: file.training)
        } catch let error as NeuralNetworkError {
            let file = error.code == .invalidWeights ? weightsPath : place
            throw PredictionError(.invalidModel, "\(file): \(error.message)", remedy: error.remedy, cause: error)
        } catch let error as PredictionError {
            var error = error
            if error.code == .invalidModel, !error.message.hasPrefix(folder) {
                error.message = "\(place): \(error.message)"
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
            modelName: model.name,
            version: model.version,
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
            try Data(schema.text.utf8).write(to: URL(filePath: "\(folder)/\(Self.schemaName)"), options: .atomic)
            try Data(file.text.utf8).write(to: URL(filePath: "\(folder)/\(ModelFile.name)"), options: .atomic)
        } catch {
            throw PredictionError(
                .invalidModel,
                "the model cannot be written to \(folder): \(error)",
                remedy: "Check that the folder can be written and the disk has room",
                cause: error
            )
        }
    }

    /// The folder itself when it holds a model, else its subfolder with the largest number.
    private static func versionFolder(_ folder: String) throws(PredictionError) -> String {
        if FileManager.default.fileExists(atPath: "\(folder)/\(ModelFile.name)") { return folder }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let versions = names.filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)/\(ModelFile.name)") }
        guard let newest = versions.compactMap({ UInt64($0) }).max() else {
            throw PredictionError(
                .notFound,
                "\(folder) holds neither \(ModelFile.name) nor a numbered folder with one",
                remedy: "Give a model folder <model> or <model>/<version>"
            )
        }
        // A name such as "007" is its own folder: find the one that was read, not the one that would be printed.
        let name = versions.first { UInt64($0) == newest } ?? "\(newest)"
        return "\(folder)/\(name)"
    }

    private static func text(of name: String, in folder: String) throws(PredictionError) -> String {
        let path = "\(folder)/\(name)"
        guard let size = size(of: path) else {
            throw PredictionError(
                .notFound,
                "\(path) is not there",
                remedy: "Save the model again, with all three files"
            )
        }
        guard size <= largestText, let data = FileManager.default.contents(atPath: path),
            let text = String(validating: data, as: UTF8.self)
        else {
            throw PredictionError(
                .invalidDescription,
                "\(path) is no text of up to \(largestText) bytes",
                remedy: "Give a TOML file in UTF-8"
            )
        }
        return text
    }

    private static func weights(path: String) throws -> [String: Tensor<Float>] {
        guard let size = size(of: path) else {
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
        for (name, tensor) in try Safetensors.read(path: path).tensors {
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

    /// Asked of the system itself: a process with all of Foundation in it gets attributes of other types.
    private static func size(of path: String) -> Int? {
        var attributes = stat()
        return stat(path, &attributes) == 0 ? Int(attributes.st_size) : nil
    }
}
