import CloudEvents
import HTTPTypes
package import Hummingbird

/// Finds out who sent a control request, and refuses those who may not.
///
/// The listener has refused already what carries no token where tokens are all there is; with pages, where a browser may
/// have signed in, it is decided here.
struct Authentication: RouterMiddleware {
    typealias Context = ControlContext

    let access: Access

    func handle(
        _ request: Request,
        context: ControlContext,
        next: (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        let path = request.uri.path
        if ListenerRules.openPaths.contains(path[...]) { return try await next(request, context) }
        if access.sessions != nil, Self.isForStrangers(path) { return try await next(request, context) }
        guard let principal = await principal(of: request) else {
            if access.sessions != nil, request.method == .get, request.wantsPage {
                let target = request.uri.description
                return Response(status: .seeOther, headers: [.location: "/login?next=\(Self.escaped(target))"])
            }
            throw Access.unauthorized
        }
        try principal.require(Role.needed(forMethod: request.method.rawValue))
        context.principal = principal
        return try await next(request, context)
    }

    private func principal(of request: Request) async -> Principal? {
        if let authorization = request.headers[.authorization] {
            return await access.principal(authorization: authorization)
        }
        if access.isOpen { return .anybody }
        guard let sessions = access.sessions, let cookie = request.sessionCookie else { return nil }
        return sessions.principal(cookie: cookie, at: .now())
    }

    /// What the page needs on which people sign in.
    private static func isForStrangers(_ path: String) -> Bool { path == "/login" || path.hasPrefix("/assets/") }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            let isPlain =
                UnicodeScalar(byte).properties.isAlphabetic && byte < 0x80
                || (0x30...0x39).contains(byte) || "/-._~".utf8.contains(byte)
            if isPlain {
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                escaped += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return escaped
    }
}

extension Request {
    /// The cookie of a browser that signed in.
    package var sessionCookie: String? {
        for header in headers[values: .cookie] {
            for part in header.split(separator: ";") {
                let pair = part.split(separator: "=", maxSplits: 1)
                if pair.count == 2, pair[0].trimmingSpaces == PageSessions.cookie {
                    return String(pair[1].trimmingSpaces)
                }
            }
        }
        return nil
    }

    /// Whether a browser asks for a page to show.
    var wantsPage: Bool { headers[.accept]?.contains("text/html") ?? false }
}
