import CloudEvents
import HTTPMessages
import ServiceKit

/// The two events of our own family for calls of one kind, with everything but what differs from call to call.
///
/// What they share is checked when the template is made; what is set later is checked then.
struct EventTemplate: Sendable {
    /// What decides about the shared attributes.
    struct Kind: Hashable, Sendable {
        var target: String
        var model: String?
        var version: String?
        var endpoint: String?
        var decision: Sampling.Decision
    }

    let request: CloudEvent
    let response: CloudEvent
    /// The same, encoded, without what differs.
    let requestAttributes: EventRecordWriter.Attributes
    let responseAttributes: EventRecordWriter.Attributes

    /// The extensions that are set for each call.
    private static let differing: Set<String> = ["requestid", "statuscode", "latencyms"]

    init(_ exchange: CapturedExchange, _ decision: Sampling.Decision, policy: CapturePolicy) throws(CloudEventError) {
        let target = CallTarget(exchange, policy: policy)
        let endpoint = exchange.endpoint ?? policy.endpoint
        var shared: [String: CloudEventValue] = [
            "requestid": "",  // set for each call, as are those below; their places are kept so that no copy grows
            "namespace": .string(policy.namespace),
            "component": .string(policy.component),
            "endpoint": .string(endpoint),
            "dialect": .string(target.dialect.rawValue),
            "path": .string(HeaderFieldText.visible(target.path)),
            "partitionkey": .string("\(policy.namespace)/\(target.model ?? "")/\(endpoint)"),
            "sampledrate": .integer(decision.standsFor),
            "samplereason": .string(decision.reason.rawValue),
        ]
        shared["annotations"] = policy.annotations.map { .string($0) }
        shared["model"] = target.model.map { .string(HeaderFieldText.visible($0)) }
        shared["modelversion"] = target.version.map { .string(HeaderFieldText.visible($0)) }
        request = try CloudEvent(
            id: "template",
            source: target.source,
            type: EventType.inferenceRequest,
            extensions: shared
        )
        shared["statuscode"] = 0
        shared["latencyms"] = 0
        response = try CloudEvent(
            id: "template",
            source: target.source,
            type: EventType.inferenceResponse,
            extensions: shared
        )
        requestAttributes = .init(of: request, without: Self.differing)
        responseAttributes = .init(of: response, without: Self.differing)
    }
}
