public import Prediction
import TOML

/// Opens models of the kind `onnx`: graphs that ONNX Runtime's shared library runs.
///
/// The library is opened with the first model and not before. It is told to use float32 and nothing less, no more
/// threads than are set, and never a library of operators of somebody's own: a model is data.
///
/// `model.toml` has, beside the keys of every kind: `file` (`"model.onnx"`), the name of the graph's file in the folder;
/// `threads`, how many one call may use; and `activation` (`"none"`), which makes `"softmax"` or `"sigmoid"` of what the
/// graph gives, for graphs that were exported without it.
public struct ONNXRuntime: ModelRuntime {
    /// `onnx`.
    public let kind = "onnx"
    /// `onnxruntime_onnx`, as other servers of the V2 protocol call it.
    public let platform = "onnxruntime_onnx"
    private let library: String?
    private let threads: Int

    /// Makes the runtime.
    ///
    /// - Parameters:
    ///   - library: The path of `libonnxruntime.so`, or of a folder or Python environment that holds it; nil looks for
    ///     it in the PyPI wheel `onnxruntime` of the Pythons of this machine and among the system's libraries.
    ///   - threads: How many threads a call may use where `model.toml` says nothing, the caller's own included.
    public init(library: String? = nil, threads: Int = 1) {
        self.library = library
        self.threads = threads
    }

    /// Loads the graph and compares it with `schema.toml`; without one its inputs and outputs are described as the
    /// graph declares them.
    ///
    /// - Throws: `.runtimeMissing`; `.invalidDescription` and `.invalidModel` by file and field, with the runtime's own
    ///   words where it refuses the graph.
    public func open(_ folder: ModelFolder) throws -> any Predictor {
        let table = try folder.modelFile()
        let name = try table.text("file", default: "model.onnx")
        guard !name.isEmpty, !name.contains("/"), name != "..", name != "." else {
            throw table.invalid("file", "is \(name)", remedy: "Name a file of the model's own folder, without a path")
        }
        let threads = try table.integer("threads", in: 1...256, default: threads)
        let activation: GraphActivation = try table.choice("activation", default: GraphActivation.none)
        try table.finish()

        let path = "\(folder.path)/\(name)"
        try GraphFile(path: path, folder: folder.path).check()
        let library = try RuntimeLibrary.shared(library)
        let session: GraphSession
        do throws(RuntimeFailure) {
            session = try GraphSession(path: path, library: library, threads: threads)
        } catch {
            throw PredictionError(
                .invalidModel,
                "\(path): ONNX Runtime \(library.version) refuses it: \(error.message)",
                remedy: "Export it again for this version, with operators of ONNX and of ai.onnx.ml alone",
                cause: error
            )
        }
        let schema = try folder.optionalSchema() ?? GraphSchema(session, path: path).schema()
        return try ONNXModel(
            folder.description(schema),
            session: session,
            activation: activation,
            path: path
        )
    }
}

/// What is made of a graph's outputs.
enum GraphActivation: String, Sendable, CaseIterable {
    case none, softmax, sigmoid
}
