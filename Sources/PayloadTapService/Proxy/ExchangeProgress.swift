/// How far a request and its response have come, and what follows when something ends: a value without I/O.
package struct ExchangeProgress: Sendable {
    private enum Response {
        case awaited, started, complete
    }

    /// Whether the request's last byte has been read.
    package private(set) var isRequestComplete = false
    private var response = Response.awaited

    package init() {}

    /// Whether the response's head has been passed on.
    package var isResponseStarted: Bool { response != .awaited }
    /// Whether the response's last byte has been passed on.
    package var isResponseComplete: Bool { response == .complete }

    /// What to do when the exchange cannot go on.
    package enum Failure: Equatable, Sendable {
        /// Send the request again over another connection.
        case retry
        /// Answer in the model's place.
        case answer(status: Int)
        /// The response has begun and cannot be completed: close, so that the client sees it is cut.
        case cutOff
        /// The client owes the rest of its request: close.
        case dropClient
    }

    /// What happens to the two connections when the response is complete.
    package struct Ending: Equatable, Sendable {
        /// What becomes of the connection to the model.
        package enum Upstream: Equatable, Sendable { case reuse, close }
        /// What becomes of the connection to the client: `drain` reads and drops what it still sends, then closes.
        package enum Client: Equatable, Sendable { case reuse, close, drain }
        package var upstream: Upstream
        package var client: Client
    }

    package mutating func requestCompleted() { isRequestComplete = true }
    package mutating func responseStarted() { response = .started }
    package mutating func responseCompleted() { response = .complete }

    /// The model's side closed or could not be reached.
    ///
    /// - Parameter nothingSent: Whether it is certain that no byte of the request has left on a connection that had
    ///   been used before; only then may it be sent again, whatever its method.
    package func upstreamFailed(nothingSent: Bool) -> Failure {
        switch response {
        case .awaited: nothingSent ? .retry : .answer(status: 502)
        case .started, .complete: .cutOff
        }
    }

    /// Nothing has moved for as long as is allowed.
    package func timedOut() -> Failure {
        if !isRequestComplete { return .dropClient }
        return response == .awaited ? .answer(status: 504) : .cutOff
    }

    /// The response is complete.
    ///
    /// - Parameters:
    ///   - upstreamStays: Whether the model keeps its connection open.
    ///   - clientStays: Whether the client was told that its connection stays open.
    package func ending(upstreamStays: Bool, clientStays: Bool) -> Ending {
        guard isRequestComplete else {
            // The model answered before it had read everything: neither connection stands between two messages.
            return Ending(upstream: .close, client: .drain)
        }
        return Ending(upstream: upstreamStays ? .reuse : .close, client: clientStays ? .reuse : .close)
    }
}
