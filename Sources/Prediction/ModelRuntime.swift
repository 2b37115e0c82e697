/// What opens model folders of one kind.
public protocol ModelRuntime: Sendable {
    /// The kind as `model.toml` names it: `kind = "onnx"`.
    var kind: String { get }
    /// What the V2 protocol calls the platform of such a model.
    var platform: String { get }

    /// Opens a model.
    ///
    /// - Throws: `PredictionError` by file and field. Nothing of the files is ever executed.
    func open(_ folder: ModelFolder) throws -> any Predictor
}

/// What asks models behind a URL.
public protocol ModelServerRuntime: Sendable {
    /// Makes a predictor that asks a server.
    ///
    /// - Parameters:
    ///   - name: The model's name in `models.toml`.
    ///   - version: The version to ask; nil leaves it to the server.
    ///   - url: The server's URL.
    ///   - entry: How to reach it.
    ///   - schema: What the model takes and gives, where somebody wrote it down.
    /// - Throws: `PredictionError` where the server has to be asked for a description and does not give one.
    func open(
        _ name: String,
        version: String?,
        url: String,
        entry: ModelMap.Entry,
        schema: ModelSchema?
    ) throws -> any Predictor
}
