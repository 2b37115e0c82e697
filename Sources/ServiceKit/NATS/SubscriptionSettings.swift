/// The settings of a service that takes its events from a stream of NATS, beside those that are posted to it.
package enum SubscriptionSettings {
    package static let url = SettingKey(
        "subscribe.url",
        default: NATSAddress?.none,
        "A stream of NATS JetStream to take events from, besides those that are posted: nats://host:port/STREAM, or tls:// for TLS."
    )
    package static let consumer = SettingKey(
        "subscribe.consumer",
        default: String?.none,
        "The durable consumer of the stream, which replicas share; the executable's name when not set."
    )
    package static let subject = SettingKey(
        "subscribe.subject",
        default: String?.none,
        "Only events of these subjects, such as vedette.*.digits.>; all when not set."
    )
    package static let tokenFile = SettingKey(
        "subscribe.token.file",
        default: String?.none,
        "A file with the token that the NATS server asks for."
    )

    /// All of them.
    package static let keys: [any Setting] = [url, consumer, subject, tokenFile]
}
