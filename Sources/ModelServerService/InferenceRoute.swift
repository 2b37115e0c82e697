import CloudEvents
import HTTPMessages
import HTTPTypes
import NIOCore
package import NIOPosix
package import PayloadCapture
package import ServiceKit
import Synchronization

/// `POST /v2/models/{model}[/versions/{version}]/infer`, on the hot path.
///
/// A request that is expected to be short is answered on the event loop where it was read; a longer one goes to a
/// small pool of threads, so that it does not hold up the connections beside it. Expected by the bytes of the request
/// and what a byte of this model's requests has cost so far.
package final class InferenceRoute: Sendable {
    private let repository: ModelRepository
    private let metrics: CaptureMetrics
    private let capture: ServerCapture
    private let pool: NIOThreadPool
    private let limit: Int
    private let underWay = Atomic<Int>(0)
    /// Nanoseconds for 1,000 bytes of a request, by model: a running mean.
    private let costs = Mutex<[String: Int]>([:])

    /// Longer than this is not done on an event loop, in nanoseconds.
    private static let inlineLimit = 1_000_000

    /// - Parameter limit: How many requests may be under way; one more is answered 503.
    package init(
        repository: ModelRepository,
        metrics: CaptureMetrics,
        capture: ServerCapture,
        pool: NIOThreadPool,
        limit: Int
    ) {
        self.repository = repository
        self.metrics = metrics
        self.capture = capture
        self.pool = pool
        self.limit = limit
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
        let isShort = expectedCost(of: request) <= Self.inlineLimit
        guard underWay.add(1, ordering: .relaxed).newValue <= limit else {
            underWay.subtract(1, ordering: .relaxed)
            return .now(finish(Self.busy.hot, request, call, nil, began))
        }
        if isShort {
            defer { underWay.subtract(1, ordering: .relaxed) }
            let (response, model) = infer(request)
            return .now(finish(response, request, call, model, began))
        }
        let answer = pool.runIfActive(eventLoop: eventLoop) {
            defer { self.underWay.subtract(1, ordering: .relaxed) }
            let (response, model) = self.infer(request)
            return self.finish(response, request, call, model, began)
        }
        return .later(answer)
    }

    private static let busy = ErrorResponse(
        ServiceError(
            .unavailable,
            "too many requests are under way",
            remedy: "Send it again a little later, or raise inference.concurrency",
            retryAfter: .seconds(1)
        )
    )

    private func infer(_ request: HotRequest) -> (HotResponse, ServedModel?) {
        var model: ServedModel?
        do {
            let found = try repository.model(request.parameters["model"] ?? "", version: request.parameters["version"])
            model = found
            let began = NIODeadline.now()
            let answer = try found.infer(request.bytes, jsonLength: try Self.jsonLength(request))
            learn(cost: (NIODeadline.now() - began).nanoseconds, of: request, model: found.name)
            var headers = Self.json
            if let jsonLength = answer.jsonLength {
                headers = [
                    (name: "Content-Type", value: "application/octet-stream"),
                    (name: "Inference-Header-Content-Length", value: String(jsonLength)),
                ]
            }
            return (HotResponse(status: .ok, headers: headers, body: answer.body), found)
        } catch {
            return (ErrorResponse(InferenceFailure.described(error)).hot, model)
        }
    }

    private func finish(
        _ response: HotResponse,
        _ request: HotRequest,
        _ call: ServerCapture.Call,
        _ model: ServedModel?,
        _ began: NIODeadline
    ) -> HotResponse {
        let duration = (NIODeadline.now() - began).nanoseconds
        metrics.answered(status: response.status.code, duration: duration, model: model?.name, version: model?.version)
        return capture.finish(call, request, response, model: model, duration: duration)
    }

    private static let json = [(name: "Content-Type", value: "application/json")]

    private static func jsonLength(_ request: HotRequest) throws -> Int? {
        guard let text = request.fields.value(.inferenceHeaderContentLength) else { return nil }
        guard let length = Int(text), length >= 0 else {
            throw InferenceFailure.badInput(
                "Inference-Header-Content-Length is \"\(text.prefix(32))\"",
                remedy: "Send the number of bytes of the JSON part"
            )
        }
        return length
    }

    // MARK: Cost

    private func expectedCost(of request: HotRequest) -> Int {
        let perThousand = costs.withLock { $0[request.parameters["model"] ?? ""] } ?? 0
        return perThousand * request.body.readableBytes / 1000
    }

    private func learn(cost nanoseconds: Int64, of request: HotRequest, model: String) {
        let now = Int(nanoseconds) * 1000 / max(request.body.readableBytes, 1)
        costs.withLock { costs in costs[model] = costs[model].map { ($0 * 15 + now) / 16 } ?? now }
    }
}
