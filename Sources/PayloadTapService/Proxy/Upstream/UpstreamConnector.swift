package import Logging
package import NIOCore
import NIOPosix
import Synchronization

/// Opens connections to the model, over TLS where it is reached so.
package final class UpstreamConnector: Sendable {
    package let address: UpstreamAddress
    private let tls: UpstreamTLS?
    private let timeout: TimeAmount
    private let logger: Logger?
    /// When a failure may be logged again.
    private let quietUntil = Mutex(NIODeadline.uptimeNanoseconds(0))

    /// - Parameters:
    ///   - timeout: How long TCP may take, and TLS after it.
    ///   - logger: Is told of failures, at most one in ten seconds.
    package init(address: UpstreamAddress, tls: UpstreamTLS?, timeout: TimeAmount, logger: Logger?) {
        self.address = address
        self.tls = tls
        self.timeout = timeout
        self.logger = logger
    }

    /// Opens a connection that `handler` serves.
    func connect<Handler: ChannelHandler & Sendable>(
        _ handler: Handler,
        speaking speech: UpstreamTLS.Speech,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<Handler> {
        let done = eventLoop.makePromise(of: Void.self)
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.recvAllocator, value: ProxyLoop.receiveAllocator)
            .channelInitializer { [tls, timeout] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let tls else {
                        try channel.pipeline.syncOperations.addHandler(handler)
                        done.succeed()
                        return
                    }
                    let handshake = TLSHandshake(speaking: speech, timeout: timeout, next: handler, done: done)
                    try channel.pipeline.syncOperations.addHandlers([tls.handler(speaking: speech), handshake])
                }
            }
        let channel =
            switch address.endpoint {
            case .host(let host, let port):
                address.socketAddress.map(bootstrap.connect(to:)) ?? bootstrap.connect(host: host, port: port)
            case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
            }
        channel.whenFailure { done.fail($0) }  // no effect on one that has an outcome
        return channel.flatMap { _ in done.futureResult }.map { handler }.flatMapErrorThrowing { error in
            self.report(error)
            throw error
        }
    }

    private func report(_ error: any Error) {
        guard let logger else { return }
        let now = NIODeadline.now()
        let isQuiet = quietUntil.withLock { until in
            guard now >= until else { return true }
            until = now + .seconds(10)
            return false
        }
        guard !isQuiet else { return }
        logger.warning(
            "cannot connect to the model",
            metadata: ["upstream.url": "\(address)", "error.message": "\(error)"]
        )
    }
}
