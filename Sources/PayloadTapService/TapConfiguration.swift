package import Logging
import NIOCore
package import PayloadCapture
import PayloadPaths
package import ServiceKit

extension UpstreamAddress: SettingValue {
    package static var settingKind: String { "http://host:port, https://host:port or unix:/path" }
    package init?(settingText: String) { self.init(settingText) }
    package var settingText: String { description }
}

/// The settings of the tap.
///
/// Those of delivery are ServiceKit's.
package struct TapConfiguration: Sendable {
    package static let listen = HTTPSettings.listen(default: "127.0.0.1:9080")
    package static let controlListen = SettingKey(
        "control.listen",
        default: ListenAddress(host: "127.0.0.1", port: 9089),
        "The address of the tap's own routes; on http.listen every path belongs to the model."
    )
    package static let upstream = SettingKey(
        "upstream.url",
        default: UpstreamAddress("http://127.0.0.1:8080") ?? .init(host: "127.0.0.1", port: 8080),
        "Where the model listens, http://host:port, https://host:port or unix:/path/to/socket."
    )
    package static let http2Upstream = SettingKey(
        "upstream.http2.url",
        default: UpstreamAddress?.none,
        "Where the model listens for HTTP/2 and gRPC, where that is not upstream.url."
    )
    package static let tlsAuthorities = SettingKey(
        "upstream.tls.ca.file",
        default: String?.none,
        "A file of certificates in PEM that vouch for a model at https://; without it those of the system do."
    )
    package static let tlsServerName = SettingKey(
        "upstream.tls.server.name",
        default: String?.none,
        "The name that the model's certificate has to bear, where it is not the host of upstream.url."
    )
    package static let tlsInsecure = SettingKey(
        "upstream.tls.insecure",
        default: false,
        "Takes any certificate, so that anybody may stand in the model's place; logged as a warning."
    )
    package static let upstreamConnections = SettingKey(
        "upstream.connections.limit",
        default: 1024,
        "The most connections to the model; requests beyond it wait for upstream.connect.timeout at most.",
        allowed: "at least 1",
        where: { $0 >= 1 }
    )
    package static let connectTimeout = SettingKey(
        "upstream.connect.timeout",
        default: Duration.seconds(5),
        "How long a connection to the model may take; beyond it the answer is 504."
    )
    package static let responseTimeout = SettingKey(
        "upstream.response.timeout",
        default: Duration.seconds(300),
        "How long the model may be silent while it owes an answer; beyond it the answer is 504."
    )
    package static let upstreamIdleTimeout = SettingKey(
        "upstream.idle.timeout",
        default: Duration.seconds(4),
        "How long an unused connection to the model is kept; less than the model's own limit, which is 5s for uvicorn."
    )
    package static let clientConnections = SettingKey(
        "client.connections.limit",
        default: 4096,
        "The most clients at once; further ones wait to be accepted.",
        allowed: "at least 1",
        where: { $0 >= 1 }
    )
    package static let clientTimeout = SettingKey(
        "client.timeout",
        default: Duration.seconds(75),
        "How long a client may be silent between requests or within one before its connection is closed."
    )
    /// All that may be set besides what every process has.
    package static let keys: [any Setting] =
        HTTPSettings.keys(listen: "127.0.0.1:9080")
        + [
            controlListen, upstream, http2Upstream, tlsAuthorities, tlsServerName, tlsInsecure, upstreamConnections,
            connectTimeout,
            responseTimeout, upstreamIdleTimeout,
            clientConnections, clientTimeout, CaptureSettings.skipPeers, PayloadPaths.file,
        ] + CaptureSettings.keys + SinkSettings.keys + [ConsumerSettings.durability, ConsumerSettings.commitInterval]

    private let settings: Settings
    package var listen: ListenAddress
    package var upstream: UpstreamAddress
    /// Where HTTP/2 goes, nil for the same place.
    package var http2Upstream: UpstreamAddress?
    package var tls: UpstreamTLS?
    package var http2TLS: UpstreamTLS?
    /// Whether TLS takes any certificate.
    package var takesAnyCertificate: Bool
    package var limits: ProxyLimits
    package var policy: CapturePolicy
    package var captureMemory: Int
    package var skipPeers: Set<String>
    package var token: BearerTokens?

    /// - Throws: The first setting that cannot be read, or an address that the world can reach without a word of it.
    package init(_ settings: Settings) throws {
        self.settings = settings
        listen = try settings.value(Self.listen)
        let insecure = try settings.value(HTTPSettings.insecure)
        upstream = try settings.value(Self.upstream)
        takesAnyCertificate = try settings.value(Self.tlsInsecure)
        http2Upstream = try settings.value(Self.http2Upstream)
        try Self.refuseIdleTLSSettings(settings, of: [upstream, http2Upstream ?? upstream])
        tls = try Self.tls(settings, to: upstream, isVerified: !takesAnyCertificate)
        if let http2Upstream {
            http2TLS = try Self.tls(settings, to: http2Upstream, isVerified: !takesAnyCertificate)
        }
        limits = ProxyLimits()
        limits.upstreamConnections = try settings.value(Self.upstreamConnections)
        limits.connectTimeout = TimeAmount(try settings.value(Self.connectTimeout))
        limits.responseTimeout = TimeAmount(try settings.value(Self.responseTimeout))
        limits.upstreamIdleTimeout = TimeAmount(try settings.value(Self.upstreamIdleTimeout))
        limits.clientConnections = try settings.value(Self.clientConnections)
        limits.clientTimeout = TimeAmount(try settings.value(Self.clientTimeout))
        limits.shutdownTimeout = TimeAmount(try settings.value(ProcessSettings.stopTimeout)) - .seconds(1)
        policy = try CaptureSettings.policy(settings)
        policy.paths = try PayloadPaths.mappings(settings)
        captureMemory = try settings.value(CaptureSettings.memory)
        skipPeers = Set(try settings.value(CaptureSettings.skipPeers))
        token = try settings.value(HTTPSettings.tokenFile).map { try BearerTokens(file: $0) }
        let asksForCertificates = try settings.value(HTTPSettings.tlsClientAuthoritiesFile) != nil
        guard listen.isLoopback || token != nil || asksForCertificates || insecure else {
            throw SettingsError(
                .conflict,
                key: Self.listen.name,
                "\(Self.listen.name) \(listen) can be reached from other machines",
                remedy:
                    "Say --insecure true if the model may be, or set --auth-token-file, which guards the tap's own routes"
            )
        }
    }

    /// What clients speak TLS with; HTTP/2 is offered where the model is known to speak it.
    package func clientTLS(logger: Logger) throws -> ListenerTLS? {
        try ListenerTLS.open(settings, speaking: http2Upstream == nil ? [.http1] : [.http2, .http1], logger: logger)
    }

    /// Open connections to the model as configured.
    package func connectors(logger: Logger) -> UpstreamConnectors {
        let http1 = UpstreamConnector(address: upstream, tls: tls, timeout: limits.connectTimeout, logger: logger)
        guard let http2Upstream else { return UpstreamConnectors(both: http1) }
        return UpstreamConnectors(
            http1: http1,
            http2: UpstreamConnector(
                address: http2Upstream,
                tls: http2TLS,
                timeout: limits.connectTimeout,
                logger: logger
            )
        )
    }

    private static func tls(
        _ settings: Settings,
        to upstream: UpstreamAddress,
        isVerified: Bool
    ) throws -> UpstreamTLS? {
        guard upstream.isEncrypted, let host = upstream.host else { return nil }
        return try UpstreamTLS(
            host: host,
            serverName: try settings.value(tlsServerName),
            authorities: try settings.value(tlsAuthorities),
            isVerified: isVerified
        )
    }

    /// Settings of TLS without a place that speaks it are a mistake.
    private static func refuseIdleTLSSettings(_ settings: Settings, of upstreams: [UpstreamAddress]) throws {
        let areSet =
            try settings.value(tlsAuthorities) != nil || settings.value(tlsServerName) != nil
            || settings.value(tlsInsecure)
        guard areSet, let upstream = upstreams.first, !upstreams.contains(where: \.isEncrypted) else { return }
        throw SettingsError(
            .conflict,
            key: Self.upstream.name,
            "there are settings of TLS, and \(Self.upstream.name) is \(upstream)",
            remedy: "Begin \(Self.upstream.name) with https://, or leave upstream.tls out"
        )
    }
}
