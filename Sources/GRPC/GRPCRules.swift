import HTTPTypes
import JSON
import NIOCore
package import ServiceKit

/// What the connections of a gRPC listener share.
final class GRPCRules: Sendable {
    let routes: [String: GRPCRoute]
    let tokens: BearerTokens?
    /// The most bytes of one message, inflated.
    let messageLimit: Int
    let connections: GRPCConnections
    /// How long a message may take to arrive.
    let requestTimeout: TimeAmount
    let refusals: Counters

    /// Calls that a client may have under way on one connection.
    static let streamLimit = 256
    /// The most bytes of messages that are not whole or wait, on one connection, in messages of the largest size.
    static let heldMessages = 4

    init(
        routes: [GRPCRoute],
        tokens: BearerTokens?,
        messageLimit: Int,
        connectionLimit: Int,
        requestTimeout: Duration,
        metrics: MetricsRegistry
    ) {
        self.routes = Dictionary(uniqueKeysWithValues: routes.map { ($0.path, $0) })
        self.tokens = tokens
        self.messageLimit = messageLimit
        connections = GRPCConnections(limit: connectionLimit)
        self.requestTimeout = TimeAmount(requestTimeout)
        refusals = metrics.counter(
            "vedette_http_refusals_total",
            "Requests that the listener refused before any route saw them.",
            labels: ["code"]
        )
    }

    /// What follows from the head of a call: its route, or the status that it is refused with.
    func route(_ path: String, authorization: String?) -> Result<GRPCRoute, GRPCRefusal> {
        let route = routes[path]
        if route?.isOpen != true, let tokens {
            guard let principal = tokens.principal(authorization: authorization) else {
                let error = ServiceError(
                    .unauthorized,
                    "a token is needed",
                    remedy: "Send the metadata authorization: Bearer TOKEN"
                )
                return .failure(GRPCRefusal(error))
            }
            // Every call is a POST; what looks only is there over HTTP.
            do { try principal.require(.write) } catch { return .failure(GRPCRefusal(error)) }
        }
        guard let route else {
            let error = ServiceError(
                .notImplemented,
                "there is no method \(path.prefix(128))",
                remedy: "Ask for one of \(services.joined(separator: ", "))"
            )
            return .failure(GRPCRefusal(error))
        }
        return .success(route)
    }

    private var services: [String] {
        Set(routes.keys.map { String($0.dropFirst().prefix { $0 != "/" }) }).sorted()
    }
}

/// Why a call is refused before its route sees it.
struct GRPCRefusal: Error {
    var status: GRPCStatus
    /// For the counter of refusals.
    let code: String

    init(_ error: ServiceError) {
        status = GRPCStatus(error)
        code = error.code.name
    }
}

extension GRPCStatus {
    /// What a caller is told of an error: its message, and in the trailers its code and the remedy.
    package init(_ error: ServiceError) {
        self.init(
            GRPCStatus.Code(error.code.status),
            error.message,
            trailers: [
                (name: "error-code", value: error.code.name),
                (name: "error-remedy", value: GRPCText.encoded(error.remedy)),
            ]
        )
        // Milliseconds: github.com/grpc/proposal, A6.
        if let wait = error.retryAfter {
            trailers.append((name: "grpc-retry-pushback-ms", value: String(max(1, wait.components.seconds) * 1000)))
        }
    }

    /// What the answer of a route amounts to: `ok`, or its error object.
    init(_ response: HotResponse) {
        guard response.status.kind != .successful else { self.init(.ok, ""); return }
        let object = try? JSONValue(parsing: response.body.readableBytesView)
        self.init(
            GRPCStatus.Code(response.status),
            object?["error"]?.string ?? response.status.reasonPhrase,
            trailers: [("error-code", object?["code"]?.string), ("error-remedy", object?["remedy"]?.string)]
                .compactMap { name, value in value.map { (name: name, value: GRPCText.encoded($0)) } }
        )
        guard let wait = response.headers.first(where: { $0.name.lowercased() == "retry-after" })?.value,
            let seconds = Int(wait)
        else { return }
        trailers.append((name: "grpc-retry-pushback-ms", value: String(seconds * 1000)))
    }
}
