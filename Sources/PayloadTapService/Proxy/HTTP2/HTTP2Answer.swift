import HTTPMessages
import NIOCore
import PayloadCapture

/// Frames that the tap sends by itself.
enum HTTP2Answer {
    /// The answer to a request that the model cannot answer: a trailers-only answer to a gRPC call, otherwise the status.
    ///
    /// - Parameter hasBody: Whether there is certainly room in the client's windows for a body.
    static func write(_ answer: ProxyAnswer, to stream: HTTP2Stream, hasBody: Bool, out: inout ByteBuffer) {
        guard stream.isGRPC else { return writePlain(answer, to: stream, hasBody: hasBody, out: &out) }
        let (outcome, message) = (GRPCOutcome.unavailable, "\(answer.code): \(answer.message). \(answer.remedy)")
        stream.end(outcome, message: message)
        let isTrailers = stream.isResponseStarted
        writeBlock(stream, endsStream: true, out: &out) { block in
            if !isTrailers {
                HeaderBlockWriter.write(":status", "200", to: &block)
                HeaderBlockWriter.write("content-type", "application/grpc", to: &block)
                HeaderBlockWriter.write("x-request-id", stream.requestID.text, to: &block)
            }
            HeaderBlockWriter.write("grpc-status", String(outcome.rawValue), to: &block)
            HeaderBlockWriter.write("grpc-message", message, to: &block)
        }
    }

    private static func writePlain(_ answer: ProxyAnswer, to stream: HTTP2Stream, hasBody: Bool, out: inout ByteBuffer)
    {
        guard !stream.isResponseStarted else {
            writeReset(stream.id, .internalError, out: &out)
            return
        }
        stream.end(status: answer.status)
        let body = hasBody && !stream.isHead ? answer.body : ""
        writeBlock(stream, endsStream: body.isEmpty, out: &out) { block in
            HeaderBlockWriter.write(":status", String(answer.status), to: &block)
            if !body.isEmpty { HeaderBlockWriter.write("content-type", "application/json", to: &block) }
            if !stream.isHead { HeaderBlockWriter.write("content-length", String(body.utf8.count), to: &block) }
            HeaderBlockWriter.write("x-request-id", stream.requestID.text, to: &block)
        }
        guard !body.isEmpty else { return }
        FrameHead(.data, length: body.utf8.count, flags: .endStream, streamID: stream.id).write(to: &out)
        out.writeString(body)
    }

    private static func writeBlock(
        _ stream: HTTP2Stream,
        endsStream: Bool,
        out: inout ByteBuffer,
        fields: (inout ByteBuffer) -> Void
    ) {
        var block = ByteBuffer()
        fields(&block)
        let flags: FrameHead.Flags = endsStream ? [.endHeaders, .endStream] : .endHeaders
        FrameHead(.headers, length: block.readableBytes, flags: flags, streamID: stream.id).write(to: &out)
        out.writeBuffer(&block)
    }

    /// RST_STREAM.
    static func writeReset(_ streamID: Int, _ code: HTTP2ErrorCode, out: inout ByteBuffer) {
        FrameHead(.reset, length: 4, streamID: streamID).write(to: &out)
        out.writeInteger(code.rawValue)
    }

    /// SETTINGS that change nothing, or acknowledge the other side's.
    static func writeSettings(isAcknowledgement: Bool, out: inout ByteBuffer) {
        FrameHead(.settings, length: 0, flags: isAcknowledgement ? .acknowledgement : []).write(to: &out)
    }

    /// GOAWAY: streams above `lastStreamID` are not begun.
    static func writeGoAway(_ lastStreamID: Int, _ code: HTTP2ErrorCode = .none, out: inout ByteBuffer) {
        FrameHead(.goAway, length: 8).write(to: &out)
        out.writeInteger(UInt32(lastStreamID))
        out.writeInteger(code.rawValue)
    }
}
