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
    /// Which exchanges are kept.
    package var sampling = Sampling()
    /// Lower-case names of the headers whose values go with the events.
    package var headers: Set<String> = []
    /// Methods that are captured: inference is a POST in every dialect.
    package var methods: Set<String> = ["POST"]
    /// Beginnings of paths that are not captured: probes and control.
    package var excludedPaths: [String] = [
        "/v2/repository", "/v2/health", "/health", "/livez", "/readyz", "/ping", "/metrics",
    ]
    /// The most bytes kept of one body.
    package var bodyBytes = 4 << 20

    package init() {}

    /// Whether a request is one that is captured at all.
    package func captures(method: String, path: String) -> Bool {
        methods.contains(method) && !excludedPaths.contains { path.hasPrefix($0) }
    }
}
