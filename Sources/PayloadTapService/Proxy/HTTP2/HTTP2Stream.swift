import HTTPMessages
import NIOCore
import PayloadCapture

/// One request over HTTP/2 while it is being answered: what has been seen of it.
///
/// Confined to its event loop.
final class HTTP2Stream {
    let id: Int
    let requestID: RequestID
    let startedAt = NIODeadline.now()
    /// Whether it is a gRPC call, whose outcome is in its trailers.
    let isGRPC: Bool
    /// Whether its answer has no body.
    let isHead: Bool
    /// What is kept of it; nil when it is not recorded.
    var captured: CapturedExchange?
    /// When a frame of it last passed, in either direction.
    var lastActivity = NIODeadline.now()
    /// Whether the client has sent everything.
    var isRequestComplete = false
    /// Whether the response's head has passed.
    var isResponseStarted = false
    /// Whether it has been recorded: the response is over, or nobody waits for it any more.
    var isOver = false
    /// The status that the client was told.
    private(set) var status = 0

    init(id: Int, section: HeaderSection, requestID: RequestID, captured: CapturedExchange?) {
        self.id = id
        self.requestID = requestID
        self.captured = captured
        isHead = section.method == "HEAD"
        isGRPC = section.value(.contentType)?.hasPrefix("application/grpc") ?? false
    }

    /// The response's head has passed.
    func begin(_ section: HeaderSection, isLast: Bool) {
        isResponseStarted = true
        status = section.status
        if isGRPC, isLast { end(section) }
    }

    /// The response's last fields have passed: its trailers, or its head where it is nothing else.
    func end(_ section: HeaderSection) {
        guard isGRPC else { return }
        if let code = section.value(.grpcStatus) {
            end(GRPCOutcome(text: code), message: section.value(.grpcMessage))
        } else {
            endWithoutTrailers()
        }
    }

    /// The response has ended with its body; a gRPC call owes the client its outcome then.
    func endWithoutTrailers() {
        if isGRPC, status == 200 { end(.unknown, message: nil) }
    }

    /// The call has this outcome for the client.
    func end(_ outcome: GRPCOutcome, message: String?) {
        guard isGRPC else { return }
        captured?.grpcStatus = outcome
        captured?.grpcMessage = message
        status = outcome.httpStatus
    }

    /// The client is told, or has left with, this status.
    func end(status: Int) { self.status = status }
}
