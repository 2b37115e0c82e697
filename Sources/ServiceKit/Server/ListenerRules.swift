import HTTPMessages
import HTTPTypes
import NIOCore

/// What the connections of a listener share.
final class ListenerRules: Sendable {
    let hotRoutes: [HotRoute]
    let access: Access
    let bodyLimit: Int
    let connectionLimit: Int
    let requestTimeout: TimeAmount
    let idleTimeout: TimeAmount
    let refusals: Counters
    let connections = ConnectionCount()

    init(
        hotRoutes: [HotRoute],
        access: Access,
        bodyLimit: Int,
        connectionLimit: Int,
        requestTimeout: Duration,
        idleTimeout: Duration,
        metrics: MetricsRegistry
    ) {
        self.hotRoutes = hotRoutes
        self.access = access
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
    static let openPaths: Set<Substring> = ["/livez", "/readyz"]

    /// Why a request is refused at once; nil where it may go on.
    ///
    /// What goes on to Hummingbird is looked at there again, where more may be asked. What takes a moment to verify goes
    /// on too, and is looked at when it is whole.
    func refusal(_ answer: Access.Answer, of route: HotRoute?, path: Substring) -> ServiceError? {
        if route == nil, Self.openPaths.contains(path) { return nil }
        switch answer {
        case .known(let principal):
            guard let route else { return nil }
            do { try principal.require(route.needed) } catch { return error }
            return nil
        case .unverified: return nil
        case .stranger: return route == nil && access.sessions != nil ? nil : Access.unauthorized
        }
    }

    /// Answers a hot request, after its sender is known.
    func answer(
        _ route: HotRoute,
        _ request: HotRequest,
        token: String?,
        _ eventLoop: any EventLoop
    ) -> HotRoute.Answer {
        guard let token else { return route.answer(request, eventLoop) }
        // A bare task, as every hot route has that answers later: it ends with its answer.
        let isAllowed = eventLoop.makeFutureWithTask { [access] in
            guard let principal = await access.provider?.principal(token: token) else { throw Access.unauthorized }
            try principal.require(route.needed)
        }
        return .later(
            isAllowed.flatMap {
                switch route.answer(request, eventLoop) {
                case .now(let response): eventLoop.makeSucceededFuture(response)
                case .later(let future): future.hop(to: eventLoop)
                }
            }
        )
    }

    /// The hot route that takes the request, with what stands in its path.
    func hotRoute(_ head: MessageHead, path: Substring) -> (route: HotRoute, parameters: PathParameters)? {
        let method = head.method
        for route in hotRoutes where method == route.method.rawValue {
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
