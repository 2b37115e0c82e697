import HTTPMessages
import HTTPTypes
package import OpenInference
package import ServiceKit

/// `POST /v2/models/{model}[/versions/{version}]/infer`: JSON, JSON with binary tensors behind it, or a raw body.
package struct OpenInferenceCall: InferenceCall {
    package let received: HotRequest

    package init(_ request: HotRequest) {
        received = request
    }

    package var modelName: String { received.parameters["model"] ?? "" }
    package var version: String? { received.parameters["version"] }

    package func request(for model: ServedModel) throws -> InferenceRequest {
        let jsonLength = try received.jsonLength
        guard jsonLength == 0 else { return try InferenceRequest(decoding: received.bytes, jsonLength: jsonLength) }
        return try model.request(rawBody: received.bytes)
    }

    package func reply(
        _ response: InferenceResponse,
        to request: InferenceRequest,
        from model: ServedModel
    ) throws -> HotResponse {
        let (body, jsonLength) = try response.encoded(for: request)
        guard let jsonLength else { return .json(body) }
        return HotResponse(
            status: .ok,
            headers: [
                (name: "Content-Type", value: "application/octet-stream"),
                (name: "Inference-Header-Content-Length", value: String(jsonLength)),
            ],
            body: body
        )
    }
}
