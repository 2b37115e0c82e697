import HTTPTypes

/// The status of every error that describes itself and is no ``ServiceError``: one table, by the code's beginning.
enum ErrorStatus {
    private static let table: [(prefix: String, status: HTTPResponse.Status)] = [
        ("cloudevent_unsupported_format", .unsupportedMediaType),
        ("cloudevent", .badRequest),
        ("not_a_cloudevent", .badRequest),
        ("json_", .badRequest),
        ("tensor_", .badRequest),
        ("v2_", .badRequest),
        ("journal_record_too_large", .contentTooLarge),
        ("journal_no_space", insufficientStorage),
        ("journal_", .serviceUnavailable),
        ("unknown_setting", .badRequest),
        ("unreadable_setting", .badRequest),
    ]

    /// RFC 4918, section 11.5: the disk is full, and may have room again.
    static let insufficientStorage = HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")

    static func of(_ code: String) -> HTTPResponse.Status {
        table.first { code.hasPrefix($0.prefix) }?.status ?? .internalServerError
    }

    /// The code for a status that came without one.
    static func code(of status: HTTPResponse.Status) -> String {
        switch status.code {
        case 400: "bad_request"
        case 401: "unauthorized"
        case 403: "forbidden"
        case 404: "not_found"
        case 405: "method_not_allowed"
        case 408: "request_timeout"
        case 409: "conflict"
        case 413: "payload_too_large"
        case 415: "unsupported_media_type"
        case 422: "unprocessable"
        case 429: "too_many_requests"
        case 500...599: "internal_error"
        default: "refused"
        }
    }
}
