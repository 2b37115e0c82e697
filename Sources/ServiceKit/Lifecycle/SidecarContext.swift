package import AsyncHTTPClient
package import Logging
package import NIOCore

/// What a service gets from its process.
package struct SidecarContext: Sendable {
    /// The name of the executable.
    package let name: String
    package let settings: Settings
    package let logger: Logger
    /// What decides how much of it is written.
    package let logThreshold: LogThreshold
    package let metrics: MetricsRegistry
    package let eventLoopGroup: any EventLoopGroup
    /// For calls to other services; follows no redirect.
    package let httpClient: HTTPClient
    /// Where the service keeps its state; exists.
    package let stateDirectory: String

    package init(
        name: String,
        settings: Settings,
        logger: Logger,
        logThreshold: LogThreshold = LogThreshold(.info),
        metrics: MetricsRegistry,
        eventLoopGroup: any EventLoopGroup,
        httpClient: HTTPClient,
        stateDirectory: String
    ) {
        self.name = name
        self.settings = settings
        self.logger = logger
        self.logThreshold = logThreshold
        self.metrics = metrics
        self.eventLoopGroup = eventLoopGroup
        self.httpClient = httpClient
        self.stateDirectory = stateDirectory
    }

    /// The same with another state directory.
    package func with(stateDirectory: String) -> SidecarContext {
        SidecarContext(
            name: name,
            settings: settings,
            logger: logger,
            logThreshold: logThreshold,
            metrics: metrics,
            eventLoopGroup: eventLoopGroup,
            httpClient: httpClient,
            stateDirectory: stateDirectory
        )
    }
}
