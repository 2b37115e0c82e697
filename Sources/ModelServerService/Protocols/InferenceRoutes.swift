import HTTPTypes
import NIOCore
package import ServiceKit

/// The routes by which models are asked over HTTP, on the hot path.
package struct InferenceRoutes: Sendable {
    private let calls: InferenceCalls
    private let repository: ModelRepository
    /// The model that Seldon's path without a name asks, where the settings say one.
    private let model: String?

    package init(calls: InferenceCalls, repository: ModelRepository, model: String?) {
        self.calls = calls
        self.repository = repository
        self.model = model
    }

    /// The routes, for the listener; those that are asked most often first.
    package var routes: [HotRoute] { (openInference + tensorFlowServing + seldon).map(compressing) }

    private var openInference: [HotRoute] {
        ["/v2/models/{model}/infer", "/v2/models/{model}/versions/{version}/infer"].map { path in
            HotRoute(.post, path, onLoop: { [calls] in calls.answer(OpenInferenceCall($0), on: $1) })
        }
    }

    private var tensorFlowServing: [HotRoute] {
        ["/v1/models/{model}", "/v1/models/{model}/versions/{version}"].map { path in
            HotRoute(
                .post,
                path,
                onLoop: { [calls] request, eventLoop in
                    do {
                        return calls.answer(try TensorFlowServingCall(request), on: eventLoop)
                    } catch {
                        return .now(ErrorResponse(error).hot)
                    }
                }
            )
        }
    }

    private var seldon: [HotRoute] {
        [
            "/api/v1.0/predictions", "/api/v0.1/predictions", "/seldon/{namespace}/{model}/api/v1.0/predictions",
            "/seldon/{namespace}/{model}/api/v0.1/predictions",
        ].map { path in
            HotRoute(
                .post,
                path,
                onLoop: { [calls] request, eventLoop in
                    calls.answer(SeldonCall(request, model: self.model ?? self.onlyModel), on: eventLoop)
                }
            )
        }
    }

    /// The model that is meant where none is named; empty, and so refused with the names there are, among several.
    private var onlyModel: String {
        let names = repository.names
        return names.count == 1 ? names[0] : ""
    }

    /// The route with its answers compressed for clients that take them so.
    private func compressing(_ route: HotRoute) -> HotRoute {
        HotRoute(
            route.method,
            route.path,
            onLoop: { request, eventLoop in
                guard let format = AnswerCompression.format(request.fields) else {
                    return route.answer(request, eventLoop)
                }
                switch route.answer(request, eventLoop) {
                case .now(let response): return .now(AnswerCompression.compressed(response, format))
                case .later(let future): return .later(future.map { AnswerCompression.compressed($0, format) })
                }
            }
        )
    }
}
