package import NIOCore

/// What the proxy allows its two sides.
package struct ProxyLimits: Sendable {
    /// Clients connected at once; further ones wait in the kernel's backlog.
    package var clientConnections = 4096
    /// Connections to the model, over all event loops.
    package var upstreamConnections = 1024
    /// How long a connection attempt to the model, or the wait for a free one, may take.
    package var connectTimeout = TimeAmount.seconds(5)
    /// How long the model may be silent while it owes an answer.
    package var responseTimeout = TimeAmount.seconds(300)
    /// How long a client may be silent between requests, or within one.
    package var clientTimeout = TimeAmount.seconds(75)
    /// How long an unused connection to the model is kept.
    ///
    /// Below the 5 s after which uvicorn closes on its side.
    package var upstreamIdleTimeout = TimeAmount.seconds(4)
    /// How long requests in hand may take after the order to stop.
    package var shutdownTimeout = TimeAmount.seconds(25)
    /// The longest head of a message, and the longest header block of HTTP/2, in bytes.
    package var headBytes = 64 << 10
    /// Requests of one HTTP/2 connection that are observed at once; further ones pass and are not captured.
    package var streams = 1024

    package init() {}

    /// How often deadlines are looked at: a quarter of the shortest, between 10 ms and 1 s.
    var sweepInterval: TimeAmount {
        let shortest = min(connectTimeout, responseTimeout, clientTimeout, upstreamIdleTimeout)
        return .nanoseconds(min(max(shortest.nanoseconds / 4, 10_000_000), 1_000_000_000))
    }
}
