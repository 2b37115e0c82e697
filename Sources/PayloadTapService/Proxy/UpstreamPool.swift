import NIOCore
import NIOPosix

/// The connections of one event loop to the model: a bounded number, reused last in, first out.
///
/// Confined to its event loop, which is what makes `@unchecked Sendable` true. No loop ever hands work to another.
final class UpstreamPool: @unchecked Sendable {
    private let address: UpstreamAddress
    private let limits: ProxyLimits
    private let limit: Int
    private let eventLoop: any EventLoop
    private var idle: [UpstreamConnection] = []
    /// Clients waiting for a connection, first come, first served, with the moment at which waiting ends.
    private var waiting: [(client: ClientConnection, deadline: NIODeadline)] = []
    private var connecting = 0
    private var open: Set<ObjectIdentifier> = []

    /// - Parameter limit: Most connections of this loop.
    init(address: UpstreamAddress, limits: ProxyLimits, limit: Int, eventLoop: any EventLoop) {
        self.address = address
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
        if open.count + connecting < limit, connecting < waiting.count { connect() }
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
        if connecting < waiting.count, open.count + connecting < limit { connect() }
    }

    /// Closes what has been idle too long and ends waits that have lasted too long.
    func sweep(now: NIODeadline) {
        while let first = waiting.first, first.deadline < now {
            waiting.removeFirst()
            first.client.upstreamUnavailable(isTimeout: true)
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

    private func connect() {
        connecting += 1
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(limits.connectTimeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.recvAllocator, value: ProxyLoop.receiveAllocator)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        UpstreamConnection(pool: self, headLimit: self.limits.headBytes)
                    )
                }
            }
        let channel =
            switch address.endpoint {
            case .host(let host, let port):
                address.socketAddress.map(bootstrap.connect(to:)) ?? bootstrap.connect(host: host, port: port)
            case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
            }
        channel.flatMapThrowing { try $0.pipeline.syncOperations.handler(type: UpstreamConnection.self) }
            .whenComplete { self.connected($0) }
    }

    private func connected(_ outcome: Result<UpstreamConnection, any Error>) {
        connecting -= 1
        if case .success(let connection) = outcome, connection.isActive {
            open.insert(ObjectIdentifier(connection))
            release(connection)
            return
        }
        if !waiting.isEmpty { waiting.removeFirst().client.upstreamUnavailable(isTimeout: false) }
        if connecting < waiting.count, open.count + connecting < limit { connect() }
    }
}
