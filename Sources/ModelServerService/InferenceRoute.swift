import HTTPTypes
import NIOCore
package import PayloadCapture
package import ServiceKit

/// `POST /v2/models/{model}[/versions/{version}]/infer`, on the hot path.
package final class InferenceRoute: Sendable {
    private let executor: ModelExecutor
    private let metrics: CaptureMetrics
    private let capture: ServerCapture

    package init(executor: ModelExecutor, metrics: CaptureMetrics, capture: ServerCapture) {
        self.executor = executor
        self.metrics = metrics
        self.capture = capture
    }

    /// The routes, for the listener.
    package var routes: [HotRoute] {
        ["/v2/models/{model}/infer", "/v2/models/{model}/versions/{version}/infer"].map { path in
            HotRoute(.post, path, onLoop: { self.answer($0, $1) })
        }
    }

    private func answer(_ request: HotRequest, _ eventLoop: any EventLoop) -> HotRoute.Answer {
        let began = NIODeadline.now()
        let call = capture.begin(request)
        let answer = executor.answer(
            HTTPExchange(request),
            model: request.parameters["model"] ?? "",
            version: request.parameters["version"],
            requestID: call.requestID.text,
            on: eventLoop
        )
        switch answer {
        case .now(let outcome): return .now(finish(outcome, request, call, began))
        case .later(let future): return .later(future.map { self.finish($0, request, call, began) })
        }
    }

    private func finish(
        _ outcome: InferenceOutcome<HotResponse>,
        _ request: HotRequest,
        _ call: ServerCapture.Call,
        _ began: NIODeadline
    ) -> HotResponse {
        let response: HotResponse
        switch outcome.result {
        case .success(let reply): response = reply
        case .failure(let error): response = ErrorResponse(error).hot
        }
        let duration = (NIODeadline.now() - began).nanoseconds
        let model = outcome.model
        metrics.answered(status: response.status.code, duration: duration, model: model?.name, version: model?.version)
        return capture.finish(call, request, response, model: model, duration: duration)
    }
}
