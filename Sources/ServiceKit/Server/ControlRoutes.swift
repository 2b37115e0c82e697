package import HTTPTypes
package import Hummingbird
package import JSON
import Logging
import NIOCore

/// What a control route knows of its request.
package struct ControlContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Who sent it.
    package var principal = Principal.anybody

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
    }

    /// A part of the path by the name that the route gives it, percent-decoded.
    ///
    /// - Throws: ``ServiceError`` 400 for a broken escape.
    package func part(_ name: String) throws -> String {
        let raw = try parameters.require(name)
        guard let text = raw.removingPercentEscapes else {
            throw ServiceError(
                .badRequest,
                "'\(raw.prefix(160))' in the path is not percent-encoded UTF-8",
                remedy: "Encode every byte that is no letter or digit as %41"
            )
        }
        return text
    }
}

/// Gives every refusal the one shape, also that of a route that does not exist.
struct ErrorShape: RouterMiddleware {
    typealias Context = ControlContext

    /// What there is, for the answer to a wrong method.
    let operations: [APIOperation]

    func handle(
        _ request: Request,
        context: ControlContext,
        next: (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            return noRoute(request)
        } catch {
            let answer = ErrorResponse(error)
            if answer.status.kind == .serverError {
                context.logger.error(
                    "request failed",
                    metadata: ["error": "\(error)", "http.path": "\(request.uri.path)"]
                )
            }
            return answer.response
        }
    }

    /// 405 with `Allow` where the path takes other methods, else 404.
    private func noRoute(_ request: Request) -> Response {
        let path = request.uri.path
        var methods = Set(operations.filter { Self.matches($0.path, path) }.map { $0.method.rawValue })
        if methods.contains("GET") { methods.insert("HEAD") }
        guard !methods.isEmpty, !methods.contains(request.method.rawValue) else {
            return ErrorResponse(
                ServiceError(
                    .notFound,
                    "there is no \(request.method.rawValue) \(path.prefix(200))",
                    remedy: "GET /openapi.json lists the routes"
                )
            ).response
        }
        let allowed = methods.sorted().joined(separator: ", ")
        var response = ErrorResponse(
            ServiceError(
                .methodNotAllowed,
                "\(path.prefix(200)) does not take \(request.method.rawValue)",
                remedy: "It takes \(allowed); GET /openapi.json lists the routes"
            )
        ).response
        response.headers[.allow] = allowed
        return response
    }

    /// Whether a path is one of a template's, in which `{name}` stands for any one part.
    private static func matches(_ template: String, _ path: String) -> Bool {
        let wanted = template.split(separator: "/")
        let parts = path.split(separator: "/")
        return wanted.count == parts.count && zip(wanted, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}

extension Response {
    /// A JSON answer.
    package init(json value: JSONValue, status: HTTPResponse.Status = .ok) {
        self.init(
            status: status,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: value.serialized()))
        )
    }

    /// A text answer.
    package init(text: String, contentType: String = "text/plain; charset=utf-8", status: HTTPResponse.Status = .ok) {
        self.init(
            status: status,
            headers: [.contentType: contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}

extension Request {
    /// The whole body.
    ///
    /// - Throws: ``ServiceError`` 413 when it has more than `limit` bytes.
    package func collectedBody(upTo limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await buffer in body {
            guard bytes.count + buffer.readableBytes <= limit else {
                throw ServiceError(
                    .payloadTooLarge,
                    "the body has more than \(limit) bytes",
                    remedy: "Send less at a time"
                )
            }
            bytes.append(contentsOf: buffer.readableBytesView)
        }
        return bytes
    }
}

/// The routes of every service.
struct CommonRoutes {
    let service: String
    let metrics: MetricsRegistry
    let readiness: Readiness
    let operations: [APIOperation]

    func add(to router: Router<ControlContext>) {
        router.get("/livez") { _, _ in Response(json: ["status": "live"]) }
        router.get("/readyz") { [readiness] _, _ in
            let failing = readiness.failing.sorted { $0.key < $1.key }
            guard failing.isEmpty else {
                let reasons = JSONObject(failing.map { ($0.key, JSONValue.string($0.value)) })
                return Response(
                    json: ["status": "not ready", "reasons": .object(reasons)],
                    status: .serviceUnavailable
                )
            }
            return Response(json: ["status": "ready"])
        }
        router.get("/metrics") { [metrics] _, _ in
            Response(text: metrics.text(), contentType: "text/plain; version=0.0.4; charset=utf-8")
        }
        router.get("/version") { [service] _, _ in
            Response(json: ["name": .string(service), "version": .string(Version.current)])
        }
        let document = APIDescription.document(service: service, operations: operations + APIOperation.common)
        router.get("/openapi.json") { _, _ in Response(json: document) }
    }
}
