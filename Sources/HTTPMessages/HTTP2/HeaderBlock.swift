package import NIOCore

/// The field section of a request, a response or its trailers: its frames as they came, and what they say.
package struct HeaderBlock: Sendable {
    /// Its fields.
    package let section: HeaderSection
    /// HEADERS or PUSH_PROMISE and all its CONTINUATION frames, as they came.
    package let wire: ByteBuffer
    private let first: FrameHead
    /// Where the last of the frames begins, from the reader index.
    private let lastFrame: Int

    init(wire: ByteBuffer, first: FrameHead, lastFrame: Int, section: HeaderSection) {
        self.section = section
        self.wire = wire
        self.first = first
        self.lastFrame = lastFrame
    }

    /// The stream that it belongs to; of a promise the one that it is announced on.
    package var streamID: Int { first.streamID }
    /// Whether nothing follows on this stream.
    package var endsStream: Bool { first.kind == .headers && first.flags.contains(.endStream) }
    /// Whether it announces a response that nobody asked for.
    package var isPromise: Bool { first.kind == .pushPromise }

    /// The frames with further fields at their end.
    ///
    /// The fields are literals that enter no table, so that both peers' tables stay as they are. They join the last
    /// frame where it has no padding and stays within what every peer takes, else they come in a CONTINUATION of
    /// their own.
    package func forwarded(adding fields: [(name: StaticString, value: String)]) -> ByteBuffer {
        guard !fields.isEmpty else { return wire }
        let added = fields.reduce(0) { $0 + HeaderBlockWriter.size(of: $1.name, $1.value) }
        var out = ByteBufferAllocator().buffer(capacity: wire.readableBytes + FrameHead.size + added)
        out.writeImmutableBuffer(wire)
        guard var last = FrameHead(out, at: out.readerIndex + lastFrame) else { return wire }
        let joins = !last.flags.contains(.padded) && last.length + added <= FrameHead.usualPayloadLimit
        if joins {
            last.length += added
        } else {
            last.flags.remove(.endHeaders)
        }
        let end = out.writerIndex
        out.moveWriterIndex(to: out.readerIndex + lastFrame)
        last.write(to: &out)
        out.moveWriterIndex(to: end)
        if !joins {
            FrameHead(.continuation, length: added, flags: .endHeaders, streamID: streamID).write(to: &out)
        }
        for field in fields { HeaderBlockWriter.write(field.name, field.value, to: &out) }
        return out
    }

    /// The compressed fields of all frames, without padding and priority.
    static func fragments(of wire: ByteBuffer, _ first: FrameHead) throws(HTTPSyntaxError) -> ByteBuffer {
        var wire = wire
        wire.moveReaderIndex(forwardBy: FrameHead.size)
        guard var fragment = wire.readSlice(length: first.length) else { throw HTTPSyntaxError.frame("HEADERS is cut") }
        var padding = 0
        if first.flags.contains(.padded) {
            guard let length = fragment.readInteger(as: UInt8.self) else { throw tooMuchPadding }
            padding = Int(length)
        }
        var skipped = 0
        if first.kind == .pushPromise { skipped = 4 } else if first.flags.contains(.priority) { skipped = 5 }
        guard fragment.readableBytes >= skipped + padding,
            var all = fragment.getSlice(
                at: fragment.readerIndex + skipped,
                length: fragment.readableBytes - skipped - padding
            )
        else { throw tooMuchPadding }
        while let head = FrameHead(wire, at: wire.readerIndex) {
            wire.moveReaderIndex(forwardBy: FrameHead.size)
            guard var more = wire.readSlice(length: head.length) else { break }
            all.writeBuffer(&more)
        }
        return all
    }

    private static var tooMuchPadding: HTTPSyntaxError { .frame("HEADERS has more padding than payload") }
}
