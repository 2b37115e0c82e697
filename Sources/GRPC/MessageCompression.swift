import NIOCore
import OpenInference
import ServiceKit

/// Inflates messages that came compressed, and compresses answers as their calls were.
enum MessageCompression {
    /// The message uncompressed, its five bytes before it.
    ///
    /// - Throws: 413 when it inflates to more than `limit` bytes, 400 for what is neither gzip nor deflate.
    static func inflated(_ message: ByteBuffer, limit: Int) throws(ServiceError) -> ByteBuffer {
        guard message.getInteger(at: message.readerIndex, as: UInt8.self) == 1 else { return message }
        let bytes = Array(message.readableBytesView.dropFirst(MessageFrames.prefix))
        do throws(OpenInferenceError) {
            return framed(try Compression.inflate(bytes, limit: limit), flag: 0)
        } catch {
            throw ServiceError(
                error.code == .tooLarge ? .payloadTooLarge : .badRequest,
                error.message,
                remedy: error.remedy,
                cause: error
            )
        }
    }

    /// The message as its client takes it: compressed where that saves something.
    static func compressed(_ message: ByteBuffer, _ encoding: GRPCEncoding) -> ByteBuffer {
        guard encoding != .identity else { return message }
        let bytes = Array(message.readableBytesView.dropFirst(MessageFrames.prefix))
        let small = Compression.deflate(bytes, as: encoding == .gzip ? .gzip : .zlib)
        return small.count < bytes.count ? framed(small, flag: 1) : message
    }

    private static func framed(_ bytes: [UInt8], flag: UInt8) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(MessageFrames.prefix + bytes.count)
        buffer.writeInteger(flag)
        buffer.writeInteger(UInt32(bytes.count))
        buffer.writeBytes(bytes)
        return buffer
    }
}
