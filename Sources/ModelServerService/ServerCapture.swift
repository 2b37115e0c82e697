import CloudEvents
import HTTPMessages
import HTTPTypes
import NIOCore
package import PayloadCapture
package import ServiceKit
import Synchronization

/// What the model server tells the sinks of its own calls, through the same queue and emitter as the tap.
///
/// A call that came through a tap carries its mark and is told by the tap alone.
package final class ServerCapture: Sendable {
    /// A call that has begun: its id, and what is captured of it.
    struct Call {
        var requestID: RequestID
        var exchange: CapturedExchange?
    }

    private let policy: CapturePolicy
    private let queue: CaptureQueue
    private let budget: CaptureBudget
    private let metrics: CaptureMetrics
    private let isEnabled: Bool
    private let trust: CaptureTrust
    private let ignoredSkips: Counter
    private let ignoredMarks: Counter
    private let ids = Mutex(IdentifierGenerator())

    /// - Parameters:
    ///   - isEnabled: Whether anybody is told of it.
    ///   - trust: Whose word counts that a call is not to be told.
    package init(
        policy: CapturePolicy,
        queue: CaptureQueue,
        budget: CaptureBudget,
        metrics: CaptureMetrics,
        registry: MetricsRegistry,
        isEnabled: Bool,
        trust: CaptureTrust
    ) {
        self.policy = policy
        self.queue = queue
        self.budget = budget
        self.metrics = metrics
        self.isEnabled = isEnabled
        self.trust = trust
        ignoredSkips = registry.counter(
            "vedette_skip_logging_ignored_total",
            "Requests that asked not to be logged and were neither from a configured peer nor with the mesh's token."
        ).with()
        ignoredMarks = registry.counter(
            "vedette_tap_mark_ignored_total",
            "Requests with a payload-tap's mark that were neither from a configured one nor with the mesh's token."
        ).with()
    }

    func begin(_ request: HotRequest) -> Call {
        let requestID = ids.withLock { ids in
            RequestID(from: request.fields.value, generator: &ids)
        }
        return Call(requestID: requestID, exchange: isTold(request) ? captured(request, requestID) : nil)
    }

    /// The request of an exchange; nil, and counted, where there is no memory for it.
    private func captured(_ request: HotRequest, _ requestID: RequestID) -> CapturedExchange? {
        let size = Self.overhead + request.fields.bytes
        guard budget.admit(size) else {
            metrics.count(.dropped)
            return nil
        }
        var exchange = CapturedExchange(
            requestID: requestID,
            method: request.method.rawValue,
            target: request.query.map { "\(request.path)?\($0)" } ?? request.path,
            requestedAt: .now(),
            requestFields: request.fields,
            chargedForHeads: size
        )
        exchange.requestBody = CapturedBody(request.body, limit: policy.bodyBytes, budget: budget)
        return exchange
    }

    /// Hands the call over and gives the answer the id that joins it to what will be said about it.
    func finish(
        _ call: Call,
        _ response: HotResponse,
        model: ServedModel?,
        endpoint: ModelEndpoint,
        duration: Int64
    ) -> HotResponse {
        record(call, response, model: model, endpoint: endpoint, duration: duration)
        var response = response
        response.headers.append((name: "X-Request-Id", value: call.requestID.text))
        return response
    }

    /// Tells what a shadow version made of a copy of a call, also of one that a tap tells: that knows of no shadow.
    func shadow(
        _ requestID: RequestID,
        _ request: HotRequest,
        _ response: HotResponse,
        model: ServedModel?,
        duration: Int64
    ) {
        guard isEnabled else { return }
        if case .believed = trust.wish(of: request) { return }
        let copy = Call(requestID: requestID, exchange: captured(request, requestID))
        record(copy, response, model: model, endpoint: .shadow, duration: duration)
    }

    private func record(
        _ call: Call,
        _ response: HotResponse,
        model: ServedModel?,
        endpoint: ModelEndpoint,
        duration: Int64
    ) {
        if var exchange = call.exchange {
            exchange.respondedAt = .now()
            exchange.duration = duration
            exchange.status = response.status.code
            exchange.model = model?.name
            exchange.version = model?.version
            exchange.endpoint = endpoint == .ordinary ? nil : endpoint.rawValue
            exchange.responseFields = .list(response.headers)
            exchange.responseBody = CapturedBody(response.body, limit: policy.bodyBytes, budget: budget)
            queue.append(exchange)
        }
    }

    /// Whether a call is told, counting what is claimed by whoever may not.
    private func isTold(_ request: HotRequest) -> Bool {
        guard isEnabled else { return false }
        switch trust.claim(of: request) {
        case .none: return true
        case .believed: return false
        case .strangeMark: ignoredMarks.increment()
        case .strangeWish: ignoredSkips.increment()
        }
        return true
    }

    /// What an exchange costs besides its bytes.
    private static let overhead = 1024
}
