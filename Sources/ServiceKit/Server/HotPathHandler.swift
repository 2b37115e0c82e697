import HTTPMessages
import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Stands before Hummingbird on each connection: reads HTTP/1.1 from the bytes, refuses what must be refused early,
/// answers hot routes, passes the rest on, keeps the order of pipelined requests, and watches the time that requests
/// take to arrive.
final class HotPathHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = ByteBuffer

    private let rules: ListenerRules
    private var client = ClientPresence()
    private var state = ExchangeState()
    /// Holds the bytes of later requests until the one under way is answered.
    private var reader = MessageReader(.request)
    private var writer = AnswerWriter()
    /// Whether parts are being taken from the reader, so that an answer that is there at once does not begin it anew.
    private var isReceiving = false
    private var isReadHeldBack = false
    /// Told by the channel while a hot request was under way; Hummingbird hears of it afterwards.
    private var heldEvents: [Any] = []
    private var closesAfterAnswer = false
    /// When the answer is out after which the connection closes.
    private var lastAnswer: EventLoopFuture<Void>?
    private var isOverLimit = false
    private var hot: (route: HotRoute, request: HotRequest)?
    /// The token of the hot request where it takes a moment to verify.
    private var unverified: String?
    /// What Hummingbird's answer must know of its request.
    private var control = AnswerWriter.Request(isHead: false, minorVersion: 1)
    private var deadline = NIODeadline.distantFuture
    /// Whether the first bytes of a request are there and its head is not whole; the time of a request begins with them.
    private var isHeadUnderWay = false
    private var timer: Scheduled<Void>?

    /// With more bytes than these waiting behind a request nothing more is read.
    private static let backlogLimit = 64 << 10

    init(rules: ListenerRules) {
        self.rules = rules
    }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) {
        client = ClientPresence(ipAddress: context.remoteAddress?.ipAddress)
        isOverLimit = rules.connections.open() > rules.connectionLimit
        expect(within: isOverLimit ? .seconds(5) : rules.idleTimeout, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        rules.connections.close()
        timer?.cancel()
        timer = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        let ends = event is ChannelShouldQuiesceEvent || event as? ChannelEvent == .inputClosed
        guard ends, state.isHidden || (state.mustWait && !reader.isEmpty) else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        if state.isReceiving, event as? ChannelEvent == .inputClosed {
            close(context)  // the request will never be whole
            return
        }
        if event is ChannelShouldQuiesceEvent { closesAfterAnswer = true } else { client.leave() }
        heldEvents.append(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        client.leave()
        state.close()
        context.fireChannelInactive()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard mayReceive else { return }
        reader.append(unwrapInboundIn(data))
        receiveWaiting(context)
    }

    func read(context: ChannelHandlerContext) {
        if state.mustWait, reader.waiting > Self.backlogLimit {
            isReadHeldBack = true
        } else {
            context.read()
        }
    }

    /// Behind the last answer only the rest of a refused request is read, so that its sender gets to read why.
    private var mayReceive: Bool { !state.isClosed && (lastAnswer == nil || (state.isReceiving && !isHeadUnderWay)) }

    /// Goes on with what has arrived until a request is under way that must be answered first.
    private func receiveWaiting(_ context: ChannelHandlerContext) {
        isReceiving = true
        do throws(HTTPSyntaxError) {
            while !state.mustWait, mayReceive, let part = try reader.next() {
                receive(part, context)
            }
        } catch {
            fail(error, context)
        }
        isReceiving = false
        if state.isIdle, !reader.isEmpty, mayReceive, !isHeadUnderWay, !isOverLimit {
            isHeadUnderWay = true
            expect(within: rules.requestTimeout, context)
        }
        resumeReading(context)  // also when the next request is not whole yet
        guard state.isIdle, !heldEvents.isEmpty else { return }
        let events = heldEvents
        heldEvents = []
        for event in events { context.fireUserInboundEventTriggered(event) }
    }

    private func fail(_ error: HTTPSyntaxError, _ context: ChannelHandlerContext) {
        guard state.canRefuse else { return close(context) }
        let code: ServiceError.Code = error.code == .headTooLarge ? .headTooLarge : .badRequest
        refuse(ServiceError(code, error.message, remedy: error.remedy), context, thenClose: true)
        closeWhenWritten(context)  // after such bytes nothing more is read
    }

    private func receive(_ part: MessageReader.Part, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head):
            begin(head, context)
        case .body(let wire, .whole):
            receive(body: wire, context)
        case .body(let wire, .runs(let runs)):
            for run in runs {
                guard let content = wire.getSlice(at: wire.readerIndex + run.lowerBound, length: run.count) else {
                    continue
                }
                receive(body: content, context)
            }
        case .end:
            receiveEnd(context)
        }
    }

    private func receive(body: ByteBuffer, _ context: ChannelHandlerContext) {
        switch state.receive(bytes: body.readableBytes, limit: rules.bodyLimit) {
        case .collect: collect(body)
        case .forward: context.fireChannelRead(wrapInboundOut(.body(body)))
        case .drop: break
        case .refuseTooLarge: refuse(tooLarge, context)
        case .close: close(context)
        }
    }

    private func receiveEnd(_ context: ChannelHandlerContext) {
        let action = state.receiveEnd()
        expect(within: state.isIdle ? rules.idleTimeout : nil, context)
        switch action {
        case .answer:
            answer(context)
        case .forward:
            context.fireChannelRead(wrapInboundOut(.end(nil)))
        case .forwardAndFinish:
            context.fireChannelRead(wrapInboundOut(.end(nil)))
            finish(context)
        case .finish:
            finish(context)
        case .drop:
            break
        }
    }

    private func begin(_ head: MessageHead, _ context: ChannelHandlerContext) {
        if !isHeadUnderWay { expect(within: rules.requestTimeout, context) }
        isHeadUnderWay = false
        let target = head.target
        let question = target.utf8.firstIndex(of: UInt8(ascii: "?"))
        let path = question.map { target[..<$0] } ?? target[...]
        if !head.keepsConnection { closesAfterAnswer = true }

        guard !isOverLimit else {
            state.begin(.refuse)
            return refuse(
                ServiceError(
                    .unavailable,
                    "there are \(rules.connectionLimit) connections already",
                    remedy: "Try again later, and keep connections open between requests",
                    retryAfter: .seconds(1)
                ),
                context,
                thenClose: true
            )
        }
        let taker = rules.hotRoute(head, path: path)
        let answer = rules.access.answer(authorization: head.value(.authorization))
        if let refusal = rules.refusal(answer, of: taker?.route, path: path) {
            state.begin(.refuse)
            return refuse(refusal, context)
        }
        if case .bytes(let length) = head.declaredLength, length > rules.bodyLimit {
            state.begin(.refuse)
            return refuse(tooLarge, context)
        }
        if taker?.route.takesAnyEncoding != true, let refusal = ContentCoding.refusal(of: head) {
            state.begin(.refuse)
            return refuse(refusal, context)
        }
        if let (route, parameters) = taker {
            state.begin(.hot)
            if case .unverified(let token) = answer { unverified = token }
            let request = HotRequest(
                method: route.method,
                path: String(path),
                query: question.map { String(target[target.utf8.index(after: $0)...]) },
                fields: .head(head),
                parameters: parameters,
                client: client
            )
            hot = (route, request)
            inviteBody(head, context)
        } else {
            guard let request = HTTPRequest(head, target: target) else {
                state.begin(.refuse)
                return refuse(
                    ServiceError(.badRequest, "the method is no token", remedy: "Send HTTP/1.1"),
                    context
                )
            }
            state.begin(.control)
            control = AnswerWriter.Request(isHead: head.isMethod("HEAD"), minorVersion: head.minorVersion)
            inviteBody(head, context)
            context.fireChannelRead(wrapInboundOut(.head(request)))
        }
    }

    private func inviteBody(_ head: MessageHead, _ context: ChannelHandlerContext) {
        guard head.value(.expect)?.lowercased() == "100-continue" else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
    }

    private func collect(_ buffer: ByteBuffer) {
        // The first piece is kept as it came; only a body in several pieces is copied together.
        if hot?.request.body.readableBytes == 0 {
            hot?.request.body = buffer
        } else {
            hot?.request.body.writeImmutableBuffer(buffer)
        }
    }

    private var tooLarge: ServiceError {
        ServiceError(
            .payloadTooLarge,
            "the body has more than \(rules.bodyLimit) bytes",
            remedy: "Send less at a time, or raise http.body.limit.bytes"
        )
    }

    // MARK: Answers

    private func answer(_ context: ChannelHandlerContext) {
        guard let (route, request) = hot else { return }
        hot = nil
        let token = unverified
        unverified = nil
        switch rules.answer(route, request, token: token, context.eventLoop) {
        case .now(let response):
            complete(response, context)
        case .later(let future):
            let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
            future.hop(to: context.eventLoop).whenComplete { result in
                let (handler, context) = bound.value
                guard !handler.state.isClosed else { return }
                switch result {
                case .success(let response): handler.complete(response, context)
                case .failure(let error): handler.complete(ErrorResponse(error).hot, context)
                }
            }
        }
    }

    private func complete(_ response: HotResponse, _ context: ChannelHandlerContext) {
        write(response, context)
        state.answered()
        expect(within: rules.idleTimeout, context)
        finish(context)
    }

    private func refuse(_ error: ServiceError, _ context: ChannelHandlerContext, thenClose: Bool = false) {
        hot = nil
        unverified = nil
        rules.refusals.with(error.code.name).increment()
        state.refuse()
        closesAfterAnswer = closesAfterAnswer || thenClose
        write(ErrorResponse(error).hot, context)
    }

    private func write(_ response: HotResponse, _ context: ChannelHandlerContext) {
        let (head, body) = AnswerWriter.whole(response, closes: closesAfterAnswer, context.channel.allocator)
        if let body {
            context.write(wrapOutboundOut(head), promise: nil)
            writeLast(body, nil, context)
        } else {
            writeLast(head, nil, context)
        }
        context.flush()
    }

    /// Writes the last bytes of an answer, and remembers them where the connection ends with them.
    private func writeLast(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
        guard closesAfterAnswer else { return context.write(wrapOutboundOut(bytes), promise: promise) }
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        lastAnswer = written.futureResult
        context.write(wrapOutboundOut(bytes), promise: written)
    }

    /// Closes as soon as the last answer is out.
    private func closeWhenWritten(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        (lastAnswer ?? context.eventLoop.makeSucceededVoidFuture()).whenComplete { _ in
            bound.value.handler.close(bound.value.context)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard state.mayWriteControl() else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        let allocator = context.channel.allocator
        switch unwrapOutboundIn(data) {
        case .head(let head):
            let bytes = writer.begin(head, to: control, closes: closesAfterAnswer, allocator)
            closesAfterAnswer = closesAfterAnswer || writer.endsByClosing
            context.write(wrapOutboundOut(bytes), promise: promise)
        case .body(let body):
            guard let bytes = writer.part(body, allocator) else { promise?.succeed(); return }
            context.write(wrapOutboundOut(bytes), promise: promise)
        case .end(let trailer):
            writeLast(writer.end(trailer), promise, context)
            guard state.controlAnswered() else { return }
            context.flush()
            expect(within: rules.idleTimeout, context)
            finish(context)
        }
    }

    /// An exchange is over: what waited goes on.
    private func finish(_ context: ChannelHandlerContext) {
        guard lastAnswer == nil else { return closeWhenWritten(context) }
        guard !isReceiving, !reader.isEmpty || !heldEvents.isEmpty || isReadHeldBack else { return }
        receiveWaiting(context)
        // Parts that come outside a read of the channel are handed on at the end of one.
        context.fireChannelReadComplete()
    }

    private func resumeReading(_ context: ChannelHandlerContext) {
        guard isReadHeldBack, !state.mustWait || reader.waiting <= Self.backlogLimit else { return }
        isReadHeldBack = false
        context.read()
    }

    private func close(_ context: ChannelHandlerContext) {
        state.close()
        context.close(promise: nil)
    }

    // MARK: Time

    /// Sets when the connection has waited long enough; nil while the waiting is ours.
    private func expect(within amount: TimeAmount?, _ context: ChannelHandlerContext) {
        deadline = amount.map { .now() + $0 } ?? .distantFuture
        guard amount != nil, timer == nil else { return }
        schedule(context)
    }

    /// One timer for each connection, not one for each request: it looks at the deadline at least as often as the
    /// shortest wait, which no deadline that is set in the meantime can undercut.
    private func schedule(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let look = min(deadline, .now() + min(rules.requestTimeout, rules.idleTimeout))
        timer = context.eventLoop.scheduleTask(deadline: look) {
            let (handler, context) = bound.value
            handler.timer = nil
            handler.checkTime(context)
        }
    }

    private func checkTime(_ context: ChannelHandlerContext) {
        guard deadline != .distantFuture, !state.isClosed else { return }
        guard deadline <= .now() else { return schedule(context) }
        guard state.isIdle || state.isReceiving else { return }
        if state.isReceiving || isHeadUnderWay, state.canRefuse {
            closesAfterAnswer = true
            refuse(
                ServiceError(
                    .requestTimeout,
                    "the request did not arrive in \(rules.requestTimeout.nanoseconds / 1_000_000) ms",
                    remedy: "Send it in one go"
                ),
                context
            )
        }
        closeWhenWritten(context)
    }
}
