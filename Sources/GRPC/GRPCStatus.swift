package import HTTPTypes

/// How a call ended: a code of gRPC's, and what happened.
///
/// Source: github.com/grpc/grpc, doc/statuscodes.md.
package struct GRPCStatus: Sendable, Hashable {
    /// The codes that a server of ours gives.
    package enum Code: Int, Sendable {
        case ok = 0
        case cancelled = 1
        case unknown = 2
        case invalidArgument = 3
        case deadlineExceeded = 4
        case notFound = 5
        case permissionDenied = 7
        case resourceExhausted = 8
        case failedPrecondition = 9
        case unimplemented = 12
        case internalError = 13
        case unavailable = 14
        case unauthenticated = 16
    }

    package var code: Code
    /// For people; nothing in it is read by programs.
    package var message: String
    /// What else goes with it in the trailers, with lower-case names.
    package var trailers: [(name: String, value: String)]

    package init(_ code: Code, _ message: String, trailers: [(name: String, value: String)] = []) {
        self.code = code
        self.message = message
        self.trailers = trailers
    }

    package static func == (left: GRPCStatus, right: GRPCStatus) -> Bool {
        left.code == right.code && left.message == right.message
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(message)
    }
}

extension GRPCStatus.Code {
    /// The code for what HTTP says by a status.
    ///
    /// 413 is a message over the limit, for which gRPC's libraries say RESOURCE_EXHAUSTED.
    package init(_ status: HTTPResponse.Status) {
        self =
            switch status.code {
            case 200..<300: .ok
            case 401: .unauthenticated
            case 403: .permissionDenied
            case 404: .notFound
            case 408, 504: .deadlineExceeded
            case 409: .failedPrecondition
            case 413, 429: .resourceExhausted
            case 499: .cancelled
            case 501: .unimplemented
            case 502, 503: .unavailable
            case 400..<500: .invalidArgument
            default: .internalError
            }
    }
}
