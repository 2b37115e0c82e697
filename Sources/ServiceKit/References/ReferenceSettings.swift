/// The settings of a service that fetches the data of events which have a reference in their place.
package enum ReferenceSettings {
    package static let places = SettingKey(
        "dataref.allow",
        default: [ReferencePlace](),
        "Where data that an event only refers to (dataref) may be fetched: beginnings of addresses; nowhere when not set."
    )
    package static let limit = SettingKey(
        "dataref.limit.bytes",
        default: 64 << 20,
        "The most bytes that are fetched for one event; data of more stay where they are.",
        allowed: "at least 1",
        where: { $0 >= 1 }
    )
    package static let timeout = SettingKey(
        "dataref.timeout",
        default: Duration.seconds(5),
        "How long data of one event may take to come; then the event is kept without them.",
        allowed: "10ms to 1m",
        where: { $0 >= .milliseconds(10) && $0 <= .seconds(60) }
    )
    package static let tokenFile = SettingKey(
        "dataref.token.file",
        default: String?.none,
        "A file with the bearer token that those http:// and https:// addresses ask for."
    )

    /// All of them.
    package static let keys: [any Setting] = [places, limit, timeout, tokenFile]
}
