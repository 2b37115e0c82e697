/// The protocol in which a model is asked, and therefore the way in which the bodies of its calls are written.
///
/// Events of ours carry it as the extension `dialect`.
public enum PayloadDialect: String, Sendable, Hashable, Codable, CaseIterable {
    /// The Open Inference Protocol, version 2: JSON, binary tensors and gRPC.
    case openInference = "v2"
    /// TF-Serving's REST interface, which is KServe's version 1 too.
    case tensorFlowServing = "tensorflow"
    /// Seldon Core's protocol, version 1.
    case seldon = "seldon"
    /// MLflow's scoring server.
    case mlflow = "mlflow"
    /// OpenAI's API.
    case openAI = "openai"
    /// Some other JSON.
    case json = "json"

    /// The dialect of a call to `path`, `.json` where the path belongs to none.
    public init(path: String) {
        self =
            if path.hasPrefix("/v2/") || path.hasPrefix("/inference.GRPCInferenceService/") {
                .openInference
            } else if path.hasPrefix("/v1/models/") {
                .tensorFlowServing
            } else if path.hasPrefix("/api/v1.0/") || path.hasPrefix("/api/v0.1/") || path.hasPrefix("/seldon.protos.")
            {
                .seldon
            } else if path == "/invocations" {
                .mlflow
            } else if path.hasPrefix("/openai/") || path.hasPrefix("/v1/") {
                .openAI
            } else {
                .json
            }
    }
}
