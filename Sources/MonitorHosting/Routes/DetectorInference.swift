import HTTPTypes
import Methods
import Monitoring
import NIOCore
package import OpenInference
import Prediction
package import ServiceKit
import Tensors

/// A detector as a V2 model: `POST /v2/models/{monitor}/infer` judges the rows of one request by themselves.
///
/// It touches no window and no budget. At most `concurrency` requests are judged at once, off the event loop; one more is
/// answered 503 with Retry-After.
package struct DetectorInference: Sendable {
    private let host: MonitorHost
    private let slots: Slots

    package init(host: MonitorHost, concurrency: Int) {
        self.host = host
        slots = Slots(concurrency)
    }

    /// The route.
    package var route: HotRoute {
        HotRoute(.post, "/v2/models/{monitor}/infer") { [self] request in
            let name = request.parameters["monitor"] ?? ""
            let monitor = try await host.monitor(name)
            return try await slots.runBlocking { try Self.answer(request, name, monitor) }
        }
    }

    private static func answer(_ request: HotRequest, _ name: String, _ monitor: Monitor) throws -> HotResponse {
        let message = try InferenceRequest(of: request)
        let outputs: [NamedTensor]
        do { outputs = try monitor.answer(to: message.inputs) } catch {
            let text = RefusalText(error)
            let isServers = [PredictionError.Code.modelUnreachable, .modelRefused].map(\.name).contains(text.code)
            throw ServiceError(
                isServers ? .upstreamFailed : .badRequest,
                text.message,
                remedy: text.remedy,
                cause: error
            )
        }
        let response = InferenceResponse(
            modelName: name,
            modelVersion: monitor.fitted.configHash,
            id: message.id,
            outputs: outputs
        )
        return try HotResponse(response, for: message)
    }

    /// The route as `/openapi.json` tells it.
    package static let operation = APIOperation(
        .post,
        "/v2/models/{monitor}/infer",
        "Judges the rows of one request by themselves.",
        body: "application/json",
        answers: [
            200: "Tensors named after the verdict's fields", 400: "The rows do not suit", 404: "There is none",
            503: "Too many at once",
        ]
    )
}

extension HotResponse {
    /// A V2 answer as the client asked for it, in JSON or with binary tensors.
    package init(_ response: InferenceResponse, for request: InferenceRequest) throws {
        let (body, length) = try response.encoded(for: request)
        var headers = [("Content-Type", length == nil ? "application/json" : "application/octet-stream")]
        if let length { headers.append(("Inference-Header-Content-Length", "\(length)")) }
        self.init(status: .ok, headers: headers.map { (name: $0.0, value: $0.1) }, body: body)
    }
}
