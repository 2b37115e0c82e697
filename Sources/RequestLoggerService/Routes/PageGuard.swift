import HTTPTypes
import Hummingbird
import ServiceKit

/// Refuses what another web site makes a reader's browser do.
///
/// A browser says where a request comes from; and a page of ours sends a token with what it asks to be done, which no
/// other site can read. Programs that send their own token are asked for neither.
struct PageGuard: Sendable {
    let sessions: PageSessions
    /// The host of `alerts.pages.url`.
    let ownHost: String?
    /// Whether only this machine reaches us, and nobody is asked for a token: then the name that a browser calls us by has
    /// to be one of this machine, or another site could take our address as its own.
    let isLocal: Bool

    /// - Throws: ``ServiceError`` `.forbidden` when a browser says that the request comes from another site, or it does
    ///   not come from a page of ours.
    func check(_ request: Request) throws {
        try SameOrigin.check(request)
        if request.headers[.authorization] != nil { return }
        let cookie = request.sessionCookie
        let isOfBrowser =
            cookie != nil || request.headers[.origin] != nil
            || HTTPField.Name("sec-fetch-site").flatMap { request.headers[$0] } != nil
        guard isOfBrowser else { return }
        let host = request.head.authority.map { authority in
            authority.first == "[" ? authority.prefix { $0 != "]" }.dropFirst() : authority.prefix { $0 != ":" }
        }
        guard !isLocal || ["127.0.0.1", "::1", "localhost", ownHost].contains(host.map(String.init)) else {
            throw ServiceError(
                .forbidden,
                "the browser calls this logger by a name that is not its own",
                remedy: "Open it at 127.0.0.1, or set alerts.pages.url to the address that people use"
            )
        }
        let sent = HTTPField.Name(PageSessions.csrfHeader).flatMap { request.headers[$0] }
        guard sessions.accepts(pageToken: sent, cookie: cookie) else {
            throw ServiceError(
                .forbidden,
                "the page that asks for this is not one of ours, or was loaded before you signed in",
                remedy: "Load the page again"
            )
        }
    }
}
