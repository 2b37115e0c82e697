import CloudEvents
import HTTPMessages
import HTTPTypes
import NIOCore
import NIOHPACK
import NIOHTTP2
import ServiceKit

/// One call on its connection: what has come of it, and what its client was told.
///
/// Belongs to the event loop of its connection.
final class GRPCCall {
    let streamID: HTTP2StreamID
    let route: GRPCRoute
    /// The metadata.
    let fields: HeaderFields
    /// How the client compresses its messages, and is answered.
    let encoding: GRPCEncoding
    let life = CallLife()
    /// Where its connection comes from.
    private let client: ClientPresence
    var frames: MessageFrames
    /// Whole messages that wait for those before them.
    var waiting = CircularBuffer<ByteBuffer>(initialCapacity: 1)
    /// By how many bytes the stream's window is to be opened when none waits any more.
    var owedWindow = 0
    /// Messages that have been given to the route.
    var taken = 0
    /// Whether the client has sent all that it sends.
    var isClosedByClient = false
    /// Whether the route works for it.
    var isAnswering = false
    /// Whether the head of the answer is out.
    var hasBegun = false
    /// When bytes of it were last missing.
    var receivingSince: NIODeadline
    var deadline: Scheduled<Void>?

    init(
        streamID: HTTP2StreamID,
        route: GRPCRoute,
        headers: HPACKHeaders,
        encoding: GRPCEncoding,
        messageLimit: Int,
        client: ClientPresence
    ) {
        self.streamID = streamID
        self.route = route
        self.encoding = encoding
        self.client = client
        var list: [(name: String, value: String)] = []
        list.reserveCapacity(headers.count)
        for (name, value, _) in headers where name.utf8.first != UInt8(ascii: ":") {
            list.append((name: name, value: value))
        }
        fields = .list(list)
        frames = MessageFrames(limit: messageLimit)
        receivingSince = .now()
    }

    /// The request that its route sees.
    func request(_ message: ByteBuffer) -> GRPCRequest {
        defer { taken += 1 }
        return GRPCRequest(
            HotRequest(method: .post, path: route.path, fields: fields, body: message, client: client),
            index: taken,
            life: life
        )
    }

    /// The bytes of messages that are not whole, or wait.
    var held: Int { waiting.reduce(frames.held) { $0 + $1.readableBytes } }

    /// Nothing more comes of it.
    func end() {
        life.end()
        deadline?.cancel()
        deadline = nil
    }
}
