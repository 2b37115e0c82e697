import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Stands before Hummingbird on each connection: refuses what must be refused early, answers hot routes, passes the
/// rest on, keeps the order of pipelined requests, and watches the time that requests take to arrive.
final class HotPathHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let rules: ListenerRules
    private var state = ExchangeState()
    /// Parts of later requests, until the one under way is answered.
    private var backlog = CircularBuffer<HTTPRequestPart>()
    private var isReadHeldBack = false
    /// Told by the channel while a hot request was under way; Hummingbird hears of it afterwards.
    private var heldEvents: [Any] = []
    private var closesAfterAnswer = false
    /// When the answer is out after which the connection closes.
    private var lastAnswer: EventLoopFuture<Void>?
    private var isOverLimit = false
    private var hot: (route: HotRoute, request: HotRequest)?
    private var deadline = NIODeadline.distantFuture
    private var timer: Scheduled<Void>?

    /// Beyond this many waiting parts nothing more is read.
    private static let backlogLimit = 64

    init(rules: ListenerRules) {
        self.rules = rules
    }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) {
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
        guard ends, state.isHidden || !backlog.isEmpty else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        if state.isReceiving, event as? ChannelEvent == .inputClosed {
            close(context)  // the request will never be whole
            return
        }
        if event is ChannelShouldQuiesceEvent { closesAfterAnswer = true }
        heldEvents.append(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError, !state.isHidden, backlog.isEmpty, state.canRefuse else {
            context.fireErrorCaught(error)
            return
        }
        refuse(
            ServiceError(.badRequest, "the bytes are no HTTP/1.1 request", remedy: "Send HTTP/1.1"),
            context,
            thenClose: true
        )
        closeWhenWritten(context)  // after such bytes nothing more is read
    }

    func channelInactive(context: ChannelHandlerContext) {
        state.close()
        context.fireChannelInactive()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if state.mustWait || !backlog.isEmpty {
            backlog.append(part)
        } else {
            receive(part, context)
        }
    }

    func read(context: ChannelHandlerContext) {
        if backlog.count > Self.backlogLimit {
            isReadHeldBack = true
        } else {
            context.read()
        }
    }

    private func receive(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        guard !state.isClosed else { return }
        switch part {
        case .head(let head):
            begin(head, context)
        case .body(let buffer):
            switch state.receive(bytes: buffer.readableBytes, limit: rules.bodyLimit) {
            case .collect:
                collect(buffer)
            case .forward:
                context.fireChannelRead(wrapInboundOut(part))
            case .drop:
                break
            case .refuseTooLarge:
                refuse(tooLarge, context)
            case .close:
                close(context)
            }
        case .end:
            let action = state.receiveEnd()
            expect(within: state.isIdle ? rules.idleTimeout : nil, context)
            switch action {
            case .answer:
                answer(context)
            case .forward:
                context.fireChannelRead(wrapInboundOut(part))
            case .forwardAndFinish:
                context.fireChannelRead(wrapInboundOut(part))
                finish(context)
            case .finish:
                finish(context)
            case .drop:
                break
            }
        }
    }

    private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        expect(within: rules.requestTimeout, context)
        let target = head.path ?? "/"
        let question = target.firstIndex(of: "?")
        let path = question.map { target[..<$0] } ?? target[...]
        if head.headerFields[.connection]?.lowercased() == "close" { closesAfterAnswer = true }

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
        guard rules.mayPass(head, path: path) else {
            state.begin(.refuse)
            return refuse(
                ServiceError(.unauthorized, "a token is needed", remedy: "Send Authorization: Bearer TOKEN"),
                context
            )
        }
        if let length = head.headerFields[.contentLength].flatMap({ Int($0) }), length > rules.bodyLimit {
            state.begin(.refuse)
            return refuse(tooLarge, context)
        }
        for route in rules.hotRoutes {
            guard let parameters = route.parameters(method: head.method, path: path) else { continue }
            state.begin(.hot)
            let query = question.map { String(target[target.index(after: $0)...]) }
            let request = HotRequest(
                method: head.method,
                path: String(path),
                query: query,
                fields: head.headerFields,
                parameters: parameters
            )
            hot = (route, request)
            inviteBody(head, context)
            return
        }
        state.begin(.control)
        inviteBody(head, context)
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    private func inviteBody(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        guard head.headerFields[.expect]?.lowercased() == "100-continue" else { return }
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
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
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        route.answer(request, context.eventLoop).hop(to: context.eventLoop).whenComplete { result in
            let (handler, context) = bound.value
            guard !handler.state.isClosed else { return }
            switch result {
            case .success(let response): handler.complete(response, context)
            case .failure(let error): handler.complete(ErrorResponse(error).hot, context)
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
        rules.refusals.with(error.code.name).increment()
        state.refuse()
        closesAfterAnswer = closesAfterAnswer || thenClose
        write(ErrorResponse(error).hot, context)
    }

    private func write(_ response: HotResponse, _ context: ChannelHandlerContext) {
        var head = HTTPResponse(status: response.status, headerFields: response.fields)
        head.headerFields[.contentLength] = String(response.body.readableBytes)
        if closesAfterAnswer { head.headerFields[.connection] = "close" }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if response.body.readableBytes > 0 { context.write(wrapOutboundOut(.body(response.body)), promise: nil) }
        guard closesAfterAnswer else { return context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil) }
        let promise = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
        lastAnswer = promise.futureResult
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
        let part = unwrapOutboundIn(data)
        context.write(data, promise: promise)
        if case .end = part, state.controlAnswered() {
            context.flush()
            expect(within: rules.idleTimeout, context)
            finish(context)
        }
    }

    /// An exchange is over: what waited goes on.
    private func finish(_ context: ChannelHandlerContext) {
        guard lastAnswer == nil else { return closeWhenWritten(context) }
        let hadBacklog = !backlog.isEmpty
        while !state.mustWait, !state.isClosed, let part = backlog.popFirst() { receive(part, context) }
        // Parts that come outside a read of the channel are handed on at the end of one.
        if hadBacklog { context.fireChannelReadComplete() }
        resumeReading(context)  // also when the next request is not whole yet
        guard state.isIdle, backlog.isEmpty else { return }
        let events = heldEvents
        heldEvents = []
        for event in events { context.fireUserInboundEventTriggered(event) }
    }

    private func resumeReading(_ context: ChannelHandlerContext) {
        guard isReadHeldBack, backlog.count <= Self.backlogLimit else { return }
        isReadHeldBack = false
        context.read()
    }

    private func close(_ context: ChannelHandlerContext) {
        state.close()
        backlog.removeAll()
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
        if state.isReceiving, state.canRefuse {
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
