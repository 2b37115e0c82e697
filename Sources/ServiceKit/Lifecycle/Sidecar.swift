import AsyncHTTPClient
import CoreMetrics
import Glibc
import Journal
import Logging
import NIOPosix
package import ServiceLifecycle
import UnixSignals

/// The life of a process of the mesh: settings, log, metrics, services until SIGTERM, one line on an error, an exit code.
package enum Sidecar {
    /// Runs an executable and ends the process.
    ///
    /// - Parameters:
    ///   - name: The name of the executable.
    ///   - settings: What may be set, next to what every process has.
    ///   - services: Builds the services from the settings, in the order in which they start; they stop in reverse.
    package static func main(
        _ name: String,
        settings: [any Setting],
        services: @Sendable (SidecarContext) async throws -> [any Service]
    ) async -> Never {
        MemoryArenas.limitToCores()
        let code = await run(
            name,
            settings: settings,
            arguments: Array(CommandLine.arguments.dropFirst()),
            environment: Environment.variables(),
            services: services
        )
        exit(code.rawValue)
    }

    /// The same without its end, for tests.
    package static func run(
        _ name: String,
        settings own: [any Setting],
        arguments: [String],
        environment: [String: String],
        services: @Sendable (SidecarContext) async throws -> [any Service]
    ) async -> ExitCode {
        let declared = own + ProcessSettings.all(of: name)
        if arguments.contains("--help") {
            print(SettingsHelp.text(program: name, settings: declared), terminator: "")
            return .stopped
        }
        if arguments.contains("--version") {
            print("\(name) \(Version.current)")
            return .stopped
        }
        let threshold = LogThreshold(.info)
        var logger = Logger(label: name) { StandardErrorLog(label: $0, format: .text, threshold: threshold) }
        do {
            let settings = try SettingsSource.settings(declared, arguments: arguments, environment: environment)
            let format = try settings.value(ProcessSettings.logFormat)
            threshold.level = try settings.value(ProcessSettings.logLevel)
            logger = Logger(label: name) { StandardErrorLog(label: $0, format: format, threshold: threshold) }
            try await run(name, settings: settings, logger: logger, threshold: threshold, services: services)
            return .stopped
        } catch is CancellationError {
            logger.warning(
                "stopped before all work in hand was done",
                metadata: [
                    "error.remedy": "Acknowledged events go on at the next start; a longer stop.timeout waits longer"
                ]
            )
            return .stopped
        } catch {
            let failure = StartError(error)
            logger.error(
                "stopped by an error",
                metadata: [
                    "error.code": "\(failure.errorCode)", "error.message": "\(failure.message)",
                    "error.remedy": "\(failure.remedy)", "exit.code": "\(failure.exitCode.rawValue)",
                ]
            )
            return failure.exitCode
        }
    }

    private static func run(
        _ name: String,
        settings: Settings,
        logger: Logger,
        threshold: LogThreshold,
        services: @Sendable (SidecarContext) async throws -> [any Service]
    ) async throws {
        let metrics = MetricsRegistry()
        ProcessMetrics.declare(in: metrics, service: name)
        let stateDirectory = try settings.value(ProcessSettings.stateDirectory(of: name))
        try Folder.create(stateDirectory)

        let group = MultiThreadedEventLoopGroup.singleton
        let httpClient = try HTTPClient.toServices(settings, on: group)
        let context = SidecarContext(
            name: name,
            settings: settings,
            logger: logger,
            logThreshold: threshold,
            metrics: metrics,
            eventLoopGroup: group,
            httpClient: httpClient,
            stateDirectory: stateDirectory
        )
        do {
            MetricsSystemBootstrap.once(metrics)
            var configuration = ServiceGroupConfiguration(
                services: try await services(context).map { service in
                    .init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)
                },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: name) { _ in SwiftLogNoOpLogHandler() }
            )
            configuration.maximumGracefulShutdownDuration = try settings.value(ProcessSettings.stopTimeout)
            try await ServiceGroup(configuration: configuration).run()
        } catch {
            try? await httpClient.shutdown()  // the first error is the one to tell
            throw error
        }
        try await httpClient.shutdown()
        logger.notice("stopped")
    }
}
