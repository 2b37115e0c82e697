/// Which protocol a call speaks, by its path: what consumers need to read its payloads.
package enum PayloadDialect: String, Sendable {
    /// Open Inference Protocol V2.
    case v2
    /// TF-Serving, and KServe's V1.
    case tensorflow
    /// Seldon Core v1.
    case seldon
    /// MLflow's scoring server.
    case mlflow
    /// OpenAI's API.
    case openai
    /// Some other JSON.
    case json

    /// The dialect of a request to `path`.
    package init(path: String) {
        self =
            if path.hasPrefix("/v2/") {
                .v2
            } else if path.hasPrefix("/v1/models/") {
                .tensorflow
            } else if path.hasPrefix("/api/v1.0/") || path.hasPrefix("/api/v0.1/") {
                .seldon
            } else if path == "/invocations" {
                .mlflow
            } else if path.hasPrefix("/openai/") || path.hasPrefix("/v1/") {
                .openai
            } else {
                .json
            }
    }
}
