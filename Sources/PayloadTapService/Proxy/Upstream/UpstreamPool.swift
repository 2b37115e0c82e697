import NIOCore

/// The connections of one event loop to the model: a bounded number, those of HTTP/1 reused last in, first out.
///
/// An HTTP/2 client gets one of its own, which ends with the client's.
///
/// Confined to its event loop, which is what makes `@unchecked Sendable` true. No loop ever hands work to another.
final class UpstreamPool: @unchecked Sendable {
    private let connectors: UpstreamConnectors
    private let limits: ProxyLimits
    private let limit: Int
    private let eventLoop: any EventLoop
    private var idle: [UpstreamConnection] = []
    /// Clients waiting for a connection, first come, first served, with the moment at which waiting ends.
    private var waiting: [(client: ClientConnection, deadline: NIODeadline)] = []
    /// HTTP/2 clients waiting for their own, likewise.
    private var waitingForOwn: [(client: HTTP2ClientConnection, deadline: NIODeadline)] = []
    private var connecting = 0
    private var open: Set<ObjectIdentifier> = []
    /// Connections of HTTP/2 clients, open or being opened.
    private var own = 0

    /// - Parameter limit: Most connections of this loop.
    init(connectors: UpstreamConnectors, limits: ProxyLimits, limit: Int, eventLoop: any EventLoop) {
        self.connectors = connectors
        self.limits = limits
        self.limit = max(1, limit)
        self.eventLoop = eventLoop
    }

    /// An idle connection, or nil: then `client` is told by `upstreamReady` or `upstreamUnavailable` later.
    ///
    /// - Parameter fresh: Whether only a connection that has carried nothing will do.
    func acquire(for client: ClientConnection, fresh: Bool = false) -> UpstreamConnection? {
        while !fresh, let connection = idle.popLast() {
            if connection.isActive { return connection }
        }
        waiting.append((client, .now() + limits.connectTimeout))
        if hasRoom, connecting < waiting.count { connect() }
        return nil
    }

    /// Takes back a connection that can carry another exchange.
    func release(_ connection: UpstreamConnection) {
        if waiting.isEmpty {
            idle.append(connection)
        } else {
            waiting.removeFirst().client.upstreamReady(connection)
        }
    }

    /// Forgets a client that needs no connection any more.
    func cancel(_ client: ClientConnection) {
        waiting.removeAll { $0.client === client }
    }

    /// A connection is gone; another is opened when somebody waits for it.
    func connectionClosed(_ connection: UpstreamConnection) {
        open.remove(ObjectIdentifier(connection))
        idle.removeAll { $0 === connection }
        connectForWaiting()
    }

    /// Opens a connection for an HTTP/2 client alone, which is told by `upstreamReady` or `upstreamUnavailable` later.
    func acquireOwn(for client: HTTP2ClientConnection) {
        waitingForOwn.append((client, .now() + limits.connectTimeout))
        connectForWaiting()
        // What lies idle for requests that may come gives way to one that is there.
        if !waitingForOwn.isEmpty, let unused = idle.first { unused.close() }
    }

    /// Forgets a client that needs no connection any more.
    func cancelOwn(for client: HTTP2ClientConnection) {
        waitingForOwn.removeAll { $0.client === client }
    }

    /// The connection of an HTTP/2 client is gone.
    func ownConnectionClosed() {
        own -= 1
        connectForWaiting()
    }

    /// Closes what has been idle too long and ends waits that have lasted too long.
    func sweep(now: NIODeadline) {
        while let first = waiting.first, first.deadline < now {
            waiting.removeFirst()
            first.client.upstreamUnavailable(isTimeout: true)
        }
        while let first = waitingForOwn.first, first.deadline < now {
            waitingForOwn.removeFirst()
            first.client.upstreamUnavailable(.upstreamSilent)
        }
        while let first = idle.first, first.idleSince + limits.upstreamIdleTimeout < now {
            idle.removeFirst()
            first.close()
        }
    }

    /// Closes what is idle, at the end.
    func closeIdle() {
        for connection in idle { connection.close() }
        idle = []
    }

    private var hasRoom: Bool { open.count + connecting + own < limit }

    private func connectForWaiting() {
        if connecting < waiting.count, hasRoom { connect() }
        while hasRoom, !waitingForOwn.isEmpty { connectOwn(for: waitingForOwn.removeFirst().client) }
    }

    private func connect() {
        connecting += 1
        let connection = UpstreamConnection(pool: self, headLimit: limits.headBytes)
        connectors.http1.connect(connection, speaking: .http1, on: eventLoop).whenComplete { self.connected($0) }
    }

    private func connected(_ outcome: Result<UpstreamConnection, any Error>) {
        connecting -= 1
        if case .success(let connection) = outcome, connection.isActive {
            open.insert(ObjectIdentifier(connection))
            release(connection)
            return
        }
        if !waiting.isEmpty { waiting.removeFirst().client.upstreamUnavailable(isTimeout: false) }
        connectForWaiting()
    }

    private func connectOwn(for client: HTTP2ClientConnection) {
        own += 1
        let connection = HTTP2UpstreamConnection(pool: self, client: client)
        connectors.http2.connect(connection, speaking: .http2, on: eventLoop).whenComplete { outcome in
            switch outcome {
            case .success(let connection): client.upstreamReady(connection)
            case .failure(let error):
                self.ownConnectionClosed()
                client.upstreamUnavailable(Self.answer(to: error))
            }
        }
    }

    private static func answer(to error: any Error) -> ProxyAnswer {
        switch error {
        case ChannelError.connectTimeout, UpstreamRefusal.timeout: .upstreamSilent
        case UpstreamRefusal.otherProtocol: .upstreamNotHTTP2
        default: .upstreamGone
        }
    }
}
