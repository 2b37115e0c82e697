import HTTPMessages
import NIOCore
import PayloadCapture

/// A client's HTTP/2 connection, joined to one of its own to the model: frames pass as they came, both ways.
///
/// The peers keep their connection with each other: settings, windows, pings and compression are theirs, end to end. The tap
/// follows frames and field sections in both directions to know which requests are under way, adds fields at the end
/// of header blocks, and speaks for itself only where the model cannot, and at the stop.
///
/// `@unchecked Sendable`: all its state is read and written on the channel's event loop. NIO calls the handler there, and
/// its `ProxyLoop` and its connection to the model belong to the same loop.
final class HTTP2ClientConnection: ChannelDuplexHandler, ClientSide, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// The connection to the model is not there yet.
        case connecting
        /// Frames pass.
        case passing(HTTP2UpstreamConnection)
        /// There is no model: requests get this answer, until the moment at which the client is sent away.
        case answering(ProxyAnswer, until: NIODeadline)
        /// Everything is said; what still comes is dropped until the client closes.
        case draining
        /// The connection ends behind what has been written.
        case closing
    }

    let loop: ProxyLoop
    var context: ChannelHandlerContext?
    var phase = Phase.connecting
    var requests: FrameReader
    var responses: FrameReader
    /// Requests under way, by stream.
    var streams: [Int: HTTP2Stream] = [:]
    /// The latest stream that the client has opened.
    var latestStreamID = 0
    /// The latest stream that may be answered, by the model's or our own GOAWAY.
    var lastAllowedStreamID = Int(Int32.max)
    /// Whether anything from the model has been passed on.
    var hasModelSpoken = false
    /// Whether the client has got SETTINGS, the model's or ours.
    var hasSettings = false
    /// Whether we have asked the client to open no further streams.
    var isLeaving = false
    /// The client's SETTINGS that the model has not acknowledged.
    var unacknowledgedSettings = 0
    /// What the client lets a new stream send.
    var clientWindow = 65535
    var lastActivity = NIODeadline.now()
    /// Bytes for the model until its connection is there.
    var held: [ByteBuffer] = []
    private var heldBytes = 0
    private var isReadHeld = false

    /// The most that is read of a client while the connection to the model is not there.
    private static let holdLimit = 256 << 10

    init(loop: ProxyLoop) {
        self.loop = loop
        requests = FrameReader(.client, headLimit: loop.limits.headBytes)
        responses = FrameReader(.server, headLimit: loop.limits.headBytes)
    }

    /// Whether more may be written before the client has read some.
    var isWritable: Bool { context?.channel.isWritable ?? false }

    var upstream: HTTP2UpstreamConnection? {
        if case .passing(let upstream) = phase { upstream } else { nil }
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
        // A peer that vanishes says so to nobody, and no timeout of ours ends a stream that is merely quiet.
        _ = context.channel.setOption(.socketOption(.so_keepalive), value: 1)
        loop.pool.acquireOwn(for: self)
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { isReadHeld = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastActivity = .now()
        switch phase {
        case .connecting, .passing, .answering: takeRequests(unwrapInboundIn(data))
        case .draining, .closing: break
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { upstream?.resumeReading() }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        loop.pool.cancelOwn(for: self)
        let upstream = upstream
        phase = .closing
        upstream?.close()
        recordAll(as: .clientGone) { $0.isGRPC ? $0.end(.cancelled, message: nil) : $0.end(status: 499) }
        loop.remove(self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func close() { context?.close(promise: nil) }

    /// Reads on when there is room for what comes.
    func resumeReading() {
        guard isReadHeld, let context, mayRead else { return }
        isReadHeld = false
        context.read()
    }

    private var mayRead: Bool {
        switch phase {
        case .connecting: heldBytes < Self.holdLimit
        case .passing(let upstream): upstream.isWritable
        case .answering, .draining, .closing: true
        }
    }

    // MARK: From the client

    private func takeRequests(_ bytes: ByteBuffer) {
        requests.append(bytes)
        do {
            while isOpen, let part = try requests.next() { take(part) }
        } catch {
            forward(requests.takeRun())
            refuse(error)
            return
        }
        forward(requests.takeRun())
        upstream?.flush()
        finishAnswering()
        if isLeaving { leave() }
    }

    private var isOpen: Bool {
        switch phase {
        case .connecting, .passing, .answering: true
        case .draining, .closing: false
        }
    }

    private func take(_ part: FrameReader.Part) {
        switch part {
        case .headers(let block, let run):
            forward(run)
            if block.streamID > latestStreamID {
                begin(block)
            } else {
                forward(block.wire)
                if block.endsStream { requestEnded(block.streamID) }
            }
        case .data(let id, let content, let isEnd):
            guard let stream = streams[id] else { break }
            stream.lastActivity = lastActivity
            loop.capture(content, in: \.requestBody, of: stream)
            if isEnd { requestEnded(id) }
        case .reset(let id, let code): clientReset(id, code)
        case .settings(let settings):
            if !settings.isAcknowledgement { unacknowledgedSettings += 1 }
            clientWindow = settings.initialWindow ?? clientWindow
        case .other(let head): streams[head.streamID]?.lastActivity = lastActivity
        case .goAway: break
        }
    }

    private func begin(_ block: HeaderBlock) {
        latestStreamID = block.streamID
        let isObserved = streams.count < loop.limits.streams
        let (stream, forwarded) = loop.begin(block, from: context?.remoteAddress, isObserved: isObserved)
        streams[block.streamID] = stream
        forward(forwarded)
        if case .answering(let answer, _) = phase, let stream { self.answer(stream, answer) }
    }

    private func requestEnded(_ id: Int) {
        guard let stream = streams[id] else { return }
        stream.isRequestComplete = true
        stream.lastActivity = lastActivity
        if stream.isOver { remove(stream) }
    }

    private func clientReset(_ id: Int, _ code: HTTP2ErrorCode) {
        guard let stream = streams[id] else { return }
        if !stream.isOver {
            if stream.isGRPC { stream.end(.cancelled, message: nil) } else { stream.end(status: 499) }
            loop.record(stream, as: .clientGone)
        }
        remove(stream)
    }

    private func forward(_ bytes: ByteBuffer?) {
        guard let bytes else { return }
        switch phase {
        case .connecting:
            held.append(bytes)
            heldBytes += bytes.readableBytes
        case .passing(let upstream): upstream.write(bytes)
        case .answering, .draining, .closing: break
        }
    }

    // MARK: To the client

    func write(_ bytes: ByteBuffer?) {
        guard let context, let bytes, bytes.readableBytes > 0 else { return }
        context.write(wrapOutboundOut(bytes), promise: nil)
    }

    /// A stream is over in both directions.
    func remove(_ stream: HTTP2Stream) {
        streams[stream.id] = nil
    }
}
