import ServiceKit
import Testing

@Suite struct `Rendezvous hashing` {
    static let peers = (0..<4).map { "http://detector-\($0):8091" }
    static let partitions = (0..<2000).map { "default/model-\($0 % 500)/endpoint-\($0 / 500)" }

    @Test func `gives every replica its share, and all replicas the same answer`() throws {
        let rings = try Self.peers.indices.map { place in
            // In whatever order and spelling they are given.
            try PeerRing(peers: (Self.peers.shuffled().map { $0 + "/" }), own: Self.peers[place])
        }
        var owned = [0, 0, 0, 0]
        for partition in Self.partitions {
            let owners = Set(rings.map { $0.peers[$0.owner(of: partition)] })
            #expect(owners.count == 1)
            owned[rings[0].owner(of: partition)] += 1
        }
        // A binomial of 2,000 at a quarter: 500, give or take four standard deviations of 19.
        for count in owned { #expect(abs(count - 500) < 4 * 20) }
    }

    @Test func `moves only the partitions of the replica that went, each to its next`() throws {
        let before = try PeerRing(peers: Self.peers, own: Self.peers[0])
        let after = try PeerRing(peers: Self.peers.filter { $0 != Self.peers[2] }, own: Self.peers[0])
        for partition in Self.partitions {
            let order = before.order(of: partition).map { before.peers[$0] }
            #expect(Set(order) == Set(Self.peers))
            let next = order.first { $0 != Self.peers[2] }
            #expect(after.peers[after.owner(of: partition)] == next)
        }
    }

    @Test func `names folders that no two replicas share`() throws {
        let ring = try PeerRing(peers: Self.peers + ["https://detector-0:8091"], own: Self.peers[0])
        let folders = ring.peers.indices.map(ring.folder)
        #expect(Set(folders).count == 5)
        #expect(folders.allSatisfy { !$0.contains("/") && !$0.contains(":") })
    }

    @Test func `wants to know which of them it is`() throws {
        for own in [nil, "http://detector-9:8091"] {
            let error = try #require(throws: SettingsError.self) { try PeerRing(peers: Self.peers, own: own) }
            #expect(error.description.contains("peer.self") && error.description.contains("detector-3"))
        }
        func settings(_ arguments: [String]) throws -> Settings {
            try Settings(PeerSettings.keys, arguments: arguments)
        }
        #expect(try PeerRing(settings([])) == nil)
        let error = try #require(throws: SettingsError.self) {
            try PeerRing(settings(["--peers=detector-0:8091", "--peer-self=detector-0:8091"]))
        }
        #expect(error.description.contains("http://"))
    }
}
