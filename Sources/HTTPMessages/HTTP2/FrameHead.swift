package import NIOCore

/// The nine bytes before the payload of every HTTP/2 frame.
///
/// Source: RFC 9113, section 4.1.
package struct FrameHead: Hashable, Sendable {
    /// The type of a frame; unknown ones are passed on.
    package struct Kind: RawRepresentable, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let data = Kind(rawValue: 0)
        package static let headers = Kind(rawValue: 1)
        package static let priority = Kind(rawValue: 2)
        package static let reset = Kind(rawValue: 3)
        package static let settings = Kind(rawValue: 4)
        package static let pushPromise = Kind(rawValue: 5)
        package static let ping = Kind(rawValue: 6)
        package static let goAway = Kind(rawValue: 7)
        package static let windowUpdate = Kind(rawValue: 8)
        package static let continuation = Kind(rawValue: 9)
    }

    /// Bits whose meaning depends on the type.
    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Of SETTINGS and PING.
        package static let acknowledgement = Flags(rawValue: 0x1)
        package static let endStream = Flags(rawValue: 0x1)
        package static let endHeaders = Flags(rawValue: 0x4)
        package static let padded = Flags(rawValue: 0x8)
        package static let priority = Flags(rawValue: 0x20)
    }

    /// How many bytes a head has.
    package static let size = 9
    /// The longest payload that every peer takes.
    package static let usualPayloadLimit = 16384
    /// What a client sends before its first frame (RFC 9113, section 3.4).
    package static let clientPreface: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    /// Bytes of payload.
    package var length: Int
    package var kind: Kind
    package var flags: Flags
    /// The stream that it belongs to, 0 for the connection.
    package var streamID: Int

    package init(_ kind: Kind, length: Int, flags: Flags = [], streamID: Int = 0) {
        self.length = length
        self.kind = kind
        self.flags = flags
        self.streamID = streamID
    }

    /// The head at an offset, nil where fewer than nine bytes are.
    init?(_ bytes: ByteBuffer, at index: Int) {
        guard let first = bytes.getInteger(at: index, as: UInt32.self),
            let flags = bytes.getInteger(at: index + 4, as: UInt8.self),
            let stream = bytes.getInteger(at: index + 5, as: UInt32.self)
        else { return nil }
        length = Int(first >> 8)
        kind = Kind(rawValue: UInt8(truncatingIfNeeded: first))
        self.flags = Flags(rawValue: flags)
        streamID = Int(stream & 0x7FFF_FFFF)
    }

    package func write(to out: inout ByteBuffer) {
        out.writeInteger(UInt32(length) << 8 | UInt32(kind.rawValue))
        out.writeInteger(flags.rawValue)
        out.writeInteger(UInt32(streamID))
    }
}

/// Why a stream or a connection ends (RFC 9113, section 7).
package struct HTTP2ErrorCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let none = HTTP2ErrorCode(rawValue: 0)
    package static let protocolError = HTTP2ErrorCode(rawValue: 1)
    package static let internalError = HTTP2ErrorCode(rawValue: 2)
    package static let refusedStream = HTTP2ErrorCode(rawValue: 7)
    package static let cancel = HTTP2ErrorCode(rawValue: 8)
    package static let compressionError = HTTP2ErrorCode(rawValue: 9)
    package static let enhanceYourCalm = HTTP2ErrorCode(rawValue: 11)
    package static let inadequateSecurity = HTTP2ErrorCode(rawValue: 12)
}
