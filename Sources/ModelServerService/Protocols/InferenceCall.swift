import HTTPTypes
import NIOCore
package import ServiceKit

/// An exchange as it came over HTTP, or over gRPC in the same form: whom it asks, and how a refusal is written.
package protocol InferenceCall: InferenceExchange where Reply == HotResponse {
    /// The call as it came; events tell of it so.
    var received: HotRequest { get }
    /// The model that the client names.
    var modelName: String { get }
    /// The version that it names; nil for the one that the model's folder offers.
    var version: String? { get }

    /// What the client is told in place of an answer.
    func refusal(_ error: any Error) -> HotResponse
}

extension InferenceCall {
    package var size: Int { received.body.readableBytes }
    package var isAbandoned: Bool { received.client?.isGone ?? false }
    package func refusal(_ error: any Error) -> HotResponse { ErrorResponse(error).hot }
}

extension HotResponse {
    /// An answer in JSON.
    static func json(_ body: [UInt8]) -> HotResponse {
        HotResponse(status: .ok, headers: jsonHeaders, body: body)
    }

    private static let jsonHeaders = [(name: "Content-Type", value: "application/json")]
}
