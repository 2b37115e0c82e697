import HTTPMessages
import NIOCore
import PayloadCapture

/// How HTTP/2 requests and connections end: by a failure of either side, by a refusal, by silence, at the stop.
extension HTTP2ClientConnection {
    /// The model cannot be reached, or has gone: what it owes is answered in its place.
    ///
    /// A client that has asked nothing yet is given a moment to do so, to be told why; it is sent away soon, so that it
    /// finds a model that has come back.
    func modelGone(_ answer: ProxyAnswer, as outcome: CapturedExchange.Outcome) {
        held = []
        guard responses.isBetweenFrames else {  // within a frame nothing can be said
            recordAll(as: outcome) { self.markUnanswered($0, answer) }
            closeAfterWrites()
            return
        }
        phase = .answering(answer, until: .now() + .seconds(1))
        giveSettings()
        for stream in streams.values.sorted(by: { $0.id < $1.id }) { self.answer(stream, answer) }
        if hasModelSpoken { sendAway() } else { finishAnswering() }
        resumeReading()
    }

    /// The SETTINGS that every server begins with, where the client has none.
    private func giveSettings() {
        guard !hasSettings else { return }
        hasSettings = true
        var out = ByteBuffer()
        HTTP2Answer.writeSettings(isAcknowledgement: false, out: &out)
        write(out)
    }

    /// Answers a request in the model's place.
    func answer(_ stream: HTTP2Stream, _ answer: ProxyAnswer) {
        guard !stream.isOver else { return }
        var out = ByteBuffer()
        // Windows are certain only as long as nothing has been sent through them.
        let hasBody = !hasModelSpoken && answer.body.utf8.count <= clientWindow
        HTTP2Answer.write(answer, to: stream, hasBody: hasBody, out: &out)
        write(out)
        loop.record(stream, as: answer.status == 504 ? .upstreamSilent : .upstreamGone)
        streams[stream.id] = nil
    }

    /// Behind what has just been answered, the client is sent away.
    func finishAnswering() {
        guard case .answering = phase else { return }
        acknowledgeSettings()
        if latestStreamID > 0 { sendAway() } else { context?.flush() }
    }

    /// GOAWAY behind the last stream, and the end of the connection.
    func sendAway(_ code: HTTP2ErrorCode = .none) {
        guard responses.isBetweenFrames else {
            closeAfterWrites()
            return
        }
        giveSettings()
        var out = ByteBuffer()
        HTTP2Answer.writeGoAway(min(latestStreamID, lastAllowedStreamID), code, out: &out)
        let upstream = upstream
        phase = .draining
        upstream?.close()
        write(out)
        whenWritten { $0.close(mode: .output, promise: nil) }
        resumeReading()
    }

    /// The client's bytes cannot be followed any longer: neither can the model's answers to them.
    func refuse(_ error: HTTPSyntaxError) {
        loop.refused(error)
        recordAll(as: .clientGone) { stream in
            if !stream.isResponseStarted { stream.end(status: error.code == .headTooLarge ? 431 : 400) }
        }
        let code: HTTP2ErrorCode =
            switch error.code {
            case .headTooLarge: .enhanceYourCalm
            case .malformedHeaderBlock: .compressionError
            default: .protocolError
            }
        sendAway(code)
    }

    /// Records all that is under way, with what `mark` says of it.
    func recordAll(as outcome: CapturedExchange.Outcome, _ mark: (HTTP2Stream) -> Void) {
        for stream in streams.values where !stream.isOver {
            mark(stream)
            loop.record(stream, as: outcome)
        }
        streams = [:]
    }

    private func markUnanswered(_ stream: HTTP2Stream, _ answer: ProxyAnswer) {
        if stream.isGRPC {
            stream.end(.unavailable, message: nil)
        } else if !stream.isResponseStarted {
            stream.end(status: answer.status)
        }
    }

    private func acknowledgeSettings() {
        var out = ByteBuffer()
        for _ in 0..<max(0, min(unacknowledgedSettings, 100)) {  // nobody sends more that means well
            HTTP2Answer.writeSettings(isAcknowledgement: true, out: &out)
        }
        unacknowledgedSettings = 0
        write(out)
    }

    func closeAfterWrites() {
        let upstream = upstream
        phase = .closing
        upstream?.close()
        whenWritten { $0.close(promise: nil) }
    }

    private func whenWritten(_ action: @escaping (ChannelHandlerContext) -> Void) {
        guard let context else { return }
        let bound = NIOLoopBound((context, action), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            let (context, action) = bound.value
            action(context)
        }
    }

    // MARK: Silence, and the stop

    func sweep(now: NIODeadline) {
        switch phase {
        case .connecting: break  // the pool watches over the wait for a connection
        case .answering(_, let until):
            if now > until { sendAway() }
        case .passing:
            if loop.isStopping { beginLeaving() }
            answerSilent(now: now)
            if streams.isEmpty, now - lastActivity > loop.limits.clientTimeout { sendAway() }
        case .draining, .closing:
            if now - lastActivity > .seconds(2) { context?.close(promise: nil) }
        }
    }

    /// Answers what the model has been silent about for too long.
    ///
    /// Only a request that is complete is owed an answer, and one that has begun may be quiet for as long as its
    /// connection lasts: streams of gRPC are. What the model still sends of such a stream passes, so that windows and
    /// tables stay right; clients have to expect frames of streams that have ended.
    private func answerSilent(now: NIODeadline) {
        let silent = streams.values.filter { stream in
            stream.isRequestComplete && !stream.isResponseStarted && !stream.isOver
                && now - stream.lastActivity > loop.limits.responseTimeout
        }
        guard !silent.isEmpty, responses.isBetweenFrames, requests.isBetweenFrames else { return }
        guard hasModelSpoken else {  // not even SETTINGS: whatever took the connection serves nobody
            upstream?.close()
            return modelGone(.upstreamSilent, as: .upstreamSilent)
        }
        var resets = ByteBuffer()
        for stream in silent {
            answer(stream, .upstreamSilent)
            HTTP2Answer.writeReset(stream.id, .cancel, out: &resets)
        }
        context?.flush()
        upstream?.write(resets)
        upstream?.flush()
    }

    /// Asks the client to open no further streams; the last that is under way ends the connection.
    private func beginLeaving() {
        guard !isLeaving else { return }
        guard hasSettings else { return sendAway() }
        guard responses.isBetweenFrames else { return }
        isLeaving = true
        // As many as it has opened meanwhile are still taken (RFC 9113, section 6.8).
        var out = ByteBuffer()
        HTTP2Answer.writeGoAway(lastAllowedStreamID, out: &out)
        write(out)
        context?.flush()
        guard streams.isEmpty, let context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .milliseconds(50)) { bound.value.leave() }
    }

    /// Ends the connection where nothing is under way.
    func leave() {
        guard case .passing = phase, streams.isEmpty else { return }
        sendAway()
    }
}
