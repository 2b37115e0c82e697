package import Journal

/// When a verdict is the answer to the event that it arose from.
package enum ReplyMode: String, Sendable, CaseIterable, SettingValue {
    /// `never` where a sink is set, `prefer` where none is.
    case auto
    case never
    /// When the sender asks with `Prefer: reply`.
    case prefer
    case always
}

extension Durability: SettingValue {}

/// The settings of a service that consumes events.
package enum ConsumerSettings {
    package static let durability = SettingKey(
        "journal.durability",
        default: Durability.os,
        "What an event waits for before it is acknowledged: nothing, the operating system, or the disk."
    )
    package static let commitInterval = SettingKey(
        "journal.commitInterval",
        default: Duration.milliseconds(10),
        "With durability none, how long events may stay in memory; with fsync, how long they wait to share a sync.",
        allowed: "0 to 1s",
        where: { $0 <= .seconds(1) }
    )
    package static let capacity = SettingKey(
        "journal.capacity.bytes",
        default: 1 << 30,
        "The bytes of the inbox; when it is full, events are answered 503 with Retry-After.",
        allowed: "at least 1048576",
        where: { $0 >= 1 << 20 }
    )
    package static let reply = SettingKey(
        "reply",
        default: ReplyMode.auto,
        "When the answer to an event carries its verdict; auto is never with a sink and prefer without."
    )
    package static let replyTimeout = SettingKey(
        "reply.timeout",
        default: Duration.seconds(5),
        "How long an answer waits for its verdict before it is an empty 202."
    )
    package static let verdictTypes = SettingKey(
        "verdict.types",
        default: VerdictTypes?.none,
        "Other names for the types of verdicts, such as drift=io.seldon.serving.inference.drift; not set, io.vedette.verdict.<kind>."
    )
    package static let snapshotInterval = SettingKey(
        "snapshot.interval",
        default: Duration.seconds(10),
        "How often the state is written while events come."
    )
    package static let tickInterval = SettingKey(
        "tick.interval",
        default: Duration.seconds(1),
        "How often the clock is written into the journal, for windows that time closes; 0s for never."
    )
    package static let deduplicationLimit = SettingKey(
        "deduplication.limit",
        default: 1_000_000,
        "How many events are remembered to drop repetitions; the oldest go first.",
        allowed: "at least 1",
        where: { $0 >= 1 }
    )
    package static let deduplicationLifetime = SettingKey(
        "deduplication.lifetime",
        default: Duration.seconds(24 * 3600),
        "How long an event is remembered, by the time of the journal.",
        allowed: "1s to 30d",
        where: { $0 >= .seconds(1) && $0 <= .seconds(30 * 86_400) }
    )

    /// All of them.
    package static let keys: [any Setting] = [
        durability, commitInterval, capacity, reply, replyTimeout, verdictTypes, snapshotInterval, tickInterval,
        deduplicationLimit,
        deduplicationLifetime,
    ]
}
