public import Prediction

/// Opens networks of Vedette's own, the kind of every `model.toml` that names none.
public struct NativeRuntime: ModelRuntime {
    /// `native`.
    public let kind = ModelHeader.nativeKind
    /// `vedette_native`.
    public let platform = "vedette_native"

    /// Makes the runtime.
    public init() {}

    /// Reads the network and its weights.
    ///
    /// - Throws: `.notFound`; `.invalidDescription` and `.invalidModel` by file and field.
    public func open(_ folder: ModelFolder) throws -> any Predictor { try NativeModel.load(folder) }
}
