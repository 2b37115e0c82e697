import GRPC
import Logging
import ModelHosting
import NIOPosix
import PayloadCapture
package import ServiceKit
package import ServiceLifecycle

/// The model server: models of several kinds behind the V2 protocol, over HTTP and gRPC, and behind its forerunners, and
/// what tells the sinks of their calls.
package enum ModelServerService {
    /// The services of the process, in the order in which they start; they stop in reverse.
    package static func services(_ context: SidecarContext) async throws -> [any Service] {
        var configuration = try ModelServerConfiguration(context.settings)
        configuration.policy.claims = try ClaimCheck.open(context)
        let repository = ModelRepository(
            directory: configuration.modelsDirectory,
            policy: configuration.repository,
            runtimes: try ModelHosting.runtimes(context),
            metrics: context.metrics,
            logger: context.logger,
            eventLoopGroup: context.eventLoopGroup
        )
        try await repository.start()

        let delivery = try EventDelivery(context: context, folder: "spool", givesWay: true)
        let metrics = CaptureMetrics(
            context.metrics,
            namespace: configuration.policy.namespace,
            model: configuration.policy.model ?? "",
            version: configuration.policy.version ?? ""
        )
        let queue = CaptureQueue()
        let budget = CaptureBudget(limit: configuration.captureMemory) { delivery.room > .nothing }
        let capture = ServerCapture(
            policy: configuration.policy,
            queue: queue,
            budget: budget,
            metrics: metrics,
            registry: context.metrics,
            isEnabled: delivery.hasSinks,
            trust: configuration.trust
        )
        let emitter = PayloadEmitter(
            queue: queue,
            budget: budget,
            policy: configuration.policy,
            delivery: delivery,
            metrics: metrics,
            logger: context.logger
        )
        let pool = InferencePool(threads: configuration.threads)
        let executionMetrics = ExecutionMetrics(context.metrics)
        let shadows = ShadowCopies(limit: configuration.shadowWaiting)
        let executor = ModelExecutor(
            repository: repository,
            runner: BatchRunner(
                pool: pool.threads,
                threads: configuration.threads,
                policy: configuration.batches,
                metrics: executionMetrics
            ),
            shadows: shadows,
            metrics: executionMetrics,
            limits: configuration.limits
        )
        let tracing = InferenceTracing(logger: context.logger)
        let calls = InferenceCalls(executor: executor, metrics: metrics, capture: capture, tracing: tracing)
        let administration = Administration(
            repository: repository,
            tracing: tracing,
            logThreshold: context.logThreshold,
            messageLimit: configuration.bodyLimit
        )
        let readiness = Readiness()
        let grpc = try grpcListener(context, configuration, calls, administration, readiness)
        let server = try HTTPServer(
            context: context,
            listen: ModelServerConfiguration.listen,
            hotRoutes: InferenceRoutes(calls: calls, repository: repository, model: configuration.policy.model).routes,
            operations: ModelServerRoutes.operations,
            readiness: readiness,
            routes: ModelServerRoutes(repository: repository, administration: administration).add
        )
        let watch = RepositoryWatch(repository, interval: configuration.repository.rescan)
        return [delivery, emitter, pool, shadows, watch] + grpc + [server]
    }

    /// The listener for gRPC, where the settings want one.
    private static func grpcListener(
        _ context: SidecarContext,
        _ configuration: ModelServerConfiguration,
        _ calls: InferenceCalls,
        _ administration: Administration,
        _ readiness: Readiness
    ) throws -> [any Service] {
        guard let listen = configuration.grpcListen else { return [] }
        let service = InferenceService(calls: calls, administration: administration)
        return [
            try GRPCServer(
                context: context,
                listen: listen,
                key: ModelServerConfiguration.grpc,
                routes: service.routes,
                readiness: readiness
            )
        ]
    }
}

/// The threads for long requests, started and stopped with the process.
struct InferencePool: Service {
    let threads: NIOThreadPool

    init(threads count: Int) {
        threads = NIOThreadPool(numberOfThreads: count)
        threads.start()
    }

    func run() async throws {
        try? await gracefulShutdown()
        try await threads.shutdownGracefully()
    }
}
