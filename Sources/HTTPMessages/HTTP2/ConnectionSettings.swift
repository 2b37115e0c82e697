import NIOCore

/// What a SETTINGS frame says, as far as we need it.
package struct ConnectionSettings: Hashable, Sendable {
    /// Whether it says nothing but that the other side's settings were taken.
    package let isAcknowledgement: Bool
    /// How many bytes of data a new stream may send; nil where that stays as it was.
    package private(set) var initialWindow: Int?

    /// The most that either peer may keep in its table of header fields, because we keep the same.
    static let headerTableLimit = 65536

    private static let headerTableSize: UInt16 = 1
    private static let initialWindowSize: UInt16 = 4

    init(_ head: FrameHead, payload: ByteBuffer, at start: Int) {
        isAcknowledgement = head.flags.contains(.acknowledgement)
        for offset in stride(from: start, to: start + head.length, by: 6) {
            guard payload.getInteger(at: offset, as: UInt16.self) == Self.initialWindowSize else { continue }
            initialWindow = payload.getInteger(at: offset + 2, as: UInt32.self).map { Int($0) }
        }
    }

    /// Lowers a setting that allows a larger table of header fields than we keep.
    ///
    /// The only bytes of a connection that change on their way besides added fields. To the receiver it looks as if the
    /// sender had chosen a smaller table, which it may at any time.
    static func limitHeaderTable(in bytes: inout ByteBuffer, at start: Int, length: Int) {
        for offset in stride(from: start, to: start + length, by: 6)
        where bytes.getInteger(at: offset, as: UInt16.self) == headerTableSize {
            guard let size = bytes.getInteger(at: offset + 2, as: UInt32.self), size > headerTableLimit else {
                continue
            }
            bytes.setInteger(UInt32(headerTableLimit), at: offset + 2)
        }
    }
}
