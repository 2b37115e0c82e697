package import HTTPTypes
package import Hummingbird
import JSON
import NIOCore

/// The body of every answer that says no: `{"error", "code", "remedy"}`.
package struct ErrorResponse: Sendable {
    package let status: HTTPResponse.Status
    package let body: [UInt8]
    package let retryAfter: Duration?
    /// The codings that a body may have, where it has another.
    private var acceptedEncodings: String?

    /// What a caller is told of an error.
    ///
    /// Errors that describe themselves keep their words; of any other nothing is told but that it is ours.
    package init(_ error: any Error) {
        switch error {
        case let error as ServiceError:
            self.init(
                status: error.code.status,
                code: error.code.name,
                error.message,
                remedy: error.remedy,
                retryAfter: error.retryAfter
            )
            if error.code == .unsupportedEncoding { acceptedEncodings = ContentCoding.accepted }
        case let error as any DescribedError:
            self.init(
                status: ErrorStatus.of(error.errorCode),
                code: error.errorCode,
                error.message,
                remedy: error.remedy,
                retryAfter: [503, 507].contains(ErrorStatus.of(error.errorCode).code) ? .seconds(1) : nil
            )
        case let error as any HTTPResponseError:
            self.init(
                status: error.status,
                code: ErrorStatus.code(of: error.status),
                error.status.reasonPhrase.isEmpty ? "refused" : error.status.reasonPhrase.lowercased(),
                remedy: "GET /openapi.json lists the routes and what they take"
            )
        default:
            self.init(
                status: .internalServerError,
                code: "internal_error",
                "something went wrong inside",
                remedy: "The log of the service says what"
            )
        }
    }

    private init(
        status: HTTPResponse.Status,
        code: String,
        _ message: String,
        remedy: String,
        retryAfter: Duration? = nil
    ) {
        self.status = status
        self.retryAfter = retryAfter
        body = JSONValue.object([
            "error": .string(message), "code": .string(code), "remedy": .string(remedy),
        ]).serialized()
    }

    /// Its header fields.
    package var fields: HTTPFields {
        var fields: HTTPFields = [.contentType: "application/json"]
        if let retryAfter { fields[.retryAfter] = String(max(1, retryAfter.components.seconds)) }
        if status == .unauthorized { fields[.wwwAuthenticate] = "Bearer" }
        if let acceptedEncodings { fields[.acceptEncoding] = acceptedEncodings }
        return fields
    }

    /// It as the answer of a hot route.
    package var hot: HotResponse {
        HotResponse(status: status, headers: fields.map { ($0.name.rawName, $0.value) }, body: body)
    }

    /// It as the answer of a control route.
    package var response: Response {
        Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}
