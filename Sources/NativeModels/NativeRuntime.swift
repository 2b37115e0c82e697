public import Prediction
public import Tensors

/// Opens networks of Vedette's own, the kind of every `model.toml` that names none.
public struct NativeRuntime: ModelRuntime {
    /// `native`.
    public let kind = ModelHeader.nativeKind
    /// `vedette_native`.
    public let platform = "vedette_native"
    private let weights: SnapshotPlace

    /// Makes the runtime.
    ///
    /// - Parameter weights: Where the copies lie of the weights of models that are open.
    public init(weights: SnapshotPlace = .memory) { self.weights = weights }

    /// Makes the runtime of a service, which keeps such copies in its state directory.
    public init(stateDirectory: String) { self.init(weights: .folder(stateDirectory)) }

    /// Reads the network and its weights.
    ///
    /// - Throws: `.notFound`; `.invalidDescription` and `.invalidModel` by file and field.
    public func open(_ folder: ModelFolder) throws -> any Predictor { try NativeModel.load(folder, weights: weights) }
}
