package import HTTPTypes

/// A failure that a service answers with, or stops with.
package struct ServiceError: DescribedError, Sendable, CustomStringConvertible {
    /// The kind of failure; the one table of what HTTP says to each.
    package struct Code: Hashable, Sendable {
        /// The spelling used in answers, logs and metrics.
        package let name: String
        /// The status of an answer that carries it.
        package let status: HTTPResponse.Status

        package init(name: String, status: HTTPResponse.Status) {
            self.name = name
            self.status = status
        }

        // What the caller can repair.
        package static let badRequest = Code(name: "bad_request", status: .badRequest)
        package static let invalidEvent = Code(name: "invalid_event", status: .badRequest)
        package static let unauthorized = Code(name: "unauthorized", status: .unauthorized)
        package static let forbidden = Code(name: "forbidden", status: .forbidden)
        package static let notFound = Code(name: "not_found", status: .notFound)
        package static let methodNotAllowed = Code(name: "method_not_allowed", status: .methodNotAllowed)
        package static let requestTimeout = Code(name: "request_timeout", status: .requestTimeout)
        package static let conflict = Code(name: "conflict", status: .conflict)
        package static let payloadTooLarge = Code(name: "payload_too_large", status: .contentTooLarge)
        package static let unsupportedMediaType = Code(name: "unsupported_media_type", status: .unsupportedMediaType)
        package static let unsupportedEncoding = Code(name: "unsupported_encoding", status: .unsupportedMediaType)
        package static let headTooLarge = Code(name: "head_too_large", status: .requestHeaderFieldsTooLarge)
        package static let unprocessable = Code(name: "unprocessable", status: .unprocessableContent)
        package static let tooManyRequests = Code(name: "too_many_requests", status: .tooManyRequests)

        // What the caller can only wait for.
        package static let internalError = Code(name: "internal_error", status: .internalServerError)
        package static let notImplemented = Code(name: "not_implemented", status: .notImplemented)
        package static let upstreamFailed = Code(name: "upstream_failed", status: .badGateway)
        package static let unavailable = Code(name: "unavailable", status: .serviceUnavailable)
        package static let full = Code(name: "full", status: .serviceUnavailable)
        package static let upstreamTimeout = Code(name: "upstream_timeout", status: .gatewayTimeout)
    }

    package var code: Code
    package var message: String
    package var remedy: String
    /// The error underneath, kept whole; never told to a caller.
    package var cause: (any Error)?
    /// When the caller may try again, where that is known.
    package var retryAfter: Duration?

    package var errorCode: String { code.name }
    package var description: String { "\(code.name): \(message). \(remedy)" }

    package init(
        _ code: Code,
        _ message: String,
        remedy: String,
        cause: (any Error)? = nil,
        retryAfter: Duration? = nil
    ) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.cause = cause
        self.retryAfter = retryAfter
    }
}
