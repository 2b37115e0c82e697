import Hummingbird
import ServiceKit

/// Parts of a path, percent-decoded after the path was split, so that an id may hold a slash.
enum PathPart {
    static func last(of request: Request) throws -> String { try part(of: request, fromEnd: 1) }

    static func beforeLast(of request: Request) throws -> String { try part(of: request, fromEnd: 2) }

    private static func part(of request: Request, fromEnd place: Int) throws -> String {
        let parts = request.uri.path.split(separator: "/")
        guard parts.count >= place, let text = parts[parts.count - place].removingPercentEscapes else {
            throw ServiceError(
                .badRequest,
                "the path '\(request.uri.path.prefix(160))' is not percent-encoded UTF-8",
                remedy: "Encode every byte that is no letter or digit as %41"
            )
        }
        return text
    }
}
