package import GRPC
import HTTPTypes
import JSON
package import OpenInference
package import ServiceKit
import Tensors

/// `inference.GRPCInferenceService/ModelInfer`, and each message of `ModelStreamInfer`.
package struct InferMessageCall: InferenceCall {
    package let received: HotRequest
    package let modelName: String
    package let version: String?
    private let message: GRPCRequest

    /// - Parameter received: What events tell of the call; nil for the message as it came.
    package init(_ message: GRPCRequest, as received: HotRequest? = nil) {
        self.message = message
        self.received = received ?? message.request
        (modelName, version) = message.withMessage { InferenceRequest.model(inMessage: $0) }
    }

    package var isAbandoned: Bool { message.life.isOver }

    package func request(for model: ServedModel) throws -> InferenceRequest {
        try message.withMessage { bytes throws(OpenInferenceError) in try InferenceRequest(decodingMessage: bytes) }
    }

    package func reply(
        _ response: InferenceResponse,
        to request: InferenceRequest,
        from model: ServedModel
    ) throws -> HotResponse {
        var response = response
        // Every request has one answer here, so each is the last.
        if request.parameters["triton_enable_empty_final_response"]?.bool == true {
            response.parameters["triton_final_response"] = true
        }
        let capacity = response.outputs.reduce(128) { $0 + 64 + $1.tensor.count * 8 }
        return .message(capacity: capacity) { response.write(for: request, to: &$0) }
    }
}

extension HotResponse {
    /// An answer that is one protobuf message, behind gRPC's five bytes.
    static func message(capacity: Int = 256, _ write: (inout ProtobufWriter) -> Void) -> HotResponse {
        var writer = ProtobufWriter(prefix: 5, reservingCapacity: capacity)
        write(&writer)
        writer.overwrite(at: 1, with: UInt32(writer.bytes.count - 5))
        return HotResponse(status: .ok, headers: grpcHeaders, body: writer.bytes)
    }

    private static let grpcHeaders = [(name: "Content-Type", value: "application/grpc")]
}
