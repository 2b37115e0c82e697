import HTTPTypes
import NIOCore

/// What the connections of a listener share.
final class ListenerRules: Sendable {
    let hotRoutes: [HotRoute]
    let tokens: BearerTokens?
    let bodyLimit: Int
    let connectionLimit: Int
    let requestTimeout: TimeAmount
    let idleTimeout: TimeAmount
    let refusals: Counters
    let connections = ConnectionCount()

    init(
        hotRoutes: [HotRoute],
        tokens: BearerTokens?,
        bodyLimit: Int,
        connectionLimit: Int,
        requestTimeout: Duration,
        idleTimeout: Duration,
        metrics: MetricsRegistry
    ) {
        self.hotRoutes = hotRoutes
        self.tokens = tokens
        self.bodyLimit = bodyLimit
        self.connectionLimit = connectionLimit
        self.requestTimeout = TimeAmount(requestTimeout)
        self.idleTimeout = TimeAmount(idleTimeout)
        refusals = metrics.counter(
            "vedette_http_refusals_total",
            "Requests that the listener refused before any route saw them.",
            labels: ["code"]
        )
    }

    /// The routes that answer without a token.
    private static let openPaths: Set<Substring> = ["/livez", "/readyz"]

    func mayPass(_ head: HTTPRequest, path: Substring) -> Bool {
        guard let tokens, !Self.openPaths.contains(path) else { return true }
        return tokens.accept(authorization: head.headerFields[.authorization])
    }
}
