import AsyncHTTPClient
import NIOCore

extension HTTPClient {
    /// A client for calls to other services, as the settings say; follows no redirect.
    ///
    /// Whoever makes it shuts it down.
    ///
    /// - Throws: ``SettingsError`` for files of TLS that cannot be read.
    static func toServices(_ settings: Settings, on group: any EventLoopGroup) throws(SettingsError) -> HTTPClient {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.tlsConfiguration = try ClientTLS.configuration(settings)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        return HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }
}
