import HTTPTypes
import Hummingbird
import ServiceKit

/// Refuses what another web site makes a reader's browser send: a logger at loopback may ask for no token.
enum SameOrigin {
    /// - Throws: ``ServiceError`` `.forbidden` when a browser says that the request comes from another site.
    static func check(_ request: Request) throws {
        // Browsers that do not say where a request comes from still name the page's origin.
        if let origin = request.headers[.origin] {
            let host = request.head.authority ?? ""
            guard origin == "http://\(host)" || origin == "https://\(host)" else { throw fromElsewhere }
        }
        guard let site = HTTPField.Name("sec-fetch-site").flatMap({ request.headers[$0] }) else { return }
        guard site == "same-origin" || site == "none" else { throw fromElsewhere }
    }

    private static let fromElsewhere = ServiceError(
        .forbidden,
        "the request comes from another web site",
        remedy: "Act on the logger's own pages, or call the route from a program"
    )
}
