import HTTPMessages
import NIOCore
import PayloadCapture

/// One request of a client while it is being answered.
///
/// Confined to its event loop.
final class Exchange {
    /// The request's head as it came.
    let head: MessageHead
    /// Its id.
    let requestID: RequestID
    /// When it began.
    let startedAt = NIODeadline.now()
    /// How far it has come.
    var progress = ExchangeProgress()
    /// The connection that carries it, once there is one.
    var upstream: UpstreamConnection?
    /// Bytes for the model that have not certainly left: until there is a connection, and until its first write.
    var held: [ByteBuffer]
    /// Whether ``held`` has gone out once, so that nothing is held any more.
    var isSent = false
    /// The status that the client was told.
    var status = 0
    /// Whether the client's connection stays open behind the response.
    var clientStays = false
    /// Whether the model's does.
    var upstreamStays = false
    /// What is kept of it; nil when it is not recorded.
    var captured: CapturedExchange?

    init(head: MessageHead, requestID: RequestID, forwarded: ByteBuffer, captured: CapturedExchange?) {
        self.head = head
        self.requestID = requestID
        self.held = [forwarded]
        self.captured = captured
    }

    /// Whether the response may switch the connection to another protocol.
    var mayBecomeTunnel: Bool { head.asksForUpgrade || head.isMethod("CONNECT") }
}
