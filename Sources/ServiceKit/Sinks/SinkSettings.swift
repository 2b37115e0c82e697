/// How events travel to a sink.
package enum SinkMode: String, Sendable, CaseIterable, SettingValue {
    /// Attributes as headers, the data as the body.
    case binary
    /// Everything in one JSON object.
    case structured
    /// Many in one JSON array; only for sinks that are known to take it, which all of ours are.
    case batched
}

/// The settings of whoever sends events.
package enum SinkSettings {
    package static let urls = SettingKey(
        "sink.url",
        default: [SinkAddress](),
        "Where events go: http://, https://, nats:// or tls:// (NATS over TLS) addresses or file:/path, several with commas between, name=URL names one."
    )
    package static let mode = SettingKey(
        "sink.mode",
        default: SinkMode.binary,
        "How events travel; batched only to sinks that take batches, as all of Vedette do."
    )
    package static let tokenFile = SettingKey(
        "sink.token.file",
        default: String?.none,
        "A file with the bearer token that the sinks ask for."
    )
    package static let types = SettingKey(
        "sink.types",
        default: [String](),
        "Only events whose type begins with one of these are sent; all when not set."
    )
    package static let filters = SettingKey(
        "sink.filters",
        default: SinkFilters(),
        "Only events that a sink's filter matches are sent to it; sinks that are not named get all."
    )
    package static let inFlight = SettingKey(
        "sink.inflight",
        default: 8,
        "How many requests to one sink may be under way; events of one partition key never overtake each other.",
        allowed: "1 to 256",
        where: { (1...256).contains($0) }
    )
    package static let timeout = SettingKey(
        "sink.timeout",
        default: Duration.seconds(30),
        "How long a sink may take to answer."
    )
    package static let attempts = SettingKey(
        "sink.attempts",
        default: 20,
        "After how many attempts an event goes to the dead letters.",
        allowed: "at least 1",
        where: { $0 >= 1 }
    )
    package static let lifetime = SettingKey(
        "sink.lifetime",
        default: Duration.seconds(24 * 3600),
        "After how long an event goes to the dead letters."
    )
    package static let spoolBytes = SettingKey(
        "sink.spool.bytes",
        default: 1 << 30,
        "The bytes of events that wait for one sink; beyond them events lose their data, then are dropped, counted.",
        allowed: "at least 1048576",
        where: { $0 >= 1 << 20 }
    )
    package static let deadLetterBytes = SettingKey(
        "sink.deadletter.bytes",
        default: 256 << 20,
        "The bytes of dead letters kept for one sink; beyond them events are dropped, counted."
    )

    /// All of them.
    package static let keys: [any Setting] = [
        urls, mode, tokenFile, types, filters, inFlight, timeout, attempts, lifetime, spoolBytes, deadLetterBytes,
    ]
}
