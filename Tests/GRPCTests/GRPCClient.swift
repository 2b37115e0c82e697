import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import Synchronization

/// An HTTP/2 connection that sends exactly the frames that it is told to, and remembers all that came.
final class GRPCClient: Sendable {
    private let channel: any Channel
    private let frames: AsyncStream<HTTP2Frame>
    private let codes: Codes

    /// What a call was answered.
    struct Answer: Sendable {
        /// The first header block, and the last where there are two.
        var head = HPACKHeaders()
        var trailers = HPACKHeaders()
        /// The messages with their five bytes.
        var body: [UInt8] = []
        /// How the stream ended, when it was reset.
        var reset: HTTP2ErrorCode?

        var status: String? { trailers.first(name: "grpc-status") ?? head.first(name: "grpc-status") }
        var message: String? { trailers.first(name: "grpc-message") ?? head.first(name: "grpc-message") }
    }

    /// The codes of the GOAWAY frames that came.
    private final class Codes: Sendable {
        let all = Mutex<[HTTP2ErrorCode]>([])
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = HTTP2Frame
        typealias OutboundOut = HTTP2Frame
        let source: AsyncStream<HTTP2Frame>.Continuation
        let codes: Codes

        init(_ source: AsyncStream<HTTP2Frame>.Continuation, _ codes: Codes) {
            self.source = source
            self.codes = codes
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let frame = unwrapInboundIn(data)
            if case .goAway(_, let code, _) = frame.payload { codes.all.withLock { $0.append(code) } }
            source.yield(frame)
            // What was taken may be sent again, on the stream and on the connection.
            guard case .data(let data) = frame.payload, data.data.readableBytes > 0 else { return }
            for streamID in [frame.streamID, .rootStream] where streamID == .rootStream || !data.endStream {
                let update = HTTP2Frame.FramePayload.windowUpdate(windowSizeIncrement: data.data.readableBytes)
                context.write(wrapOutboundOut(HTTP2Frame(streamID: streamID, payload: update)), promise: nil)
            }
            context.flush()
        }

        func channelInactive(context: ChannelHandlerContext) { source.finish() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) {}
    }

    init(port: Int) async throws {
        let (stream, source) = AsyncStream<HTTP2Frame>.makeStream()
        let codes = Codes()
        (frames, self.codes) = (stream, codes)
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandlers(NIOHTTP2Handler(mode: .client), Collector(source, codes))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    func close() async { try? await channel.close() }

    func send(_ streamID: Int, _ payload: HTTP2Frame.FramePayload) async throws {
        try await channel.writeAndFlush(HTTP2Frame(streamID: HTTP2StreamID(streamID), payload: payload))
    }

    /// Begins a call, with its only message on the same way where one is given.
    func begin(
        _ streamID: Int,
        _ path: String,
        _ further: [(String, String)] = [],
        message: [UInt8]? = nil
    ) async throws {
        var fields = [
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "test"), ("te", "trailers"),
            ("content-type", "application/grpc+proto"),
        ]
        for (name, value) in further {
            if let place = fields.firstIndex(where: { $0.0 == name }) {
                fields[place].1 = value
            } else {
                fields.append((name, value))
            }
        }
        let head = HTTP2Frame.FramePayload.headers(.init(headers: HPACKHeaders(fields)))
        guard let message else { return try await send(streamID, head) }
        channel.write(HTTP2Frame(streamID: HTTP2StreamID(streamID), payload: head), promise: nil)
        try await data(streamID, message)
    }

    func data(_ streamID: Int, _ bytes: [UInt8], ends: Bool = true) async throws {
        try await send(streamID, .data(.init(data: .byteBuffer(ByteBuffer(bytes: bytes)), endStream: ends)))
    }

    /// A call of one message; what it was answered.
    func call(
        _ streamID: Int,
        _ path: String,
        _ further: [(String, String)] = [],
        _ message: [UInt8]
    ) async throws -> Answer {
        try await begin(streamID, path, further)
        try? await data(streamID, message)  // the server may have ended the stream by then
        return await answer(streamID)
    }

    /// Waits until the stream has ended, or the connection.
    func answer(_ streamID: Int) async -> Answer {
        var answer = Answer()
        for await frame in frames where frame.streamID == HTTP2StreamID(streamID) {
            switch frame.payload {
            case .headers(let block):
                if answer.head.isEmpty { answer.head = block.headers } else { answer.trailers = block.headers }
                if block.endStream { return answer }
            case .data(let data):
                if case .byteBuffer(let bytes) = data.data { answer.body += Array(bytes.readableBytesView) }
            case .rstStream(let code):
                answer.reset = code
                return answer
            default: break
            }
        }
        return answer
    }

    /// The codes of all GOAWAY frames, once the connection has ended.
    func goodbyes() async -> [HTTP2ErrorCode] {
        for await _ in frames {}
        return codes.all.withLock { $0 }
    }
}

/// A message behind its five bytes.
func framed(_ message: [UInt8], flag: UInt8 = 0) -> [UInt8] {
    [flag] + withUnsafeBytes(of: UInt32(message.count).bigEndian) { Array($0) } + message
}
