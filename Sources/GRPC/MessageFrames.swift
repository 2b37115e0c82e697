package import NIOCore

/// Takes messages from the bytes of a stream: each behind a byte that says whether it is compressed, and four bytes of
/// length; no clock, no I/O.
package struct MessageFrames {
    /// What is wrong with a stream.
    package enum Fault: Error, Equatable {
        /// A message has more bytes than are allowed.
        case tooLarge(Int)
        /// The byte before the length is neither 0 nor 1.
        case flag(UInt8)
    }

    /// The bytes before a message.
    package static let prefix = 5

    private var bytes = ByteBuffer()
    private let limit: Int

    /// - Parameter limit: The most bytes of one message.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Bytes that are held.
    package var held: Int { bytes.readableBytes }
    /// Whether a message has begun and is not whole.
    package var isPartial: Bool { held > 0 }

    package mutating func append(_ piece: ByteBuffer) {
        // The first piece is kept as it came; only a message in several pieces is copied together.
        if bytes.readableBytes == 0 { bytes = piece } else { bytes.writeImmutableBuffer(piece) }
    }

    /// The next message with its prefix; nil until it is whole.
    package mutating func next() throws(Fault) -> ByteBuffer? {
        guard let flag = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) else { return nil }
        guard flag <= 1 else { throw .flag(flag) }
        guard let length = bytes.getInteger(at: bytes.readerIndex + 1, as: UInt32.self) else { return nil }
        guard length <= limit else { throw .tooLarge(Int(length)) }
        let whole = Self.prefix + Int(length)
        guard held >= whole else {
            // Room for all of it at once, as soon as more than the first piece has come.
            if held > Self.prefix, bytes.writableBytes + held < whole { bytes.reserveCapacity(whole) }
            return nil
        }
        let message = bytes.readSlice(length: whole)
        if held == 0 { bytes = ByteBuffer() }  // so that a large message does not stay with an idle stream
        return message
    }
}
