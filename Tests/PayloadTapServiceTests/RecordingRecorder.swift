import CloudEvents
import HTTPMessages
import NIOCore
import PayloadCapture
import PayloadTapService
import Synchronization

/// Captures every exchange and hands them out as they end.
final class RecordingRecorder: ExchangeRecorder {
    let bodyLimit: Int
    let budget: CaptureBudget
    let isRecording = true
    private let finished: AsyncStream<CapturedExchange>
    private let continuation: AsyncStream<CapturedExchange>.Continuation

    init(bodyLimit: Int = 1 << 20, memory: Int = 64 << 20) {
        self.bodyLimit = bodyLimit
        budget = CaptureBudget(limit: memory)
        (finished, continuation) = AsyncStream.makeStream()
    }

    func begin(_ head: HeaderFields, requestID: RequestID, from peer: SocketAddress?) -> CapturedExchange? {
        CapturedExchange(
            requestID: requestID,
            method: head.method,
            target: head.target,
            requestedAt: .now(),
            requestFields: head,
            chargedForHeads: 0
        )
    }

    func respond(_ head: HeaderFields, in exchange: inout CapturedExchange?) {
        exchange?.responseFields = head
    }

    func finish(_ exchange: CapturedExchange?, status: Int, outcome: CapturedExchange.Outcome, duration: Int64) {
        guard var exchange else { return }
        exchange.status = status
        exchange.outcome = outcome
        exchange.duration = duration
        continuation.yield(exchange)
    }

    func overlooked() {}

    func refused(_ error: HTTPSyntaxError) {}

    /// The next exchange that ended.
    func next() async -> CapturedExchange? {
        for await exchange in finished { return exchange }
        return nil
    }
}
