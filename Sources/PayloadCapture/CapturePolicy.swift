package import OpenInference

/// What is captured of the traffic and under which names it is told.
package struct CapturePolicy: Sendable {
    /// Which family of events is sent.
    package enum Profile: String, Sendable, CaseIterable { case vedette, kserve, seldon }

    /// Which family of events is sent.
    package var profile = Profile.vedette
    /// The namespace of the events.
    package var namespace = "default"
    /// The model's name; nil for the one that the request's path names.
    package var model: String?
    /// The model's version; nil for the one that path or response name.
    package var version: String?
    /// Which part of a deployment this is.
    package var component = "predictor"
    /// Which endpoint of it.
    package var endpoint = "default"
    /// The events' source; nil for `/vedette/<namespace>/<model>`.
    package var source: String?
    /// Which bodies go to files instead of into their events; nil for none.
    package var claims: ClaimCheck?
    /// Where the tensors are in bodies that follow no dialect, for the outlines of those that go to files.
    package var paths = PayloadMappings.none
    /// Which exchanges are kept.
    package var sampling = Sampling()
    /// The headers whose values go with the events, in lower case, by name or by how names begin.
    package var headers: [NamePattern] = []
    /// The annotations of the deployment that go with the events: a JSON object; nil for none.
    package var annotations: String?
    /// What is taken from the events before anybody sees them; nil for nothing.
    package var redaction: Redaction?
    /// Methods that are captured: inference is a POST in every dialect.
    package var methods: Set<String> = ["POST"]
    /// Beginnings of paths that are not captured: probes and control.
    package var excludedPaths: [String] = [
        "/v2/repository", "/v2/health", "/health", "/livez", "/readyz", "/ping", "/metrics", "/grpc.",
        "/inference.GRPCInferenceService/Server", "/inference.GRPCInferenceService/ModelReady",
        "/inference.GRPCInferenceService/ModelMetadata", "/inference.GRPCInferenceService/ModelConfig",
        "/inference.GRPCInferenceService/ModelStatistics", "/inference.GRPCInferenceService/Repository",
        "/inference.GRPCInferenceService/TraceSetting", "/inference.GRPCInferenceService/LogSettings",
        "/inference.GRPCInferenceService/SystemSharedMemory", "/inference.GRPCInferenceService/CudaSharedMemory",
    ]
    /// The most bytes kept of one body.
    package var bodyBytes = 4 << 20

    package init() {}

    /// Whether a request is one that is captured at all.
    package func captures(method: String, path: String) -> Bool {
        methods.contains(method) && !excludedPaths.contains { path.hasPrefix($0) }
    }
}
