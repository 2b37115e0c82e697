/// The messages of a gRPC body: each behind a byte that says whether it is compressed, and four bytes of length.
///
/// Source: github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message".
enum GRPCFrames {
    /// The one message of a unary call, inflated where it is compressed.
    ///
    /// - Throws: `.sizeMismatch` for frames that do not fit the body; `.malformed` for none or several, as streaming calls
    ///   have them; `.compression` for what is compressed by something else than gzip or deflate.
    static func message(in body: [UInt8], _ limits: PayloadLimits) throws(OpenInferenceError) -> [UInt8] {
        guard body.count >= 5 else {
            throw OpenInferenceError(
                .sizeMismatch,
                "a gRPC body of \(body.count) bytes",
                remedy: "Send a message behind its five bytes of flag and length"
            )
        }
        let length = body[1..<5].reduce(0) { $0 << 8 | Int($1) }
        guard length == body.count - 5 else {
            let isStream = length < body.count - 5
            throw OpenInferenceError(
                isStream ? .malformed : .sizeMismatch,
                "a gRPC message of \(length) bytes in a body with \(body.count - 5)",
                remedy: isStream ? "Record the messages of a stream one by one" : "Send the whole message"
            )
        }
        let message = Array(body[5...])
        switch body[0] {
        case 0: return message
        case 1:
            guard Compression.isCompressed(message) else {
                throw OpenInferenceError(
                    .compression,
                    "a gRPC message in a compression that is neither gzip nor deflate",
                    remedy: "Send grpc-encoding gzip, deflate or identity"
                )
            }
            return try Compression.inflate(message, limit: limits.inflatedBytes)
        default:
            throw OpenInferenceError(
                .malformed,
                "a gRPC message whose flag is \(body[0])",
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
