import HTTPMessages
import HTTPTypes
import NIOCore
package import OpenInference
package import ServiceKit

/// An infer request over HTTP: JSON, JSON with binary tensors behind it, or a raw body.
package struct HTTPExchange: InferenceExchange {
    private let request: HotRequest

    package init(_ request: HotRequest) {
        self.request = request
    }

    package var size: Int { request.body.readableBytes }
    package var isAbandoned: Bool { false }

    package func request(for model: ServedModel) throws -> InferenceRequest {
        let jsonLength = try jsonLength()
        guard jsonLength == 0 else { return try InferenceRequest(decoding: request.bytes, jsonLength: jsonLength) }
        return try model.request(rawBody: request.bytes)
    }

    package func reply(_ response: InferenceResponse, to request: InferenceRequest) throws -> HotResponse {
        let (body, jsonLength) = try response.encoded(for: request)
        var headers = Self.json
        if let jsonLength {
            headers = [
                (name: "Content-Type", value: "application/octet-stream"),
                (name: "Inference-Header-Content-Length", value: String(jsonLength)),
            ]
        }
        return HotResponse(status: .ok, headers: headers, body: body)
    }

    private static let json = [(name: "Content-Type", value: "application/json")]

    /// `Inference-Header-Content-Length`; 0 says that the body is raw.
    private func jsonLength() throws -> Int? {
        guard let text = request.fields.value(.inferenceHeaderContentLength) else { return nil }
        guard let length = Int(text), length >= 0 else {
            throw InferenceFailure.badInput(
                "Inference-Header-Content-Length is \"\(text.prefix(32))\"",
                remedy: "Send the number of bytes of the JSON part"
            )
        }
        return length
    }
}
