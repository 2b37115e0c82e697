import CloudEvents
package import HTTPMessages
package import NIOCore
package import PayloadCapture
package import ServiceKit
import Synchronization

/// Decides at a request's head whether it is captured, and hands what was captured to the emitter's queue.
package final class TapRecorder: ExchangeRecorder {
    package let budget: CaptureBudget
    package var bodyLimit: Int { policy.bodyBytes }

    private let policy: CapturePolicy
    private let queue: CaptureQueue
    private let metrics: CaptureMetrics
    private let skipPeers: Set<String>
    private let token: BearerTokens?
    private let isEnabled: Atomic<Bool>
    private let ignoredSkips: Counter
    private let refusals: Counters

    /// - Parameters:
    ///   - enabled: Whether it captures from the start: whether anybody is told of it.
    ///   - skipPeers: IP addresses whose wish not to be logged counts.
    ///   - token: The mesh's token, with which anybody's does.
    package init(
        policy: CapturePolicy,
        queue: CaptureQueue,
        budget: CaptureBudget,
        metrics: CaptureMetrics,
        registry: MetricsRegistry,
        enabled: Bool,
        skipPeers: Set<String> = [],
        token: BearerTokens? = nil
    ) {
        self.policy = policy
        self.queue = queue
        self.budget = budget
        self.metrics = metrics
        self.skipPeers = skipPeers
        self.token = token
        isEnabled = Atomic(enabled)
        ignoredSkips = registry.counter(
            "vedette_skip_logging_ignored_total",
            "Requests that asked not to be logged and were neither from a configured peer nor with the mesh's token."
        ).with()
        refusals = registry.counter(
            "vedette_proxy_refusals_total",
            "Requests that could not be passed on, because their bytes do not say where they end.",
            labels: ["code"]
        )
    }

    /// Whether exchanges are captured; may be switched at any time, for requests that begin after it.
    package var isRecording: Bool {
        get { isEnabled.load(ordering: .relaxed) }
        set { isEnabled.store(newValue, ordering: .relaxed) }
    }

    package func begin(_ head: HeaderFields, requestID: RequestID, from peer: SocketAddress?) -> CapturedExchange? {
        guard isRecording, !wishesNoLogging(head, from: peer) else { return nil }
        let (method, target) = (head.method, head.target)
        guard policy.captures(method: method, path: target) else { return nil }
        let size = Self.overhead + head.bytes
        guard budget.admit(size) else {
            metrics.count(.dropped)
            return nil
        }
        return CapturedExchange(
            requestID: requestID,
            method: method,
            target: target,
            requestedAt: .now(),
            requestFields: head,
            chargedForHeads: size
        )
    }

    package func respond(_ head: HeaderFields, in exchange: inout CapturedExchange?) {
        exchange?.respondedAt = .now()
        // Without room for its fields a response is told without them.
        let size = head.bytes
        guard budget.reserve(size) else { return }
        exchange?.responseFields = head
        exchange?.chargedForHeads += size
    }

    package func finish(
        _ exchange: CapturedExchange?,
        status: Int,
        outcome: CapturedExchange.Outcome,
        duration: Int64
    ) {
        metrics.answered(status: status, duration: duration)
        guard var exchange else { return }
        exchange.status = status
        exchange.outcome = outcome
        exchange.duration = duration
        if outcome != .answered { exchange.respondedAt = .now() }
        queue.append(exchange)
    }

    package func overlooked() {
        if isRecording { metrics.count(.dropped) }
    }

    package func refused(_ error: HTTPSyntaxError) {
        refusals.with(error.code.name).increment()
    }

    /// What an exchange costs besides its bytes.
    private static let overhead = 1024

    private func wishesNoLogging(_ head: HeaderFields, from peer: SocketAddress?) -> Bool {
        guard let wish = head.value(.seldonSkipLogging), wish.lowercased() == "true" else { return false }
        if let address = peer?.ipAddress, skipPeers.contains(address) { return true }
        if let token, token.accept(authorization: head.value(.authorization)) { return true }
        ignoredSkips.increment()
        return false
    }
}
