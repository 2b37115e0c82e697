import CloudEvents
import Dashboard
import EventStore
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import ServiceKit

/// Lets people sign in to the pages with a token, because a browser sends none by itself.
struct SignInRoutes: Sendable {
    let store: any EventStore
    let access: Access
    let sessions: PageSessions
    let pages: PageGuard
    let dashboard: Dashboard
    /// Whether browsers reach the pages by TLS, so that the cookie may demand it.
    let isSecure: Bool

    /// For `/openapi.json`.
    static let operations = [
        APIOperation(.get, "/login", "The page on which people sign in.", query: ["next"]),
        APIOperation(
            .post,
            "/login",
            "Signs a browser in with a token.",
            body: "application/x-www-form-urlencoded",
            answers: [303: "Signed in", 401: "The token is none"]
        ),
        APIOperation(.post, "/logout", "Signs a browser out.", answers: [303: "Signed out"]),
        APIOperation(.get, "/v1/session", "Who asks, and what a page sends back with an action."),
    ]

    func add(to router: Router<ControlContext>) {
        router.get("/login") { request, _ in
            page(try QueryReader(request, allowed: ["next"]).text("next"), problem: nil, status: .ok)
        }
        router.post("/login") { request, _ in try await signIn(request) }
        router.post("/logout") { request, _ in
            try pages.check(request)
            return Response(
                status: .seeOther,
                headers: [.location: "/login", .setCookie: "\(PageSessions.cookie)=; Path=/; Max-Age=0; HttpOnly"]
            )
        }
        router.get("/v1/session") { request, context in
            var response = Response(json: [
                "name": JSONValue(context.principal.name), "role": .string(context.principal.role.rawValue),
                "way": .string(context.principal.way.rawValue),
                "page_token": .string(sessions.pageToken(cookie: request.sessionCookie)),
            ])
            response.headers[.cacheControl] = "no-store"
            return response
        }
    }

    private func signIn(_ request: Request) async throws -> Response {
        try SameOrigin.check(request)
        let fields = Self.fields(of: try await request.collectedBody(upTo: 16 << 10))
        guard let token = fields["token"], let principal = await access.principal(authorization: "Bearer \(token)")
        else {
            return page(fields["next"], problem: "That token opens nothing here.", status: .unauthorized)
        }
        let now = Timestamp.now()
        let person = ActingPerson(principal, content: .null)
        try await store.write { transaction in
            try transaction.note(person.entry(.signIn, of: "pages", at: now))
        }
        let flags = "Path=/; Max-Age=\(PageSessions.lifetime.components.seconds); HttpOnly; SameSite=Lax"
        let cookie = "\(PageSessions.cookie)=\(sessions.cookie(for: principal, at: now)); \(flags)"
        return Response(
            status: .seeOther,
            headers: [
                .location: Self.ours(fields["next"]), .setCookie: isSecure ? cookie + "; Secure" : cookie,
                .cacheControl: "no-store",
            ]
        )
    }

    /// A path of ours to go on to; an address of anybody else's leads to the overview.
    private static func ours(_ target: String?) -> String {
        guard let target, target.hasPrefix("/"), !target.hasPrefix("//"), !target.contains("\\"),
            target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return "/" }
        return target
    }

    private func page(_ next: String?, problem: String?, status: HTTPResponse.Status) -> Response {
        PageAnswer.html(dashboard.page(SignInView(next: Self.ours(next), problem: problem)), status)
    }

    /// The fields of a form.
    private static func fields(of body: [UInt8]) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in String(decoding: body, as: UTF8.self).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            let plain = parts[1].split(separator: "+", omittingEmptySubsequences: false).joined(separator: " ")
            fields[String(parts[0])] = plain[...].removingPercentEscapes
        }
        return fields
    }
}

/// A page as an answer, with what a browser may do with it.
enum PageAnswer {
    static func html(_ text: String, _ status: HTTPResponse.Status) -> Response {
        var response = Response(text: text, contentType: "text/html; charset=utf-8", status: status)
        response.headers[.contentSecurityPolicy] = Dashboard.contentSecurityPolicy
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.cacheControl] = "no-store"
        if let referrer = HTTPField.Name("referrer-policy") { response.headers[referrer] = "no-referrer" }
        return response
    }
}
