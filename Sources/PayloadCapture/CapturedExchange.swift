package import CloudEvents
package import HTTPMessages

/// One request and what became of it, as it is handed from whoever served it to the emitter.
package struct CapturedExchange: Sendable {
    /// How the exchange ended.
    package enum Outcome: String, Sendable {
        /// The response was passed on whole.
        case answered
        /// The client went away before that.
        case clientGone = "client_gone"
        /// The model could not be reached, or closed before its response was complete.
        case upstreamGone = "upstream_gone"
        /// The model was silent for too long.
        case upstreamSilent = "upstream_silent"
    }

    package typealias Fields = HeaderFields

    /// Who this exchange is.
    package var requestID: RequestID
    /// The request's method.
    package var method: String
    /// The request's target with its query.
    package var target: String
    /// When the request's head was complete.
    package var requestedAt: Timestamp
    /// When the response's head was complete, or when it was clear that none comes.
    package var respondedAt: Timestamp
    /// From the request's head to the response's last byte, in nanoseconds.
    package var duration: Int64
    /// The request's fields.
    package var requestFields: Fields
    /// The request's content.
    package var requestBody: CapturedBody
    /// The response's fields, empty without a response.
    package var responseFields: Fields
    /// The response's content.
    package var responseBody: CapturedBody
    /// The status that the client was told, 499 when it had gone before.
    package var status: Int
    /// How it ended.
    package var outcome: Outcome
    /// How it ended for the client of a gRPC call; nil for any other.
    package var grpcStatus: GRPCOutcome?
    /// What the model said of that, percent-encoded as gRPC has it.
    package var grpcMessage: String?
    /// The model that answered, where whoever served it knows; the path's otherwise.
    package var model: String?
    /// Its version, likewise.
    package var version: String?
    /// The endpoint that answered, where it is another than the settings'.
    package var endpoint: String?
    /// Bytes taken from the budget for the heads.
    package var chargedForHeads: Int

    package init(
        requestID: RequestID,
        method: String,
        target: String,
        requestedAt: Timestamp,
        requestFields: Fields,
        chargedForHeads: Int
    ) {
        self.requestID = requestID
        self.method = method
        self.target = target
        self.requestedAt = requestedAt
        self.respondedAt = requestedAt
        self.duration = 0
        self.requestFields = requestFields
        self.requestBody = CapturedBody()
        self.responseFields = .list([])
        self.responseBody = CapturedBody()
        self.status = 0
        self.outcome = .answered
        self.chargedForHeads = chargedForHeads
    }

    /// How long it took, in whole milliseconds.
    var milliseconds: Int32 { Int32(clamping: (duration + 500_000) / 1_000_000) }

    /// All bytes that this exchange has taken from the budget.
    package var charged: Int { chargedForHeads + requestBody.charged + responseBody.charged }
}
