package import HTTPMessages

/// How a gRPC call ended, by its code.
///
/// Source: github.com/grpc/grpc, doc/statuscodes.md.
package struct GRPCOutcome: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let ok = GRPCOutcome(rawValue: 0)
    package static let cancelled = GRPCOutcome(rawValue: 1)
    package static let unknown = GRPCOutcome(rawValue: 2)
    package static let permissionDenied = GRPCOutcome(rawValue: 7)
    package static let resourceExhausted = GRPCOutcome(rawValue: 8)
    package static let internalError = GRPCOutcome(rawValue: 13)
    package static let unavailable = GRPCOutcome(rawValue: 14)

    /// The value of `grpc-status`; what is no number is unknown, as clients take it.
    package init(text: String) {
        rawValue = Int(text) ?? Self.unknown.rawValue
    }

    /// What clients make of a stream that was reset.
    ///
    /// Source: github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md, "Errors".
    package init(reset code: HTTP2ErrorCode) {
        self =
            switch code {
            case .cancel: .cancelled
            case .refusedStream: .unavailable
            case .enhanceYourCalm: .resourceExhausted
            case .inadequateSecurity: .permissionDenied
            default: .internalError
            }
    }

    /// The HTTP status that says the same, under which a call is told and counted beside calls over HTTP.
    ///
    /// Source: github.com/googleapis/googleapis, google/rpc/code.proto.
    package var httpStatus: Int {
        Self.httpStatuses.indices.contains(rawValue) ? Self.httpStatuses[rawValue] : 500
    }

    /// By code: OK, CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, ALREADY_EXISTS,
    /// PERMISSION_DENIED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE, UNIMPLEMENTED, INTERNAL,
    /// UNAVAILABLE, DATA_LOSS, UNAUTHENTICATED.
    private static let httpStatuses = [
        200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401,
    ]

    /// The text of a `grpc-message`, which has percent signs for what is not plain ASCII.
    static func decoded(message: String) -> String {
        var bytes: [UInt8] = []
        var rest = Substring(message).utf8
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let code = UInt8(Substring(rest.prefix(2)), radix: 16), rest.count >= 2 {
                rest = rest.dropFirst(2)
                bytes.append(code)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
