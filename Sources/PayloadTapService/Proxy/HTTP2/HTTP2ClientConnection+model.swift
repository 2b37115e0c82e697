import HTTPMessages
import NIOCore
import PayloadCapture

/// The model's side of an HTTP/2 connection.
extension HTTP2ClientConnection {
    /// The pool has opened a connection: what was held goes out.
    func upstreamReady(_ upstream: HTTP2UpstreamConnection) {
        guard case .connecting = phase else {
            upstream.close()
            return
        }
        phase = .passing(upstream)
        for bytes in held { upstream.write(bytes) }
        held = []
        upstream.flush()
        resumeReading()
    }

    /// The pool has none.
    func upstreamUnavailable(_ answer: ProxyAnswer) {
        guard case .connecting = phase else { return }
        modelGone(answer, as: answer.status == 504 ? .upstreamSilent : .upstreamGone)
    }

    /// The model's connection has closed.
    func upstreamClosed() {
        guard case .passing = phase else { return }
        modelGone(.upstreamGone, as: .upstreamGone)
    }

    /// Bytes from the model.
    func receive(_ bytes: ByteBuffer) {
        guard case .passing(let upstream) = phase else { return }
        lastActivity = .now()
        responses.append(bytes)
        do {
            while case .passing = phase, let part = try responses.next() { take(part) }
        } catch {
            // Not HTTP/2, or not any longer: the same to the client as a connection that breaks.
            pass(responses.takeRun())
            upstream.close()
            modelGone(responses.hasBegun ? .upstreamGone : .upstreamNotHTTP2, as: .upstreamGone)
            return
        }
        pass(responses.takeRun())
        context?.flush()
        if isLeaving { leave() }
    }

    private func pass(_ bytes: ByteBuffer?) {
        guard let bytes else { return }
        hasModelSpoken = true
        hasSettings = true
        write(bytes)
    }

    private func take(_ part: FrameReader.Part) {
        switch part {
        case .headers(let block, let run):
            pass(run)
            pass(passed(block))
        case .data(let id, let content, let isEnd):
            guard let stream = streams[id] else { break }
            stream.lastActivity = lastActivity
            loop.capture(content, in: \.responseBody, of: stream)
            if isEnd {
                stream.endWithoutTrailers()
                responseEnded(stream)
            }
        case .reset(let id, let code): modelReset(id, code)
        case .settings(let settings):
            if settings.isAcknowledgement { unacknowledgedSettings -= 1 }
        case .goAway(let last, _):
            lastAllowedStreamID = min(last, lastAllowedStreamID)
            for stream in streams.values where stream.id > last { abandon(stream) }
        case .other(let head): streams[head.streamID]?.lastActivity = lastActivity
        }
    }

    /// A header block for the client.
    private func passed(_ block: HeaderBlock) -> ByteBuffer {
        guard !block.isPromise, let stream = streams[block.streamID] else { return block.wire }
        stream.lastActivity = lastActivity
        let section = block.section
        var bytes = block.wire
        if stream.isResponseStarted {
            stream.end(section)
        } else if !(100..<200).contains(section.status) {
            bytes = loop.responseHead(block, of: stream)
            stream.begin(section, isLast: block.endsStream)
        }
        if block.endsStream { responseEnded(stream) }
        return bytes
    }

    private func responseEnded(_ stream: HTTP2Stream) {
        loop.record(stream, as: .answered)
        if stream.isRequestComplete { remove(stream) }
    }

    /// The model ends a stream without having answered it, or without wanting the rest of the request.
    private func modelReset(_ id: Int, _ code: HTTP2ErrorCode) {
        guard let stream = streams[id] else { return }
        if !stream.isOver {
            if stream.isGRPC {
                stream.end(GRPCOutcome(reset: code), message: nil)
            } else if !stream.isResponseStarted {
                stream.end(status: 502)
            }
            loop.record(stream, as: .upstreamGone)
        }
        remove(stream)
    }

    /// The model says that it has not begun with a stream.
    private func abandon(_ stream: HTTP2Stream) {
        if stream.isGRPC { stream.end(.unavailable, message: nil) } else { stream.end(status: 502) }
        loop.record(stream, as: .upstreamGone)
        streams[stream.id] = nil
    }
}
