import HTTPTypes
package import NIOCore
package import PayloadCapture
package import ServiceKit

/// Answers calls of every protocol: has the executor run them, counts them, and tells the sinks.
package final class InferenceCalls: Sendable {
    private let executor: ModelExecutor
    private let metrics: CaptureMetrics
    private let capture: ServerCapture
    private let tracing: InferenceTracing

    package init(executor: ModelExecutor, metrics: CaptureMetrics, capture: ServerCapture, tracing: InferenceTracing) {
        self.executor = executor
        self.metrics = metrics
        self.capture = capture
        self.tracing = tracing
    }

    /// Answers a call from an event loop, at once or later.
    package func answer(_ call: some InferenceCall, on eventLoop: any EventLoop) -> HotRoute.Answer {
        let began = NIODeadline.now()
        let told = capture.begin(call.received)
        let answer = executor.answer(
            call,
            model: call.modelName,
            version: call.version,
            requestID: told.requestID.text,
            on: eventLoop
        )
        switch answer {
        case .now(let outcome): return .now(finish(outcome, call, told, began))
        case .later(let future): return .later(future.map { self.finish($0, call, told, began) })
        }
    }

    private func finish(
        _ outcome: InferenceOutcome<HotResponse>,
        _ call: some InferenceCall,
        _ told: ServerCapture.Call,
        _ began: NIODeadline
    ) -> HotResponse {
        let response = Self.response(outcome, to: call)
        if let shadow = outcome.shadow {
            executor.copy(call, to: shadow) { [capture, requestID = told.requestID] outcome, nanoseconds in
                let response = Self.response(outcome, to: call)
                capture.shadow(requestID, call.received, response, model: outcome.model, duration: nanoseconds)
            }
        }
        let duration = (NIODeadline.now() - began).nanoseconds
        let model = outcome.model
        metrics.answered(status: response.status.code, duration: duration, model: model?.name, version: model?.version)
        if let model { tracing.trace(model, requestID: told.requestID.text, status: response.status.code, duration) }
        return capture.finish(told, response, model: model, endpoint: outcome.endpoint, duration: duration)
    }

    private static func response(_ outcome: InferenceOutcome<HotResponse>, to call: some InferenceCall) -> HotResponse {
        switch outcome.result {
        case .success(let reply): reply
        case .failure(let error): call.refusal(error)
        }
    }
}
