import GRPC
import HTTPMessages
import HTTPTypes
import JSON
import NIOCore
import OpenInference
import ServiceKit

/// `inference.GRPCInferenceService/ModelStreamInfer`: any number of requests, each answered in its turn; a request that
/// cannot be answered does not end the stream.
struct InferStream: Sendable {
    static let path = "/inference.GRPCInferenceService/ModelStreamInfer"

    let calls: InferenceCalls

    func answer(_ message: GRPCRequest, on eventLoop: any EventLoop) -> HotRoute.Answer {
        let call = InferMessageCall(message, as: Self.told(message))
        switch calls.answer(call, on: eventLoop) {
        case .now(let response): return .now(Self.wrapped(response, for: message))
        case .later(let future): return .later(future.map { Self.wrapped($0, for: message) })
        }
    }

    /// The call as events tell of it: each message an exchange of its own, whose id is the stream's with its place.
    private static func told(_ message: GRPCRequest) -> HotRequest {
        var request = message.request
        request.path = InferenceService.path("ModelInfer")
        guard message.index > 0 else { return request }
        request.fields = .list(
            request.fields.all.map { name, value in
                let isID = [.requestID, .eventRequestID, .seldonPuid, .eventID].contains(FieldName(name))
                return (name: name, value: isID ? "\(value)-\(message.index)" : value)
            }
        )
        return request
    }

    /// `ModelStreamInferResponse`: error_message 1, infer_response 2.
    private static func wrapped(_ response: HotResponse, for message: GRPCRequest) -> HotResponse {
        guard response.status.kind == .successful else {
            let error = (try? JSONValue(parsing: response.body.readableBytesView))?["error"]?.string
            let asked = message.withMessage { InferenceRequest.identity(inMessage: $0) }
            return .message { writer in
                writer.text(1, error ?? response.status.reasonPhrase)
                writer.message(2) { answer in
                    answer.text(1, asked.model)
                    answer.text(3, asked.id)
                }
            }
        }
        let answer = response.body.readableBytesView.dropFirst(5)
        return .message(capacity: answer.count + 16) { $0.message(2, bytes: answer) }
    }
}
