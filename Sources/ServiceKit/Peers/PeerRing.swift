import Crypto
import Synchronization

/// Who of some replicas owns which part of the traffic, by rendezvous hashing: the replica with the highest hash over its
/// address and the partition.
///
/// All who know the same replicas agree without asking each other, and when one goes or comes only its own partitions
/// move.
package final class PeerRing: Sendable {
    /// The base URLs, sorted, without a slash at the end.
    package let peers: [String]
    /// The place of this process among them.
    package let own: Int
    private let known = Mutex<[String: Int]>([:])
    /// As many partitions are remembered; past it all are forgotten.
    private static let memory = 4096

    /// - Throws: ``SettingsError`` when this process is none of the replicas.
    package init(peers: [String], own: String?) throws(SettingsError) {
        let all = Set(peers.map(Self.normal)).sorted()
        guard let own = own.map(Self.normal), let place = all.firstIndex(of: own) else {
            throw SettingsError(
                .conflict,
                key: PeerSettings.own.name,
                "\(PeerSettings.own.name) is \(own ?? "not set"), which is none of \(all.joined(separator: ", "))",
                remedy: "Give the URL of this process as it stands in \(PeerSettings.peers.name)"
            )
        }
        self.peers = all
        self.own = place
    }

    /// The replicas of the settings; nil for a single process.
    package convenience init?(_ settings: Settings) throws {
        let peers = try settings.value(PeerSettings.peers)
        guard !peers.isEmpty else { return nil }
        if let stranger = peers.first(where: { !$0.hasPrefix("http://") && !$0.hasPrefix("https://") }) {
            throw SettingsError(
                .unreadable,
                key: PeerSettings.peers.name,
                "the peer \(stranger) is no http:// or https:// address",
                remedy: "Give base URLs: http://detector-0:8091,http://detector-1:8091"
            )
        }
        try self.init(peers: peers, own: try settings.value(PeerSettings.own))
    }

    /// The places of the replicas for a partition, its owner first.
    package func order(of partition: String) -> [Int] {
        peers.indices.map { (place: $0, score: Self.score(peers[$0], partition)) }
            .sorted { ($0.score, $1.place) > ($1.score, $0.place) }
            .map(\.place)
    }

    /// The place of the owner of a partition.
    package func owner(of partition: String) -> Int {
        if let owner = known.withLock({ $0[partition] }) { return owner }
        let owner = order(of: partition)[0]
        known.withLock { known in
            if known.count >= Self.memory { known = [:] }
            known[partition] = owner
        }
        return owner
    }

    /// The name of the folder that holds a replica's state: what of its address a file system takes.
    package func folder(of place: Int) -> String {
        let address = peers[place].split(separator: "/").last.map(String.init) ?? ""
        let plain = address.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") ? $0 : "-" }
        return
            "\(String(plain))-\(SHA256.hash(data: Array(peers[place].utf8)).prefix(4).map { String($0, radix: 16) }.joined())"
    }

    private static func score(_ peer: String, _ partition: String) -> UInt64 {
        var hash = SHA256()
        hash.update(data: Array(peer.utf8))
        hash.update(data: [0])
        hash.update(data: Array(partition.utf8))
        return hash.finalize().withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
    }

    private static func normal(_ url: String) -> String {
        url.hasSuffix("/") ? String(url.dropLast()) : url
    }
}
