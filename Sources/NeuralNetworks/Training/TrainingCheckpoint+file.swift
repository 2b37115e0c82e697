public import JSON
import Tensors

extension TrainingCheckpoint {
    private static let format = "vedette-checkpoint"
    /// The only version there is.
    private static let formatVersion = "1"

    /// Writes the checkpoint to a safetensors file, whole under another name first, so that a reader and a later run
    /// find the old one or the new one and never half of one.
    ///
    /// - Throws: `.invalidCheckpoint` when the file cannot be written.
    public func write(to path: String) throws(NeuralNetworkError) {
        let file = Safetensors(
            tensors: tensors.mapValues { AnyTensor($0) },
            metadata: ["format": Self.format, "format_version": Self.formatVersion, "state": state.text]
        )
        do {
            try file.write(to: path)
        } catch {
            throw NeuralNetworkError(
                .invalidCheckpoint,
                "\(path): \(error.message)",
                remedy: error.remedy,
                cause: error
            )
        }
    }

    /// Reads a checkpoint.
    ///
    /// - Throws: `.invalidCheckpoint` naming the file and the field that is missing or is something else.
    public init(path: String) throws(NeuralNetworkError) {
        let file: Safetensors
        do {
            file = try Safetensors.read(path: path)
        } catch {
            throw NeuralNetworkError(
                .invalidCheckpoint,
                "\(path): \(error.message)",
                remedy: error.remedy,
                cause: error
            )
        }
        guard file.metadata["format"] == Self.format else {
            throw Self.invalid("\(path): the file is no checkpoint of a training")
        }
        guard file.metadata["format_version"] == Self.formatVersion else {
            throw Self.invalid("\(path): format_version is \(file.metadata["format_version"] ?? "missing")")
        }
        guard let text = file.metadata["state"], let state = try? JSONValue(parsing: text) else {
            throw Self.invalid("\(path): state is no JSON text")
        }
        var tensors: [String: Tensor<Float>] = [:]
        for (name, tensor) in file.tensors {
            guard tensor.datatype == .float32, let floats = try? tensor.converted(to: Float.self) else {
                throw Self.invalid("\(path): the tensor \(name) is \(tensor.datatype.rawValue)")
            }
            tensors[name] = floats
        }
        try self.init(state, tensors: tensors, path: path)
    }

    private var state: JSONValue {
        [
            "identity": identity.json,
            "epochs": .array(epochs.map(\.json)),
            "best_epoch": .integer(Int64(bestEpoch)),
            "best_loss": bestLoss.isFinite ? .number(bestLoss) : .null,
            "steps": .integer(Int64(steps)),
            "batches": .integer(Int64(batches)),
            "first_loss": firstLoss.map { .number(Double($0)) } ?? .null,
            "plateau": [
                "best": plateau.best.isFinite ? .number(plateau.best) : .null,
                "waited": .integer(Int64(plateau.waited)),
                "factor": .number(plateau.factor),
            ],
        ]
    }

    private init(_ state: JSONValue, tensors: [String: Tensor<Float>], path: String) throws(NeuralNetworkError) {
        func need<Value>(_ value: Value?, _ field: String) throws(NeuralNetworkError) -> Value {
            guard let value else { throw Self.invalid("\(path): \(field) of its state is missing or something else") }
            return value
        }
        var epochs: [TrainingEpoch] = []
        for entry in try need(state["epochs"]?.array, "epochs") {
            epochs.append(try need(TrainingEpoch(json: entry), "epochs"))
        }
        let bestEpoch = try need(state["best_epoch"]?.int, "best_epoch")
        guard !epochs.isEmpty, epochs.map(\.number) == Array(1...epochs.count), 1...epochs.count ~= bestEpoch else {
            throw Self.invalid("\(path): its epochs are not numbered from 1, or the best is none of them")
        }
        func count(_ field: String) throws(NeuralNetworkError) -> Int {
            try need(state[field]?.int.flatMap { $0 >= 0 ? $0 : nil }, field)
        }
        self.init(
            identity: try need(TrainingIdentity(json: state["identity"]), "identity"),
            epochs: epochs,
            bestEpoch: bestEpoch,
            steps: try count("steps"),
            batches: try count("batches"),
            firstLoss: state["first_loss"]?.double.map(Float.init),
            plateau: ScheduleState.Plateau(
                best: state["plateau"]?["best"]?.double ?? .infinity,
                waited: try need(state["plateau"]?["waited"]?.int, "plateau"),
                factor: try need(state["plateau"]?["factor"]?.double, "plateau")
            ),
            bestLoss: state["best_loss"]?.double ?? .infinity,
            tensors: tensors
        )
    }
}

extension TrainingEpoch {
    /// The epoch as one object, as a training log and a checkpoint hold it.
    public var json: JSONValue {
        [
            "epoch": .integer(Int64(number)),
            "epochs": .integer(Int64(of)),
            "steps": .integer(Int64(steps)),
            "loss": .number(loss),
            "accuracy": accuracy.map { .number($0) } ?? .null,
            "validation_loss": validationLoss.map { .number($0) } ?? .null,
            "validation_accuracy": validationAccuracy.map { .number($0) } ?? .null,
            "learning_rate": .number(Double(learningRate)),
            "gradient_norm": .number(gradientNorm),
        ]
    }

    init?(json: JSONValue) {
        guard let number = json["epoch"]?.int, let of = json["epochs"]?.int, let steps = json["steps"]?.int,
            let loss = json["loss"]?.double, let rate = json["learning_rate"]?.double,
            let norm = json["gradient_norm"]?.double
        else { return nil }
        self.init(
            number: number,
            of: of,
            steps: steps,
            loss: loss,
            accuracy: json["accuracy"]?.double,
            validationLoss: json["validation_loss"]?.double,
            validationAccuracy: json["validation_accuracy"]?.double,
            learningRate: Float(rate),
            gradientNorm: norm
        )
    }
}
