package import OpenInference

/// A request as one protocol sends it, and its answer in that protocol's form.
///
/// What comes between, finding the model, waiting, running, is the ``ModelExecutor``'s and the same for all.
package protocol InferenceExchange: Sendable {
    /// The answer in the protocol's form.
    associatedtype Reply: Sendable

    /// How large the request is, in bytes; what it costs is estimated by it.
    var size: Int { get }

    /// Whether nobody waits for the answer any more, so that the work can be left undone.
    var isAbandoned: Bool { get }

    /// The request, decoded for the model that answers it; called once for each model that is asked.
    ///
    /// - Throws: What is wrong with it, as the client is told.
    func request(for model: ServedModel) throws -> InferenceRequest

    /// The model's answer in the form that the request asks for.
    func reply(_ response: InferenceResponse, to request: InferenceRequest, from model: ServedModel) throws -> Reply
}

/// What became of an exchange.
package struct InferenceOutcome<Reply: Sendable>: Sendable {
    /// The answer, or what the client is told instead.
    package var result: Result<Reply, any Error>
    /// The version that answered or failed; nil when none was found.
    package var model: ServedModel?
    /// Whether it answered as what it ordinarily is.
    package var endpoint: ModelEndpoint
    /// What is to get a copy of the request, by ``ModelExecutor/copy(_:to:observe:)``.
    package var shadow: ServedModel?

    package init(
        _ result: Result<Reply, any Error>,
        model: ServedModel?,
        endpoint: ModelEndpoint = .ordinary,
        shadow: ServedModel? = nil
    ) {
        self.result = result
        self.model = model
        self.endpoint = endpoint
        self.shadow = shadow
    }
}
