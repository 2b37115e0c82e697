/// The messages of a gRPC body: each behind a byte that says whether it is compressed, and four bytes of length.
///
/// Source: github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message".
enum GRPCFrames {
    /// The messages in their order, inflated where they are compressed.
    ///
    /// - Throws: `.sizeMismatch` for frames that do not fit the body, or for none; `.tooLarge` for more than
    ///   ``mostMessages``, or for more inflated bytes than the limit; `.compression` for what is compressed by something
    ///   else than gzip or deflate.
    static func messages(in body: [UInt8], _ limits: PayloadLimits) throws(OpenInferenceError) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        var rest = body[...]
        var inflated = 0
        repeat {
            guard rest.count >= 5 else {
                throw OpenInferenceError(
                    .sizeMismatch,
                    "a gRPC message of \(rest.count) bytes",
                    remedy: "Send a message behind its five bytes of flag and length"
                )
            }
            let flag = rest[rest.startIndex]
            let length = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(5)
            guard length <= rest.count else {
                throw OpenInferenceError(
                    .sizeMismatch,
                    "a gRPC message of \(length) bytes in a body with \(rest.count)",
                    remedy: "Send the whole message"
                )
            }
            guard messages.count < mostMessages else {
                throw OpenInferenceError(
                    .tooLarge,
                    "a stream of more than \(mostMessages) gRPC messages",
                    remedy: "Record fewer messages of a stream"
                )
            }
            let message = try message(Array(rest.prefix(length)), flag: flag, limit: limits.inflatedBytes - inflated)
            if flag == 1 { inflated += message.count }
            messages.append(message)
            rest = rest.dropFirst(length)
        } while !rest.isEmpty
        return messages
    }

    /// The most messages of one stream that are read.
    static let mostMessages = 65536

    private static func message(
        _ bytes: [UInt8],
        flag: UInt8,
        limit: Int
    ) throws(OpenInferenceError) -> [UInt8] {
        switch flag {
        case 0: return bytes
        case 1:
            guard Compression.isCompressed(bytes) else {
                throw OpenInferenceError(
                    .compression,
                    "a gRPC message in a compression that is neither gzip nor deflate",
                    remedy: "Send grpc-encoding gzip, deflate or identity"
                )
            }
            return try Compression.inflate(bytes, limit: limit)
        default:
            throw OpenInferenceError(
                .malformed,
                "a gRPC message whose flag is \(flag)",
                remedy: "Send 0 or 1 before the length"
            )
        }
    }

    /// A message behind its five bytes, not compressed.
    static func frame(_ message: [UInt8]) -> [UInt8] {
        let length = UInt32(clamping: message.count)
        return [0] + withUnsafeBytes(of: length.bigEndian) { [UInt8]($0) } + message
    }
}
