package import NIOCore

/// Follows one direction of an HTTP/2 connection: finds frames, decodes field sections, and hands out the bytes as they
/// came, to be passed on.
///
/// A value without clock or sockets. Bytes go in by ``append(_:)``; ``next()`` says what they hold until it needs more;
/// ``takeRun()`` gives what has been looked at and may go on. Frames of data go on piece by piece; header blocks and
/// frames about connection and streams only whole, so that something can be put in between. All runs and all blocks, in
/// their order, are the input again.
///
/// It watches, and judges nothing that the peers judge themselves: whether a stream may be opened, whether a window has
/// room. It fails where it cannot follow any longer: where frames or header blocks are broken or too long.
package struct FrameReader: Sendable {
    /// Who speaks in this direction.
    package enum Role: Sendable {
        /// Its first bytes are the connection preface.
        case client
        /// Its first frame is SETTINGS, which tells it from anything that is not HTTP/2.
        case server
    }

    /// What happened.
    package enum Part: Sendable {
        /// A header block, with all its CONTINUATION frames. It is in no run: it carries its bytes itself, and goes on
        /// behind the run that it ends.
        case headers(HeaderBlock, behind: ByteBuffer?)
        /// A piece of a body without padding, possibly empty; `isEnd` with the last of a stream.
        case data(streamID: Int, content: ByteBuffer, isEnd: Bool)
        /// RST_STREAM.
        case reset(streamID: Int, code: HTTP2ErrorCode)
        /// SETTINGS; those that are nothing but an acknowledgement say so.
        case settings(ConnectionSettings)
        /// GOAWAY: streams above `lastStreamID` were not begun.
        case goAway(lastStreamID: Int, code: HTTP2ErrorCode)
        /// Another frame.
        case other(FrameHead)
    }

    private struct Body {
        var streamID: Int
        var endsStream: Bool
        /// Whether the byte that says how long the padding is has not been read.
        var awaitsPadLength: Bool
        var contentLeft: Int
        var paddingLeft = 0
    }

    private enum State {
        case preface
        case head
        case data(Body)
        case unknown(left: Int)
        /// `isWithinFrame` where a part of the broken frame has gone on.
        case failed(HTTPSyntaxError, isWithinFrame: Bool)
    }

    private let headLimit: Int
    private var state: State
    private var awaitsFirstFrame: Bool
    private var decoder: HeaderBlockDecoder
    /// From `runStart` on it may go on, from its reader index on it has not been looked at.
    private var pending = ByteBuffer()
    private var runStart = 0
    /// How far the header block that is waited for has been followed, from the reader index.
    private var blockScanned = 0

    /// - Parameter headLimit: The longest header block, and the longest list of fields that is kept of one, in bytes.
    package init(_ role: Role, headLimit: Int = 64 << 10) {
        self.headLimit = headLimit
        state = role == .client ? .preface : .head
        awaitsFirstFrame = true
        decoder = HeaderBlockDecoder(listLimit: headLimit)
    }

    /// Whether all that has gone on ends with a whole frame, so that another can follow it.
    package var isBetweenFrames: Bool {
        switch state {
        case .head, .preface, .failed(_, isWithinFrame: false): true
        case .data, .unknown, .failed: false
        }
    }

    /// Whether the first frame has been seen.
    package var hasBegun: Bool { !awaitsFirstFrame }

    /// Adds bytes that arrived; what was looked at before has to be taken first.
    package mutating func append(_ bytes: ByteBuffer) {
        if pending.readableBytes == 0, runStart == pending.readerIndex {
            pending = bytes
        } else {
            precondition(runStart == pending.readerIndex, "the run is taken before more arrives")
            pending.writeImmutableBuffer(bytes)
            if pending.readerIndex > 64 << 10 { pending.discardReadBytes() }
        }
        runStart = pending.readerIndex
    }

    /// Takes what may go on: the bytes of all parts since the last call, but those of header blocks.
    package mutating func takeRun() -> ByteBuffer? {
        let length = pending.readerIndex - runStart
        guard length > 0 else { return nil }
        var bytes = pending
        bytes.moveReaderIndex(to: runStart)
        runStart = pending.readerIndex
        return bytes.readSlice(length: length)
    }

    /// The next part, or nil when more bytes are needed.
    ///
    /// - Throws: Why this direction cannot be followed; the same again on every later call.
    package mutating func next() throws(HTTPSyntaxError) -> Part? {
        do {
            return try advance()
        } catch {
            state = .failed(error, isWithinFrame: !isBetweenFrames)
            throw error
        }
    }

    private mutating func advance() throws(HTTPSyntaxError) -> Part? {
        while true {
            switch state {
            case .preface: guard try readPreface() else { return nil }
            case .head: return try nextFrame()
            case .data(let body): return try nextOf(body)
            case .unknown(let left):
                let count = min(left, pending.readableBytes)
                guard count > 0 else { return nil }
                pending.moveReaderIndex(forwardBy: count)
                state = count == left ? .head : .unknown(left: left - count)
            case .failed(let error, _): throw error
            }
        }
    }

    private mutating func readPreface() throws(HTTPSyntaxError) -> Bool {
        let preface = FrameHead.clientPreface
        guard pending.readableBytes >= preface.utf8CodeUnitCount else { return false }
        let isPreface = pending.withUnsafeReadableBytes { bytes in
            preface.withUTF8Buffer { bytes.starts(with: $0) }
        }
        guard isPreface else { throw HTTPSyntaxError.frame("the connection does not begin with HTTP/2's preface") }
        pending.moveReaderIndex(forwardBy: preface.utf8CodeUnitCount)
        state = .head
        return true
    }

    private mutating func nextFrame() throws(HTTPSyntaxError) -> Part? {
        guard let head = FrameHead(pending, at: pending.readerIndex) else { return nil }
        if awaitsFirstFrame {
            guard head.kind == .settings else {
                throw HTTPSyntaxError.frame("the first frame is of type \(head.kind.rawValue) and not SETTINGS")
            }
            awaitsFirstFrame = false
        }
        switch head.kind {
        case .data:
            pending.moveReaderIndex(forwardBy: FrameHead.size)
            let body = Body(
                streamID: head.streamID,
                endsStream: head.flags.contains(.endStream),
                awaitsPadLength: head.flags.contains(.padded),
                contentLeft: head.length
            )
            state = .data(body)
            return try nextOf(body)
        case .headers, .pushPromise: return try nextBlock()
        case .continuation: throw HTTPSyntaxError.frame("CONTINUATION follows no HEADERS")
        case .settings, .reset, .goAway, .ping, .windowUpdate, .priority: return try nextWhole(head)
        default:
            pending.moveReaderIndex(forwardBy: FrameHead.size)
            state = head.length == 0 ? .head : .unknown(left: head.length)
            return .other(head)
        }
    }

    private mutating func nextOf(_ body: Body) throws(HTTPSyntaxError) -> Part? {
        var body = body
        if body.awaitsPadLength {
            guard let length = pending.readInteger(as: UInt8.self) else {
                state = .data(body)
                return nil
            }
            guard length < body.contentLeft else { throw HTTPSyntaxError.frame("DATA has more padding than payload") }
            body.awaitsPadLength = false
            body.contentLeft -= 1 + Int(length)
            body.paddingLeft = Int(length)
        }
        let count = min(body.contentLeft, pending.readableBytes)
        let content = pending.readSlice(length: count) ?? ByteBuffer()
        body.contentLeft -= count
        let padding = body.contentLeft == 0 ? min(body.paddingLeft, pending.readableBytes) : 0
        pending.moveReaderIndex(forwardBy: padding)
        body.paddingLeft -= padding
        let isOver = body.contentLeft == 0 && body.paddingLeft == 0
        state = isOver ? .head : .data(body)
        guard isOver || count > 0 else { return nil }
        return .data(streamID: body.streamID, content: content, isEnd: isOver && body.endsStream)
    }

    /// A frame that is short and taken whole.
    private mutating func nextWhole(_ head: FrameHead) throws(HTTPSyntaxError) -> Part? {
        guard head.length <= FrameHead.usualPayloadLimit else {
            throw HTTPSyntaxError.frame("a frame of type \(head.kind.rawValue) has \(head.length) bytes")
        }
        let whole = FrameHead.size + head.length
        guard pending.readableBytes >= whole else { return nil }
        let start = pending.readerIndex + FrameHead.size
        let part: Part
        switch head.kind {
        case .reset:
            guard head.length == 4, let code = pending.getInteger(at: start, as: UInt32.self) else {
                throw HTTPSyntaxError.frame("RST_STREAM has \(head.length) bytes")
            }
            part = .reset(streamID: head.streamID, code: HTTP2ErrorCode(rawValue: code))
        case .goAway:
            guard head.length >= 8, let last = pending.getInteger(at: start, as: UInt32.self),
                let code = pending.getInteger(at: start + 4, as: UInt32.self)
            else { throw HTTPSyntaxError.frame("GOAWAY has \(head.length) bytes") }
            part = .goAway(lastStreamID: Int(last & 0x7FFF_FFFF), code: HTTP2ErrorCode(rawValue: code))
        case .settings:
            guard head.length.isMultiple(of: 6) else {
                throw HTTPSyntaxError.frame("SETTINGS has \(head.length) bytes")
            }
            ConnectionSettings.limitHeaderTable(in: &pending, at: start, length: head.length)
            part = .settings(ConnectionSettings(head, payload: pending, at: start))
        default: part = .other(head)
        }
        pending.moveReaderIndex(forwardBy: whole)
        return part
    }

    /// A header block, once its last frame is there.
    private mutating func nextBlock() throws(HTTPSyntaxError) -> Part? {
        guard let first = FrameHead(pending, at: pending.readerIndex) else { return nil }
        while true {
            guard let head = FrameHead(pending, at: pending.readerIndex + blockScanned) else { return nil }
            guard blockScanned == 0 || head.kind == .continuation && head.streamID == first.streamID else {
                throw HTTPSyntaxError.frame("a frame of type \(head.kind.rawValue) comes within a header block")
            }
            let end = blockScanned + FrameHead.size + head.length
            guard end <= headLimit else {
                throw HTTPSyntaxError(
                    .headTooLarge,
                    "a header block is longer than \(headLimit) bytes",
                    remedy: "Send fewer or shorter header fields"
                )
            }
            guard pending.readableBytes >= end else { return nil }
            let lastFrame = blockScanned
            blockScanned = end
            guard head.flags.contains(.endHeaders) else { continue }
            blockScanned = 0
            let run = takeRun()
            let wire = pending.readSlice(length: end) ?? ByteBuffer()
            runStart = pending.readerIndex
            let section = try decoder.decode(HeaderBlock.fragments(of: wire, first))
            return .headers(HeaderBlock(wire: wire, first: first, lastFrame: lastFrame, section: section), behind: run)
        }
    }
}
