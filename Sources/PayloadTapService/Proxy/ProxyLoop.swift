import HTTPMessages
import NIOCore
import PayloadCapture

/// What the connections of one event loop share: the pool, the ids, what is captured and counted.
///
/// `@unchecked Sendable`: all its state is read and written on its event loop, where its connections live; `stop()`, which
/// other threads call, goes there first.
final class ProxyLoop: @unchecked Sendable {
    /// Grows with what a connection sends; large enough from the start for a usual head and a small body.
    static let receiveAllocator = AdaptiveRecvByteBufferAllocator(
        minimum: 4 << 10,
        initial: 16 << 10,
        maximum: 128 << 10
    )

    let limits: ProxyLimits
    let pool: UpstreamPool
    let allocator = ByteBufferAllocator()
    let recorder: (any ExchangeRecorder)?
    private let eventLoop: any EventLoop
    var ids = IdentifierGenerator()
    private var clients: [ObjectIdentifier: any ClientSide] = [:]
    private var sweeping: RepeatedTask?
    private(set) var isStopping = false
    private var stopped: EventLoopPromise<Void>?
    private let clientClosed: @Sendable () -> Void

    /// - Parameters:
    ///   - pool: The loop's own connections to the model.
    ///   - recorder: Decides what is captured and takes it, nil when nothing is.
    ///   - clientClosed: Called when a client's connection has closed.
    init(
        limits: ProxyLimits,
        pool: UpstreamPool,
        recorder: (any ExchangeRecorder)?,
        eventLoop: any EventLoop,
        clientClosed: @escaping @Sendable () -> Void
    ) {
        self.limits = limits
        self.pool = pool
        self.recorder = recorder
        self.eventLoop = eventLoop
        self.clientClosed = clientClosed
    }

    // MARK: Connections

    func add(_ client: any ClientSide) {
        clients[ObjectIdentifier(client)] = client
        if sweeping == nil {
            let interval = limits.sweepInterval
            sweeping = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in self.sweep() }
        }
    }

    /// What served a connection has given way to another.
    func forget(_ client: any ClientSide) {
        clients[ObjectIdentifier(client)] = nil
    }

    /// The connection has closed.
    func remove(_ client: any ClientSide) {
        clients[ObjectIdentifier(client)] = nil
        clientClosed()
        finishIfStopped()
    }

    /// Ends idle connections now and busy ones when their exchange is over, or after the shutdown timeout.
    func stop() -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        eventLoop.execute {
            self.isStopping = true
            self.stopped = promise
            self.sweep()
            self.finishIfStopped()
            self.eventLoop.scheduleTask(in: self.limits.shutdownTimeout) { self.closeAll() }
        }
        return promise.futureResult
    }

    private func sweep() {
        let now = NIODeadline.now()
        pool.sweep(now: now)
        for client in clients.values { client.sweep(now: now) }
    }

    private func closeAll() {
        for client in clients.values { client.close() }
        finishIfStopped()
    }

    private func finishIfStopped() {
        guard isStopping, clients.isEmpty, let stopped else { return }
        self.stopped = nil
        sweeping?.cancel()
        pool.closeIdle()
        stopped.succeed()
    }

    // MARK: Exchanges

    /// The exchange that begins with `head`, sent by `peer`.
    func begin(_ head: MessageHead, from peer: SocketAddress?) -> Exchange {
        let requestID = RequestID(from: head.value, generator: &ids)
        let captured = recorder?.begin(.head(head), requestID: requestID, from: peer)
        let isMarked = recorder?.isRecording ?? false
        // An upgrade to HTTP/2 within a connection would take what follows out of sight; nobody needs to grant it.
        let keepsUpgrade = head.asksForUpgrade && head.value(.upgrade)?.lowercased() != "h2c"
        let forwarded = head.forwarded(
            .init(keepsUpgrade: keepsUpgrade, dropped: .tapMark),
            allocator: allocator
        ) { out in
            if requestID.isMissingHeader { Self.writeRequestID(requestID.text, to: &out) }
            if isMarked { out.writeStaticString("Vedette-Tap: 1\r\n") }
        }
        return Exchange(head: head, requestID: requestID, forwarded: forwarded, captured: captured)
    }

    /// The response's head for the client; decides on the way whether the two connections stay open behind it.
    func responseHead(_ head: MessageHead, of exchange: Exchange) -> ByteBuffer {
        let endsWithConnection =
            head.declaredLength == .unstated && head.status != 204 && head.status != 304
            && !exchange.head.isMethod("HEAD")
        var rules = MessageHead.Forwarding(raisesVersion: exchange.head.minorVersion == 1)
        var isCertain = true
        if head.declaredLength == .chunked(andBytes: true) {
            rules.dropped = .contentLength
            isCertain = false
        }
        exchange.upstreamStays = head.keepsConnection && !endsWithConnection && isCertain
        exchange.clientStays =
            exchange.head.keepsConnection && exchange.head.minorVersion == 1 && !endsWithConnection && !isStopping
        return head.forwarded(rules, allocator: allocator) { out in
            if !head.has(.requestID) { Self.writeRequestID(exchange.requestID.text, to: &out) }
            if !exchange.clientStays { out.writeStaticString("Connection: close\r\n") }
        }
    }

    private static func writeRequestID(_ id: String, to out: inout ByteBuffer) {
        out.writeStaticString("X-Request-Id: ")
        out.writeString(id)
        out.writeStaticString("\r\n")
    }

    // MARK: Capture

    /// Keeps the content of a run of a body.
    func capture(
        _ wire: ByteBuffer,
        _ content: MessageReader.Content,
        in body: WritableKeyPath<CapturedExchange, CapturedBody>,
        of exchange: Exchange
    ) {
        guard exchange.captured != nil, let recorder else { return }
        switch content {
        case .whole:
            exchange.captured?[keyPath: body].append(wire, limit: recorder.bodyLimit, budget: recorder.budget)
        case .runs(let runs):
            for run in runs {
                guard let slice = wire.getSlice(at: wire.readerIndex + run.lowerBound, length: run.count) else {
                    continue
                }
                exchange.captured?[keyPath: body].append(slice, limit: recorder.bodyLimit, budget: recorder.budget)
            }
        }
    }

    /// Keeps the response's head.
    func captureResponse(_ head: MessageHead, of exchange: Exchange) {
        guard exchange.captured != nil, let recorder else { return }
        recorder.respond(.head(head), in: &exchange.captured)
    }

    /// Hands a finished exchange over, once.
    func record(_ exchange: Exchange, as outcome: CapturedExchange.Outcome) {
        let duration = (NIODeadline.now() - exchange.startedAt).nanoseconds
        recorder?.finish(exchange.captured, status: exchange.status, outcome: outcome, duration: duration)
        exchange.captured = nil
    }

    func refused(_ error: HTTPSyntaxError) {
        recorder?.refused(error)
    }
}
