import PayloadCapture
package import ServiceKit
package import ServiceLifecycle

/// The tap: a proxy in front of a model, its own routes on a second port, and what tells the sinks what passed.
package enum PayloadTapService {
    /// The services of the process, in the order in which they start.
    ///
    /// They stop in reverse: first no request comes
    /// any more, then what was captured becomes events, then delivery stops; what is left is in the spools.
    package static func services(_ context: SidecarContext) throws -> [any Service] {
        var configuration = try TapConfiguration(context.settings)
        configuration.policy.claims = try ClaimCheck.open(context)
        let delivery = try EventDelivery(context: context, folder: "spool", givesWay: true)
        let metrics = CaptureMetrics(
            context.metrics,
            namespace: configuration.policy.namespace,
            model: configuration.policy.model ?? "",
            version: configuration.policy.version ?? ""
        )
        let queue = CaptureQueue()
        let budget = CaptureBudget(limit: configuration.captureMemory) { delivery.room > .nothing }
        let held = context.metrics.gauge("vedette_capture_bytes", "Memory held by captures that are not spooled yet.")
        context.metrics.onCollect { held.set(Double(budget.bytes)) }
        let recorder = TapRecorder(
            policy: configuration.policy,
            queue: queue,
            budget: budget,
            metrics: metrics,
            registry: context.metrics,
            enabled: delivery.hasSinks,
            skipPeers: configuration.skipPeers,
            token: configuration.token
        )
        let emitter = PayloadEmitter(
            queue: queue,
            budget: budget,
            policy: configuration.policy,
            delivery: delivery,
            metrics: metrics,
            logger: context.logger
        )
        let routes = TapRoutes(recorder: recorder, payloads: configuration.policy.claims?.store)
        let control = try HTTPServer(
            context: context,
            listen: TapConfiguration.controlListen,
            operations: TapRoutes.operations,
            routes: routes.add
        )
        let proxy = TapProxy(
            configuration: configuration,
            recorder: recorder,
            group: context.eventLoopGroup,
            logger: context.logger
        )
        return [delivery, emitter, control, proxy]
    }
}
