import HTTPMessages
import NIOCore
import PayloadCapture

/// How exchanges and connections end: well, by a failure of either side, by a refusal, by silence.
extension ClientConnection {
    /// The response is complete: both connections go on, or end.
    func conclude(_ exchange: Exchange) {
        let ending = exchange.progress.ending(upstreamStays: exchange.upstreamStays, clientStays: exchange.clientStays)
        loop.record(exchange, as: .answered)
        phase = .idle
        if let upstream = exchange.upstream {
            if upstream.unassign(), ending.upstream == .reuse {
                loop.pool.release(upstream)
            } else {
                upstream.close()
            }
        }
        switch ending.client {
        case .reuse:
            if !reader.isEmpty { process() }
            resumeReading()
        case .close: closeAfterWrites()
        case .drain: drainAfterWrites()
        }
    }

    func fail(_ exchange: Exchange, _ failure: ExchangeProgress.Failure, as outcome: CapturedExchange.Outcome) {
        loop.pool.cancel(self)
        switch failure {
        case .retry:
            exchange.upstream = nil
            acquireUpstream(for: exchange, fresh: true)
        case .answer(let status):
            abandon(exchange, as: outcome, status: status)
            let closes = !exchange.progress.isRequestComplete || !exchange.head.keepsConnection || loop.isStopping
            let answer = status == 504 ? ProxyAnswer.upstreamSilent : .upstreamGone
            let hasBody = !exchange.head.isMethod("HEAD")
            write(answer.encoded(requestID: exchange.requestID.text, closes: closes, hasBody: hasBody))
            context?.flush()
            if closes { drainAfterWrites() } else { phase = .idle }
            if !closes, !reader.isEmpty { process() }
            resumeReading()
        case .cutOff:
            abandon(exchange, as: outcome, status: exchange.status)
            closeAfterWrites()
        case .dropClient:
            abandon(exchange, as: .clientGone, status: 499)
            closeAfterWrites()
        }
    }

    /// Records an exchange that did not end well and gives its connection up.
    func abandon(_ exchange: Exchange, as outcome: CapturedExchange.Outcome, status: Int) {
        loop.pool.cancel(self)
        exchange.status = status
        loop.record(exchange, as: outcome)
        exchange.upstream?.close()
        exchange.upstream = nil
        phase = .closing
    }

    /// The client's bytes are not a request whose end is certain: nothing of what follows can be trusted.
    func refuse(_ error: HTTPSyntaxError) {
        let status =
            switch error.code {
            case .headTooLarge: 431
            case .unsupportedVersion: 505
            default: 400
            }
        let requestID = exchange?.requestID.text
        if let exchange {
            let isStarted = exchange.progress.isResponseStarted
            abandon(exchange, as: .clientGone, status: isStarted ? exchange.status : status)
            if isStarted { return closeAfterWrites() }
        }
        loop.refused(error)
        let answer = ProxyAnswer(status: status, code: error.code.name, message: error.message, remedy: error.remedy)
        write(answer.encoded(requestID: requestID, closes: true))
        drainAfterWrites()
    }

    func closeAfterWrites() {
        phase = .closing
        whenWritten { $0.close(promise: nil) }
    }

    /// Says that nothing more comes and lets the client read it: closing at once with unread bytes would reset the
    /// connection and could take the answer with it.
    private func drainAfterWrites() {
        phase = .draining
        whenWritten { $0.close(mode: .output, promise: nil) }
        resumeReading()
    }

    private func whenWritten(_ action: @escaping (ChannelHandlerContext) -> Void) {
        guard let context else { return }
        let bound = NIOLoopBound((context, action), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            let (context, action) = bound.value
            action(context)
        }
    }

    /// Looks whether something has been silent for longer than it may.
    func sweep(now: NIODeadline) {
        let silent = now - lastActivity
        switch phase {
        case .idle:
            if silent > loop.limits.clientTimeout || loop.isStopping && reader.isBetweenMessages {
                context?.close(promise: nil)
            }
        case .exchanging(let exchange):
            guard exchange.upstream != nil else { break }  // the pool watches over the wait for a connection
            let allowed = exchange.progress.isRequestComplete ? loop.limits.responseTimeout : loop.limits.clientTimeout
            if silent > allowed { fail(exchange, exchange.progress.timedOut(), as: .upstreamSilent) }
        case .tunnel:
            if silent > loop.limits.responseTimeout { context?.close(promise: nil) }
        case .draining, .closing:
            if silent > .seconds(2) { context?.close(promise: nil) }
        }
    }
}
