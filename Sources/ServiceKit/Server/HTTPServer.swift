package import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// The listener of a service: hot routes answered in NIO, all others by Hummingbird, on one port.
///
/// It refuses by itself: 401 without a token where one is set, 413 over the body limit, 408 for a slow sender, 503 over
/// the limit of connections. It has `/livez`, `/readyz`, `/metrics`, `/version` and `/openapi.json`.
package struct HTTPServer: Service {
    /// Where it listens once it does.
    package let address: BoundAddress
    /// What `/readyz` looks at.
    package let readiness: Readiness

    private let context: SidecarContext
    private let listen: ListenAddress
    private let flag: String
    private let rules: ListenerRules
    private let tls: ListenerTLS?
    private let responder: RouterResponder<ControlContext>

    /// Builds a listener from the settings of ``HTTPSettings``.
    ///
    /// - Parameters:
    ///   - listen: The setting of its address, which may differ where a process has two listeners.
    ///   - operations: The service's routes for `/openapi.json`.
    ///   - sessions: Browsers that signed in, for a service with pages.
    ///   - provider: Who vouches for people besides the tokens of the settings.
    ///   - routes: Adds control routes.
    /// - Throws: ``SettingsError`` for an address other than loopback with neither token nor `insecure`.
    package init(
        context: SidecarContext,
        listen key: SettingKey<ListenAddress>,
        hotRoutes: [HotRoute] = [],
        operations: [APIOperation] = [],
        readiness: Readiness = Readiness(),
        sessions: PageSessions? = nil,
        provider: (any IdentityProvider)? = nil,
        routes: (Router<ControlContext>) -> Void = { _ in }
    ) throws {
        let settings = context.settings
        let listen = try settings.value(key)
        let access = Access(
            tokens: try ListenerAccess.tokens(
                listen: listen,
                key: key.name,
                context: context,
                asksOtherwise: provider != nil
            ),
            provider: provider,
            sessions: sessions
        )
        self.context = context
        self.listen = listen
        flag = key.flag
        tls = try ListenerTLS.open(settings, speaking: [.http1], logger: context.logger)
        self.readiness = readiness
        address = BoundAddress()
        rules = ListenerRules(
            hotRoutes: hotRoutes,
            access: access,
            bodyLimit: try settings.value(HTTPSettings.bodyLimit),
            connectionLimit: try settings.value(HTTPSettings.connections),
            requestTimeout: try settings.value(HTTPSettings.requestTimeout),
            idleTimeout: try settings.value(HTTPSettings.idleTimeout),
            metrics: context.metrics
        )
        let router = Router(context: ControlContext.self, options: [.autoGenerateHeadEndpoints])
        router.add(middleware: ErrorShape(operations: operations + APIOperation.common))
        router.add(middleware: Authentication(access: access))
        CommonRoutes(service: context.name, metrics: context.metrics, readiness: readiness, operations: operations)
            .add(to: router)
        routes(router)
        responder = router.buildResponder()
    }

    /// Listens until a graceful stop, and then until the requests under way are answered.
    ///
    /// - Throws: ``StartError`` with exit code 69 when the address cannot be had.
    package func run() async throws {
        let (rules, tls, listen, address, logger) = (rules, tls, listen, address, context.logger)
        var quiet = logger
        quiet.handler = ListenerLog(quiet.handler)
        quiet.logLevel = max(logger.logLevel, .warning)  // our own line says where we listen
        let application = Application(
            responder: responder,
            server: HTTPServerBuilder { ListenerChannel(responder: $0, rules: rules, tls: tls) },
            configuration: ApplicationConfiguration(
                address: .hostname(listen.host, port: listen.port),
                backlog: 1024,
                // A little above the limit, so that those over it can be told, and no further.
                availableConnectionsDelegate: .maximum(rules.connectionLimit + 64, logger: quiet)
            ),
            onServerRunning: { channel in
                let bound = ListenAddress(
                    host: channel.localAddress?.ipAddress ?? listen.host,
                    port: channel.localAddress?.port ?? listen.port
                )
                address.set(bound)
                logger.notice("listening", metadata: ["http.address": "\(bound)"])
            },
            eventLoopGroupProvider: .shared(context.eventLoopGroup),
            logger: quiet
        )
        do {
            try await application.run()
        } catch let error as IOError {
            throw StartError(cannotListenAt: listen, flag: flag, error)
        }
    }
}

/// Where a listener really listens; known once it does.
package final class BoundAddress: Sendable {
    private struct State {
        var address: ListenAddress?
        var waiters: [CheckedContinuation<ListenAddress, Never>] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// The address, as soon as there is one.
    package var value: ListenAddress {
        get async {
            await withCheckedContinuation { continuation in
                let address = state.withLock { state in
                    if state.address == nil { state.waiters.append(continuation) }
                    return state.address
                }
                if let address { continuation.resume(returning: address) }
            }
        }
    }

    /// Says where it listens.
    package func set(_ address: ListenAddress) {
        let waiters = state.withLock { state in
            state.address = address
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: address) }
    }
}
