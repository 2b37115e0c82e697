/// The types of events that cross the mesh, ours and those of the neighbours.
public enum EventType {
    /// A request on its way to a model; data is the body as it was sent.
    public static let inferenceRequest = "io.vedette.inference.request"
    /// A model's answer; data is the body as it was sent.
    public static let inferenceResponse = "io.vedette.inference.response"

    /// How the types of all verdicts begin.
    public static let verdictPrefix = "io.vedette.verdict."
    /// The outcome of a drift test on a window.
    public static let drift = "io.vedette.verdict.drift"
    /// The outlier scores of an exchange's rows.
    public static let outlier = "io.vedette.verdict.outlier"
    /// The adversarial scores of an exchange's rows.
    public static let adversarial = "io.vedette.verdict.adversarial"
    /// A performance metric over a window.
    public static let performance = "io.vedette.verdict.performance"
    /// Rows that a monitor could not use, and why.
    public static let quality = "io.vedette.verdict.quality"
    /// A difference between groups over a window.
    public static let fairness = "io.vedette.verdict.fairness"

    /// Why a model answered as it did.
    public static let explanation = "io.vedette.explanation"
    /// A change of an alert's state.
    public static let alert = "io.vedette.alert"
    /// Something that a person did.
    public static let audit = "io.vedette.audit"
    /// A label that came in.
    public static let feedback = "io.vedette.feedback"
    /// A label that met its prediction.
    public static let outcome = "io.vedette.outcome"

    /// Every type of ours, in the order of the contracts.
    public static let all = [
        inferenceRequest, inferenceResponse, drift, outlier, adversarial, performance, quality, fairness, explanation,
        alert, audit, feedback, outcome,
    ]

    /// The verdicts among them.
    public static let verdicts = [drift, outlier, adversarial, performance, quality, fairness]

    /// KServe's names for payload events.
    public enum KServe {
        /// A request.
        public static let inferenceRequest = "org.kubeflow.serving.inference.request"
        /// An answer.
        public static let inferenceResponse = "org.kubeflow.serving.inference.response"
    }

    /// Seldon Core's names for payload events and for verdicts of its alibi-detect server.
    public enum Seldon {
        /// A request.
        public static let inferenceRequest = "io.seldon.serving.inference.request"
        /// An answer.
        public static let inferenceResponse = "io.seldon.serving.inference.response"
        /// Feedback with a reward or a truth.
        public static let feedback = "io.seldon.serving.feedback"
        /// An outlier verdict.
        public static let outlier = "io.seldon.serving.inference.outlier"
        /// A drift verdict.
        public static let drift = "io.seldon.serving.inference.drift"
    }

    /// Whether events of this type carry a request to a model, in any dialect.
    public static func isInferenceRequest(_ type: String) -> Bool {
        type == inferenceRequest || type == KServe.inferenceRequest || type == Seldon.inferenceRequest
    }

    /// Whether events of this type carry a model's answer, in any dialect.
    public static func isInferenceResponse(_ type: String) -> Bool {
        type == inferenceResponse || type == KServe.inferenceResponse || type == Seldon.inferenceResponse
    }

    /// Whether events of this type carry a verdict of ours.
    public static func isVerdict(_ type: String) -> Bool { verdicts.contains(type) }
}

/// Whose conventions a payload event follows.
public enum EventDialect: String, Sendable, Hashable, Codable {
    /// Our own.
    case vedette
    /// The agent of KServe.
    case kserve
    /// The executor of Seldon Core.
    case seldon

    /// Told by the type of a payload event; nil for any other event.
    public init?(type: String) {
        switch type {
        case EventType.inferenceRequest, EventType.inferenceResponse: self = .vedette
        case EventType.KServe.inferenceRequest, EventType.KServe.inferenceResponse: self = .kserve
        case EventType.Seldon.inferenceRequest, EventType.Seldon.inferenceResponse: self = .seldon
        default: return nil
        }
    }
}
