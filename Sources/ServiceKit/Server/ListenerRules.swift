import HTTPMessages
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

    func mayPass(_ head: MessageHead, path: Substring) -> Bool {
        guard let tokens, !Self.openPaths.contains(path) else { return true }
        return tokens.accept(authorization: head.value(.authorization))
    }

    /// The hot route that takes the request, with what stands in its path.
    func hotRoute(_ head: MessageHead, path: Substring) -> (route: HotRoute, parameters: PathParameters)? {
        for route in hotRoutes where head.method == route.method.rawValue {
            if let parameters = route.parameters(of: path) { return (route, parameters) }
        }
        return nil
    }
}

extension HTTPRequest {
    /// A head as Hummingbird takes it; nil when its method is no token.
    init?(_ head: MessageHead, target: String) {
        guard let method = Method(head.method) else { return nil }
        var fields = HTTPFields()
        for (name, value) in head.headers {
            guard let name = HTTPField.Name(name), name != HTTPField.Name("Host") else { continue }
            fields.append(HTTPField(name: name, value: value))
        }
        self.init(method: method, scheme: "http", authority: head.value(.host), path: target, headerFields: fields)
    }
}
