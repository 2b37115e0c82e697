/// Finds the end of a chunked body and where its content lies, without changing a byte (RFC 9112, section 7.1).
///
/// Works across any split of the bytes. Trailers are part of what is passed over.
struct ChunkedBody: Sendable {
    private enum State {
        case size(value: Int, digits: Int)
        case sizeExtension(value: Int)
        case sizeLineFeed(value: Int)
        case data(left: Int)
        case dataReturn, dataLineFeed
        case trailerStart, trailer, trailerLineFeed, lastLineFeed
        case ended
    }

    private var state = State.size(value: 0, digits: 0)
    /// Bytes of extensions and trailers so far: they are nobody's content and have a bound.
    private var overhead = 0

    /// The bound on extensions and trailers of one body, in bytes.
    private static let overheadLimit = 64 << 10

    /// Whether the last byte of the body has been seen.
    var isEnded: Bool {
        if case .ended = state { true } else { false }
    }

    /// Passes over `bytes` up to the end of the body.
    ///
    /// - Parameter content: Called with each run of content, as offsets into `bytes`.
    /// - Returns: How many bytes belong to the body.
    /// - Throws: `.malformed` at the first byte that the grammar does not know.
    mutating func consume(
        _ bytes: UnsafeRawBufferPointer,
        content: (Range<Int>) -> Void
    ) throws(HTTPSyntaxError) -> Int {
        var index = 0
        while index < bytes.count, !isEnded {
            if case .data(let left) = state {
                let run = min(left, bytes.count - index)
                content(index..<index + run)
                index += run
                state = run == left ? .dataReturn : .data(left: left - run)
            } else {
                try step(bytes[index])
                index += 1
            }
        }
        return index
    }

    private mutating func step(_ byte: UInt8) throws(HTTPSyntaxError) {
        switch (state, byte) {
        case (.size(let value, let digits), _):
            if let digit = Self.hexDigit(byte) {
                guard digits < 15 else { throw HTTPSyntaxError(.malformed, "a chunk size of more than 15 digits") }
                state = .size(value: value << 4 | digit, digits: digits + 1)
            } else {
                guard digits > 0 else { throw Self.unexpected(byte, "a chunk size") }
                try endOfSize(byte, value)
            }
        case (.sizeExtension(let value), 0x0D): state = .sizeLineFeed(value: value)
        case (.sizeExtension, _): try passOver(byte)
        case (.sizeLineFeed(let value), 0x0A): state = value == 0 ? .trailerStart : .data(left: value)
        case (.dataReturn, 0x0D): state = .dataLineFeed
        case (.dataLineFeed, 0x0A): state = .size(value: 0, digits: 0)
        case (.trailerStart, 0x0D): state = .lastLineFeed
        case (.trailerStart, _):
            try passOver(byte)
            state = .trailer
        case (.trailer, 0x0D): state = .trailerLineFeed
        case (.trailer, _): try passOver(byte)
        case (.trailerLineFeed, 0x0A): state = .trailerStart
        case (.lastLineFeed, 0x0A): state = .ended
        default: throw Self.unexpected(byte, "the framing of a chunk")
        }
    }

    private mutating func endOfSize(_ byte: UInt8, _ value: Int) throws(HTTPSyntaxError) {
        switch byte {
        case 0x0D: state = .sizeLineFeed(value: value)
        case 0x3B, 0x20, 0x09: state = .sizeExtension(value: value)
        default: throw Self.unexpected(byte, "a chunk size")
        }
    }

    /// Counts a byte of an extension or trailer and refuses control characters, a bare line feed among them.
    private mutating func passOver(_ byte: UInt8) throws(HTTPSyntaxError) {
        overhead += 1
        guard byte >= 0x20 && byte != 0x7F || byte == 0x09, overhead <= Self.overheadLimit else {
            throw Self.unexpected(byte, "an extension or trailer")
        }
    }

    private static func unexpected(_ byte: UInt8, _ place: String) -> HTTPSyntaxError {
        HTTPSyntaxError(.malformed, "byte 0x\(String(byte, radix: 16)) in \(place)")
    }

    private static func hexDigit(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte - 0x30)
        case 0x41...0x46: Int(byte - 0x41 + 10)
        case 0x61...0x66: Int(byte - 0x61 + 10)
        default: nil
        }
    }
}
