import HTTPMessages
import NIOCore
import PayloadCapture

/// What HTTP/2 connections share with all others of their loop: ids, what is captured and counted.
extension ProxyLoop {
    /// The exchange that begins with `block`, sent by `peer`, and the block for the model.
    ///
    /// - Parameter isObserved: Whether it may be captured; its id is added in any case.
    func begin(
        _ block: HeaderBlock,
        from peer: SocketAddress?,
        isObserved: Bool
    ) -> (stream: HTTP2Stream?, forwarded: ByteBuffer) {
        let section = block.section
        let requestID = RequestID(from: section.value, generator: &ids)
        var added: [(name: StaticString, value: String)] = []
        if requestID.isMissingHeader { added.append(("x-request-id", requestID.text)) }
        if recorder?.isRecording ?? false { added.append(("vedette-tap", "1")) }
        let forwarded = block.forwarded(adding: added)
        guard isObserved else {
            recorder?.overlooked()
            return (nil, forwarded)
        }
        let captured = recorder?.begin(.section(section), requestID: requestID, from: peer)
        let stream = HTTP2Stream(id: block.streamID, section: section, requestID: requestID, captured: captured)
        stream.isRequestComplete = block.endsStream
        return (stream, forwarded)
    }

    /// The response's head for the client.
    func responseHead(_ block: HeaderBlock, of stream: HTTP2Stream) -> ByteBuffer {
        if stream.captured != nil { recorder?.respond(.section(block.section), in: &stream.captured) }
        guard !block.section.has(.requestID) else { return block.wire }
        return block.forwarded(adding: [("x-request-id", stream.requestID.text)])
    }

    /// Keeps a piece of a body.
    func capture(
        _ content: ByteBuffer,
        in body: WritableKeyPath<CapturedExchange, CapturedBody>,
        of stream: HTTP2Stream
    ) {
        guard stream.captured != nil, let recorder else { return }
        stream.captured?[keyPath: body].append(content, limit: recorder.bodyLimit, budget: recorder.budget)
    }

    /// Hands an exchange over, once.
    func record(_ stream: HTTP2Stream, as outcome: CapturedExchange.Outcome) {
        guard !stream.isOver else { return }
        stream.isOver = true
        let duration = (NIODeadline.now() - stream.startedAt).nanoseconds
        recorder?.finish(stream.captured, status: stream.status, outcome: outcome, duration: duration)
        stream.captured = nil
    }
}
