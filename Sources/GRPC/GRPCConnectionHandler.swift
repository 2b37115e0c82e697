import CloudEvents
import HTTPMessages
import HTTPTypes
import NIOCore
import NIOHPACK
import NIOHTTP2
import OpenInference
import ServiceKit

/// The calls of one HTTP/2 connection: reads messages from frames, asks routes, writes answers and statuses.
///
/// The frames come from the library's handler, which refuses those that break HTTP/2, keeps flow control and bounds
/// what a hostile client may cost. There is no channel for each stream, and no task for each call: a call is a small
/// object of this handler.
final class GRPCConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private let rules: GRPCRules
    private var calls: [HTTP2StreamID: GRPCCall] = [:]
    private var peer: ClientPresence?
    private var timer: Scheduled<Void>?

    /// The window of each stream and of the connection, in bytes: as much as may be under way before the client waits.
    static let streamWindow = 1 << 20
    private static let connectionWindow = 4 << 20

    init(rules: GRPCRules) {
        self.rules = rules
    }

    // MARK: The connection

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        endAll()
    }

    func channelInactive(context: ChannelHandlerContext) {
        endAll()
        context.fireChannelInactive()
    }

    private func endAll() {
        for call in calls.values { call.end() }
        calls = [:]
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as NIOHTTP2WindowUpdatedEvent:
            openWindow(event.streamID, event.inboundWindowSize, context)
        case let event as StreamClosedEvent:
            calls.removeValue(forKey: event.streamID)?.end()
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Lets the client go on when less than half of a window is left.
    private func openWindow(_ streamID: HTTP2StreamID, _ size: Int?, _ context: ChannelHandlerContext) {
        let target = streamID == .rootStream ? Self.connectionWindow : Self.streamWindow
        guard let size, size < target / 2, streamID == .rootStream || calls[streamID] != nil else { return }
        if let call = calls[streamID], !call.waiting.isEmpty {
            call.owedWindow = target - size  // behind messages that wait for their turn nothing more is read
            return
        }
        write(streamID, .windowUpdate(windowSizeIncrement: target - size), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        // Of one stream, which the library has told its peer about by then.
        case is NIOHTTP2Errors.StreamError, is NIOHTTP2Errors.StreamClosed, is NIOHTTP2Errors.NoSuchStream: break
        default: context.close(promise: nil)
        }
    }

    // MARK: Frames

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.payload {
        case .headers(let head):
            if let call = calls[frame.streamID] {
                if head.endStream { closedByClient(call, context) }
            } else {
                begin(frame.streamID, head, context)
            }
        case .data(let data):
            guard let call = calls[frame.streamID] else { return }
            if case .byteBuffer(let bytes) = data.data { receive(bytes, call, context) }
            if data.endStream { closedByClient(call, context) }
        default: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        watchArrivals(context)
    }

    /// Who has the connection: the same for all its calls.
    private func client(_ context: ChannelHandlerContext) -> ClientPresence {
        if let peer { return peer }
        let client = ClientPresence(ipAddress: context.remoteAddress?.ipAddress)
        peer = client
        return client
    }

    private func begin(
        _ streamID: HTTP2StreamID,
        _ head: HTTP2Frame.FramePayload.Headers,
        _ context: ChannelHandlerContext
    ) {
        let headers = head.headers
        let type = headers.first(name: "content-type") ?? ""
        guard headers.first(name: ":method") == "POST", type.hasPrefix("application/grpc") else {
            // No gRPC: answered as HTTP has it.
            let status = type.hasPrefix("application/grpc") ? "405" : "415"
            write(streamID, .headers(.init(headers: [":status": status], endStream: true)), context)
            return stopReading(streamID, isWhole: head.endStream, context)
        }
        let route = rules.route(
            headers.first(name: ":path") ?? "",
            authorization: rules.tokens == nil ? nil : headers.first(name: "authorization")
        )
        guard case .success(let route) = route else {
            if case .failure(let refusal) = route { refuse(streamID, refusal, isWhole: head.endStream, context) }
            return
        }
        let encoding = headers.first(name: "grpc-encoding") ?? GRPCEncoding.identity.rawValue
        guard let encoding = GRPCEncoding(rawValue: encoding) else {
            var refusal = GRPCRefusal(
                ServiceError(
                    .notImplemented,
                    "the compression \(encoding.prefix(32)) is not known",
                    remedy: "Send grpc-encoding \(GRPCEncoding.accepted)"
                )
            )
            refusal.status.trailers.append((name: "grpc-accept-encoding", value: GRPCEncoding.accepted))
            return refuse(streamID, refusal, isWhole: head.endStream, context)
        }
        let call = GRPCCall(
            streamID: streamID,
            route: route,
            headers: headers,
            encoding: encoding,
            messageLimit: rules.messageLimit,
            client: client(context)
        )
        calls[streamID] = call
        if let text = headers.first(name: "grpc-timeout") { setDeadline(text, call, context) }
        if head.endStream { closedByClient(call, context) }
    }

    private func receive(_ bytes: ByteBuffer, _ call: GRPCCall, _ context: ChannelHandlerContext) {
        call.frames.append(bytes)
        do throws(MessageFrames.Fault) {
            while let message = try call.frames.next() {
                guard call.route.kind == .bidirectional || call.waiting.isEmpty else {
                    return fail(call, Self.severalMessages, context)
                }
                call.receivingSince = .now()
                call.waiting.append(message)
            }
        } catch {
            return fail(call, fault(error), context)
        }
        if call.frames.isPartial || call.waiting.count > 1 {
            let held = calls.values.reduce(0) { $0 + $1.held }
            guard held / GRPCRules.heldMessages <= rules.messageLimit else { return fail(call, Self.tooMuch, context) }
        }
        if call.route.kind == .bidirectional { proceed(call, context) }
    }

    private func closedByClient(_ call: GRPCCall, _ context: ChannelHandlerContext) {
        call.isClosedByClient = true
        guard !call.frames.isPartial else { return fail(call, Self.cutShort, context) }
        guard call.route.kind == .bidirectional || !call.waiting.isEmpty || call.taken > 0 else {
            return fail(call, Self.noMessage, context)
        }
        proceed(call, context)
    }

    // MARK: Answers

    /// Gives the next message to the route, one at a time.
    private func proceed(_ call: GRPCCall, _ context: ChannelHandlerContext) {
        guard !call.isAnswering, !call.life.isOver else { return }
        guard let message = call.waiting.popFirst() else {
            if call.isClosedByClient, call.route.kind == .bidirectional { finish(call, GRPCStatus(.ok, ""), context) }
            return
        }
        if call.owedWindow > 0, call.waiting.isEmpty {
            write(call.streamID, .windowUpdate(windowSizeIncrement: call.owedWindow), context)
            call.owedWindow = 0
            context.flush()
        }
        let inflated: ByteBuffer
        do {
            inflated = try MessageCompression.inflated(message, limit: rules.messageLimit)
        } catch {
            return fail(call, error, context)
        }
        call.isAnswering = true
        switch call.route.answer(call.request(inflated), context.eventLoop) {
        case .now(let response): complete(call, response, context)
        case .later(let future):
            let bound = NIOLoopBound((handler: self, call: call, context: context), eventLoop: context.eventLoop)
            future.hop(to: context.eventLoop).whenComplete { result in
                let (handler, call, context) = bound.value
                guard !call.life.isOver else { return }
                switch result {
                case .success(let response): handler.complete(call, response, context)
                case .failure(let error): handler.complete(call, ErrorResponse(error).hot, context)
                }
            }
        }
    }

    private func complete(_ call: GRPCCall, _ response: HotResponse, _ context: ChannelHandlerContext) {
        call.isAnswering = false
        guard !call.life.isOver else { return }
        guard response.status.kind == .successful else {
            return finish(call, GRPCStatus(response), metadata: response.headers, context)
        }
        begin(call, metadata: response.headers, context)
        let message = MessageCompression.compressed(response.body, call.encoding)
        let data = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(message)))
        guard call.route.kind == .bidirectional else {
            write(call.streamID, data, context)
            return finish(call, GRPCStatus(.ok, ""), context)
        }
        // The next message waits until the client has taken this answer, so that answers do not pile up.
        let written = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound((handler: self, call: call, context: context), eventLoop: context.eventLoop)
        call.isAnswering = true
        written.futureResult.whenSuccess {
            let (handler, call, context) = bound.value
            call.isAnswering = false
            handler.proceed(call, context)
        }
        context.write(wrapOutboundOut(HTTP2Frame(streamID: call.streamID, payload: data)), promise: written)
        context.flush()
    }

    private func begin(
        _ call: GRPCCall,
        metadata: HTTPBinding.Headers,
        _ context: ChannelHandlerContext
    ) {
        guard !call.hasBegun else { return }
        call.hasBegun = true
        var head = Self.head
        if call.encoding != .identity {
            head.add(name: "grpc-encoding", value: call.encoding.rawValue)
            head.add(name: "grpc-accept-encoding", value: GRPCEncoding.accepted)
        }
        Self.add(metadata, to: &head)
        write(call.streamID, .headers(.init(headers: head)), context)
    }

    private static let head: HPACKHeaders = [":status": "200", "content-type": "application/grpc"]

    private static let ownNames: Set<String> = ["content-type", "content-length", "retry-after"]

    /// What a route says in HTTP's headers, but for what gRPC says by itself.
    private static func add(_ metadata: HTTPBinding.Headers, to headers: inout HPACKHeaders) {
        for (name, value) in metadata {
            let name = name.lowercased()
            guard !ownNames.contains(name) else { continue }
            // Ids differ from call to call: in the table of the connection they would only push others out.
            headers.add(name: name, value: value, indexing: .nonIndexable)
        }
    }

    /// The end of a call: trailers behind its messages, or alone.
    private func finish(
        _ call: GRPCCall,
        _ status: GRPCStatus,
        metadata: HTTPBinding.Headers = [],
        _ context: ChannelHandlerContext
    ) {
        guard calls.removeValue(forKey: call.streamID) != nil else { return }
        call.end()
        writeStatus(call.streamID, status, hasBegun: call.hasBegun, metadata: metadata, context)
        stopReading(call.streamID, isWhole: call.isClosedByClient, context)
    }

    private func fail(_ call: GRPCCall, _ error: ServiceError, _ context: ChannelHandlerContext) {
        rules.refusals.with(error.code.name).increment()
        finish(call, GRPCStatus(error), context)
    }

    private func refuse(
        _ streamID: HTTP2StreamID,
        _ refusal: GRPCRefusal,
        isWhole: Bool,
        _ context: ChannelHandlerContext
    ) {
        rules.refusals.with(refusal.code).increment()
        writeStatus(streamID, refusal.status, hasBegun: false, metadata: [], context)
        stopReading(streamID, isWhole: isWhole, context)
    }

    private func writeStatus(
        _ streamID: HTTP2StreamID,
        _ status: GRPCStatus,
        hasBegun: Bool,
        metadata: HTTPBinding.Headers,
        _ context: ChannelHandlerContext
    ) {
        var trailers = hasBegun ? HPACKHeaders() : Self.head
        trailers.add(name: "grpc-status", value: String(status.code.rawValue))
        if !status.message.isEmpty {
            trailers.add(name: "grpc-message", value: GRPCText.encoded(status.message), indexing: .nonIndexable)
        }
        Self.add(metadata, to: &trailers)
        Self.add(status.trailers, to: &trailers)
        write(streamID, .headers(.init(headers: trailers, endStream: true)), context)
    }

    /// Tells a client that has not sent all yet that nobody reads on; it is no error (RFC 9113, section 8.1).
    private func stopReading(_ streamID: HTTP2StreamID, isWhole: Bool, _ context: ChannelHandlerContext) {
        if !isWhole { write(streamID, .rstStream(.noError), context) }
        context.flush()  // which the handler before keeps back until all that was read has been answered
    }

    private func write(
        _ streamID: HTTP2StreamID,
        _ payload: HTTP2Frame.FramePayload,
        _ context: ChannelHandlerContext
    ) {
        context.write(wrapOutboundOut(HTTP2Frame(streamID: streamID, payload: payload)), promise: nil)
    }

    // MARK: Time

    /// Ends a call when its client has stopped waiting for it.
    private func setDeadline(_ text: String, _ call: GRPCCall, _ context: ChannelHandlerContext) {
        guard let timeout = GRPCText.timeout(text) else {
            return fail(
                call,
                ServiceError(
                    .badRequest,
                    "grpc-timeout is \"\(text.prefix(32))\"",
                    remedy: "Send at most eight digits and one of H, M, S, m, u, n"
                ),
                context
            )
        }
        let bound = NIOLoopBound((handler: self, call: call, context: context), eventLoop: context.eventLoop)
        call.deadline = context.eventLoop.scheduleTask(in: TimeAmount(timeout)) {
            let (handler, call, context) = bound.value
            handler.finish(call, GRPCStatus(.deadlineExceeded, "the deadline of the call has passed"), context)
        }
    }

    /// Looks after messages that do not come to an end, as long as there are some.
    private func watchArrivals(_ context: ChannelHandlerContext) {
        guard timer == nil, calls.values.contains(where: Self.isReceiving) else { return }
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: rules.requestTimeout) {
            let (handler, context) = bound.value
            handler.timer = nil
            let latest = NIODeadline.now() - handler.rules.requestTimeout
            for call in handler.calls.values where Self.isReceiving(call) && call.receivingSince <= latest {
                handler.fail(call, handler.tooSlow, context)
            }
            handler.watchArrivals(context)
        }
    }

    /// Whether the rest of a message is missing; between its messages a stream may be silent.
    private static func isReceiving(_ call: GRPCCall) -> Bool {
        call.frames.isPartial || (call.route.kind == .unary && !call.isClosedByClient)
    }

    // MARK: Faults

    private var tooSlow: ServiceError {
        ServiceError(
            .requestTimeout,
            "the message did not arrive in \(rules.requestTimeout.nanoseconds / 1_000_000) ms",
            remedy: "Send it in one go"
        )
    }

    private func fault(_ fault: MessageFrames.Fault) -> ServiceError {
        switch fault {
        case .tooLarge(let count):
            ServiceError(
                .payloadTooLarge,
                "the message has \(count) bytes, more than \(rules.messageLimit)",
                remedy: "Send less at a time, or raise http.body.limit.bytes"
            )
        case .flag(let flag):
            ServiceError(
                .badRequest,
                "the byte before a message's length is \(flag)",
                remedy: "Send 0, or 1 before a compressed message"
            )
        }
    }

    private static let tooMuch = ServiceError(
        .tooManyRequests,
        "too many messages are on their way on this connection",
        remedy: "Send fewer at a time, or open another connection",
        retryAfter: .seconds(1)
    )
    private static let severalMessages = ServiceError(
        .badRequest,
        "several messages in a call of one",
        remedy: "Send one message, or call a streaming method"
    )
    private static let noMessage = ServiceError(.badRequest, "a call without a message", remedy: "Send one message")
    private static let cutShort = ServiceError(
        .badRequest,
        "the call ended in the middle of a message",
        remedy: "Send as many bytes as the message's length says"
    )
}
