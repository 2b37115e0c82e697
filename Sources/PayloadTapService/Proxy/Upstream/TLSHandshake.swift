import NIOCore
import NIOTLS

/// Waits until TLS stands, then puts the connection's own handler in its place.
///
/// `@unchecked Sendable`: all its state is read and written on the channel's event loop.
final class TLSHandshake: ChannelInboundHandler, RemovableChannelHandler, @unchecked Sendable {
    typealias InboundIn = Any

    private let speech: UpstreamTLS.Speech
    private let timeout: TimeAmount
    private let next: any ChannelHandler & Sendable
    private let done: EventLoopPromise<Void>
    private var deadline: Scheduled<Void>?

    /// - Parameters:
    ///   - next: What speaks over the connection.
    ///   - done: Succeeds when it may; fails with what TLS or ``UpstreamRefusal`` says.
    init(
        speaking speech: UpstreamTLS.Speech,
        timeout: TimeAmount,
        next: any ChannelHandler & Sendable,
        done: EventLoopPromise<Void>
    ) {
        self.speech = speech
        self.timeout = timeout
        self.next = next
        self.done = done
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: timeout) {
            let (handshake, context) = bound.value
            handshake.fail(UpstreamRefusal.timeout, context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted(let negotiated)? = event as? TLSUserEvent {
            finish(negotiated, context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(error, context) }

    func channelInactive(context: ChannelHandlerContext) {
        fail(ChannelError.eof, context)
        context.fireChannelInactive()
    }

    private func finish(_ negotiated: String?, _ context: ChannelHandlerContext) {
        // HTTP/1.1 is what a server speaks that negotiates nothing; HTTP/2 has to be agreed on (RFC 9113, section 3.2).
        guard negotiated == speech.rawValue || speech == .http1 && negotiated == nil else {
            return fail(UpstreamRefusal.otherProtocol, context)
        }
        deadline?.cancel()
        do {
            try context.pipeline.syncOperations.addHandler(next, position: .after(self))
            done.succeed()
        } catch {
            done.fail(error)
        }
        _ = context.pipeline.syncOperations.removeHandler(context: context)
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        done.fail(error)
        context.close(promise: nil)
    }
}

/// Why a connection to the model was given up, besides what the system or TLS says.
enum UpstreamRefusal: String, Error {
    case timeout = "TLS was not agreed on in time"
    case otherProtocol = "the model's server does not take up the protocol that the client speaks"
}
