/// The settings of a service that shares its traffic with replicas of itself.
package enum PeerSettings {
    package static let peers = SettingKey(
        "peers",
        default: [String](),
        "The base URLs of all replicas, this one among them, the same for all; not set for a single process."
    )
    package static let own = SettingKey(
        "peer.self",
        default: String?.none,
        "Which of the peers this process is, as it stands there."
    )
    package static let timeout = SettingKey(
        "peer.timeout",
        default: Duration.seconds(5),
        "How long an owner is asked to take an event before its sender is answered 503 with Retry-After.",
        allowed: "100ms to 1m",
        where: { $0 >= .milliseconds(100) && $0 <= .seconds(60) }
    )
    package static let takeover = SettingKey(
        "peer.takeover",
        default: Duration.seconds(30),
        "How long a replica must be gone before another one goes on with its state; needs state.shared.directory.",
        allowed: "at least 1s",
        where: { $0 >= .seconds(1) }
    )
    package static let sharedDirectory = SettingKey(
        "state.shared.directory",
        default: String?.none,
        "A folder that all replicas reach and that has locks: each keeps its state there, under its own name."
    )

    /// All of them.
    package static let keys: [any Setting] = [peers, own, timeout, takeover, sharedDirectory]
}
