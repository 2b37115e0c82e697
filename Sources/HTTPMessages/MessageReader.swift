package import NIOCore

/// Finds the messages in one direction of an HTTP/1 connection: heads, bodies and ends, over the bytes as they came.
///
/// A value without clock or sockets. Bytes go in by ``append(_:)``, parts come out of ``next()`` until it needs more.
/// Concatenating the heads' bytes and the bodies' wire bytes gives the input again, whatever way it was split.
package struct MessageReader: Sendable {
    /// Which side of the connection is read.
    package enum Role: Sendable {
        case request, response
    }

    /// A piece of a message.
    package enum Part: Sendable {
        /// A head, complete. Heads of interim responses (1xx) have no body and no end.
        case head(MessageHead)
        /// A run of the body as on the wire; `content` is the same without the chunked framing, as offsets into it.
        case body(wire: ByteBuffer, content: Content)
        /// The message is over.
        case end
    }

    /// Where the content lies in the bytes of a body.
    package enum Content: Sendable {
        /// Everywhere.
        case whole
        /// In these runs, offsets from the reader index of the wire bytes.
        case runs([Range<Int>])
    }

    private enum State {
        case head
        case length(left: Int)
        case chunked(ChunkedBody)
        case untilClose
        case end
        case tunnel
        case failed(HTTPSyntaxError)
    }

    private let role: Role
    private let headLimit: Int
    private var state = State.head
    private var pending = ByteBuffer()
    /// How many bytes of `pending` are known to hold no end of a head.
    private var searched = 0
    /// Whether an empty line before the next head has been passed over.
    private var hasPassedEmptyLine = false
    /// Whether the next final response has no body, because the request was a HEAD.
    private var expectsNoBody = false
    /// Whether a 2xx opens a tunnel, because the request was a CONNECT.
    private var expectsTunnel = false

    /// - Parameter headLimit: The longest head that is read, in bytes.
    package init(_ role: Role, headLimit: Int = 64 << 10) {
        self.role = role
        self.headLimit = headLimit
    }

    /// Whether nothing has been appended that has not come out.
    package var isEmpty: Bool { pending.readableBytes == 0 }

    /// How many bytes have been appended that have not come out.
    package var waiting: Int { pending.readableBytes }

    /// Whether the reader stands between two messages.
    package var isBetweenMessages: Bool {
        if case .head = state { isEmpty } else { false }
    }

    /// Adds bytes that arrived.
    package mutating func append(_ bytes: ByteBuffer) {
        if pending.readableBytes == 0 {
            pending = bytes
            searched = 0
        } else {
            pending.writeImmutableBuffer(bytes)
        }
    }

    /// Says what the next response answers, which decides whether it has a body.
    package mutating func expectResponse(to request: MessageHead) {
        expectsNoBody = request.isMethod("HEAD")
        expectsTunnel = request.isMethod("CONNECT")
    }

    /// Hands out what has been appended and not come out, uninterpreted: the first bytes of another protocol.
    package mutating func takeRemainder() -> ByteBuffer {
        defer { pending = ByteBuffer() }
        return pending
    }

    /// The next part, or nil when more bytes are needed.
    ///
    /// - Throws: What is wrong with the message; the same again on every later call.
    package mutating func next() throws(HTTPSyntaxError) -> Part? {
        do {
            return try advance()
        } catch {
            state = .failed(error)
            throw error
        }
    }

    /// Says that the sender closed.
    ///
    /// A body that lasts until then ends; any other unfinished message is an error.
    package mutating func endOfInput() throws(HTTPSyntaxError) -> Part? {
        switch state {
        case .untilClose, .end:
            state = .head
            return .end
        case .head where isEmpty, .tunnel: return nil
        default: throw HTTPSyntaxError(.unexpectedEnd, "the connection closed within a message")
        }
    }

    private mutating func advance() throws(HTTPSyntaxError) -> Part? {
        switch state {
        case .head: return try nextHead()
        case .length(let left): return nextOfLength(left)
        case .chunked(let body): return try nextChunked(body)
        case .untilClose, .tunnel:
            guard !isEmpty else { return nil }
            return .body(wire: takeRemainder(), content: .whole)
        case .end:
            state = .head
            return .end
        case .failed(let error): throw error
        }
    }

    private mutating func nextHead() throws(HTTPSyntaxError) -> Part? {
        guard let length = try headLength(), let bytes = pending.readSlice(length: length) else { return nil }
        searched = 0
        hasPassedEmptyLine = false
        let head = try HeadParser.parse(bytes, role: role)
        state = stateBehind(head)
        return .head(head)
    }

    /// The length of the head at the front of `pending`, nil while its empty line has not come.
    private mutating func headLength() throws(HTTPSyntaxError) -> Int? {
        // An empty line before a request line is passed over once (RFC 9112, section 2.2).
        if role == .request, !hasPassedEmptyLine, pending.readableBytes >= 2,
            pending.getInteger(at: pending.readerIndex, as: UInt16.self) == 0x0D0A
        {
            pending.moveReaderIndex(forwardBy: 2)
            hasPassedEmptyLine = true
            searched = 0  // its first half may have come before
        }
        let from = max(0, searched - 3)
        let found = pending.withUnsafeReadableBytes { bytes -> Int? in
            var index = from
            while index + 3 < bytes.count, let feed = bytes[(index + 3)...].firstIndex(of: 0x0A) {
                if bytes[feed - 1] == 0x0D, bytes[feed - 2] == 0x0A, bytes[feed - 3] == 0x0D { return feed + 1 }
                index = feed - 2
            }
            return nil
        }
        searched = pending.readableBytes
        guard found ?? searched <= headLimit else {
            throw HTTPSyntaxError(
                .headTooLarge,
                "the head is longer than \(headLimit) bytes",
                remedy: "Send fewer or shorter header fields"
            )
        }
        return found
    }

    private mutating func stateBehind(_ head: MessageHead) -> State {
        if role == .response {
            switch head.status {
            case 101: return .tunnel
            case 100..<200: return .head
            case 200..<300 where expectsTunnel: return .tunnel
            case 204, 304: return .end
            default: if expectsNoBody { return .end }
            }
        }
        return switch head.declaredLength {
        case .bytes(0): .end
        case .bytes(let count): .length(left: count)
        case .chunked: .chunked(ChunkedBody())
        case .unstated: role == .request ? .end : .untilClose
        }
    }

    private mutating func nextOfLength(_ left: Int) -> Part? {
        let count = min(left, pending.readableBytes)
        guard count > 0, let wire = pending.readSlice(length: count) else { return nil }
        state = count == left ? .end : .length(left: left - count)
        return .body(wire: wire, content: .whole)
    }

    private mutating func nextChunked(_ body: ChunkedBody) throws(HTTPSyntaxError) -> Part? {
        guard !isEmpty else { return nil }
        var body = body
        var runs: [Range<Int>] = []
        let outcome = pending.withUnsafeReadableBytes { bytes in
            Result { () throws(HTTPSyntaxError) in try body.consume(bytes) { runs.append($0) } }
        }
        let consumed = try outcome.get()
        state = body.isEnded ? .end : .chunked(body)
        guard let wire = pending.readSlice(length: consumed) else { return nil }
        return .body(wire: wire, content: .runs(runs))
    }
}
