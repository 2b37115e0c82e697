import CloudEvents
import Logging
import NATSTransport
import ServiceLifecycle

/// Takes the events of a stream of NATS to a service's door: each is acknowledged when the service's journal holds it.
///
/// The consumer is durable and replicas share it: each event goes to one of them, and to another when it is not
/// acknowledged within half a minute. While the server is away nothing comes, and it is tried again for ever.
package struct NATSSubscriber: Service {
    /// What the loop waits for.
    private enum Signal: Sendable {
        case message(NATSMessage)
        case tick
    }

    /// What became of a message, for the metric.
    private enum Outcome: String, CaseIterable {
        case kept, later, refused
    }

    /// Messages asked for at a time.
    private static let pullSize = 256
    /// How long the server may wait for them.
    private static let pullTime = Duration.seconds(5)

    private let address: NATSAddress
    private let consumer: String
    private let subject: String?
    private let line: NATSLine
    private let intake: EventIntake
    private let messages: [Outcome: Counter]
    private let logger: Logger

    /// The subscription of the settings; nil where there is none.
    ///
    /// - Throws: `NATSError` when one is set and this machine has no library for NATS.
    package init?(context: SidecarContext, intake: EventIntake) throws {
        guard let address = try context.settings.value(SubscriptionSettings.url) else { return nil }
        self.address = address
        consumer = try context.settings.value(SubscriptionSettings.consumer) ?? context.name
        subject = try context.settings.value(SubscriptionSettings.subject)
        line = try NATSLine(
            address,
            name: context.name,
            tokenFile: try context.settings.value(SubscriptionSettings.tokenFile),
            tls: address.isEncrypted ? try ClientTLS.nats(context.settings) : nil
        )
        self.intake = intake
        let family = context.metrics.counter(
            "vedette_subscription_messages_total",
            "Messages of the stream that the service subscribes to, by what became of them.",
            labels: ["outcome"]
        )
        messages = Dictionary(uniqueKeysWithValues: Outcome.allCases.map { ($0, family.with($0.rawValue)) })
        logger = context.logger
    }

    /// Takes events until a graceful stop.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var told = ""
            while !Task.isCancelled {
                do {
                    try await take()
                } catch {
                    let reason = "\(error)"
                    if reason != told {
                        logger.warning(
                            "stream is not there, tried again every second",
                            metadata: ["stream": "\(address.settingText)", "error": "\(reason)"]
                        )
                    }
                    told = reason
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
    }

    private func take() async throws {
        let stream = try await line.stream()
        try await stream.ensureConsumer(consumer, stream: address.stream, filter: subject)
        let inbox = stream.connection.makeInbox()
        let (signals, post) = AsyncStream.makeStream(of: Signal.self)
        // Bounded by what is asked for: `pullSize` at a time.
        let subscription = try stream.connection.subscribe(to: inbox) { post.yield(.message($0)) }
        logger.notice("taking events from a stream", metadata: ["stream": "\(address.settingText)"])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    try await Task.sleep(for: .seconds(1))
                    post.yield(.tick)
                }
            }
            var missing = 0
            var askedAt = ContinuousClock.now
            func pull() throws {
                missing = 0
                askedAt = .now
                try stream.pull(
                    Self.pullSize,
                    consumer: consumer,
                    stream: address.stream,
                    waiting: Self.pullTime,
                    inbox: inbox
                )
                missing = Self.pullSize
            }
            try pull()
            for await signal in signals {
                switch signal {
                case .message(let message):
                    switch message.status {
                    case nil:
                        missing -= 1
                        await take(message, of: stream)
                    case 404, 408:
                        missing = 0  // the pull is over
                    case let status?:
                        // The consumer was removed, for example: begin anew.
                        throw NATSError(
                            .refused,
                            "a pull was ended with \(status) \(message.header("Description") ?? "")",
                            remedy: "See `nats consumer info`",
                            status: status
                        )
                    }
                case .tick:
                    // The answer to a pull is lost with the connection that it was to come by.
                    if ContinuousClock.now - askedAt > Self.pullTime + .seconds(3) { missing = 0 }
                }
                if missing <= 0, stream.connection.isConnected { try pull() }
            }
            group.cancelAll()
        }
        withExtendedLifetime(subscription) {}
    }

    private func take(_ message: NATSMessage, of stream: JetStream) async {
        let settle: @Sendable (JetStream.Settlement, Outcome) -> Void = { [messages] settlement, outcome in
            messages[outcome]?.increment()
            // When the connection is away the message comes again, and is known then as a repetition.
            try? stream.settle(message, settlement)
        }
        let event: CloudEvent
        do {
            event = try NATSBinding.decode(headers: message.headers, body: message.data)
        } catch {
            intake.refuse()
            logger.warning("message of the stream is no event", metadata: ["error": "\(error)"])
            return settle(.never, .refused)
        }
        // The next message waits, so that they stay in order.
        intake.take(await intake.completed(event)) { result in
            switch result {
            case .success: settle(.kept, .kept)
            case .failure(.refused): settle(.never, .refused)
            case .failure(.noRoom), .failure(.ownerGone): settle(.later, .later)
            }
        }
    }
}
