import HTTPMessages
package import ServiceKit

/// Whose word counts that a call is not to be told: a payload-tap's, which tells of it by itself, and that of parts of the
/// mesh, whose calls are no traffic.
package struct CaptureTrust: Sendable {
    /// IP addresses of taps.
    package var tapPeers: Set<String>
    /// IP addresses that may ask not to be logged.
    package var skipPeers: Set<String>
    /// Whether every caller has shown the mesh's token, since without one none is answered.
    package var everybodyHasToken: Bool

    /// Makes a rule.
    package init(tapPeers: Set<String>, skipPeers: Set<String>, everybodyHasToken: Bool) {
        self.tapPeers = tapPeers
        self.skipPeers = skipPeers
        self.everybodyHasToken = everybodyHasToken
    }

    /// What a request says of itself that keeps it out of the record.
    package enum Claim: Sendable {
        /// Nothing.
        case none
        /// A tap tells of it, or it is not to be told, and whoever says so may.
        case believed
        /// The tap's mark, from somebody who is none.
        case strangeMark
        /// The wish not to be logged, from somebody whose wish does not count.
        case strangeWish
    }

    /// What a request claims.
    package func claim(of request: HotRequest) -> Claim {
        if request.fields.value(.tapMark) != nil {
            return everybodyHasToken || isAmong(tapPeers, request) ? .believed : .strangeMark
        }
        return wish(of: request)
    }

    /// What a request wishes, whether a tap tells of it or not.
    package func wish(of request: HotRequest) -> Claim {
        guard request.fields.value(.seldonSkipLogging)?.lowercased() == "true" else { return .none }
        return everybodyHasToken || isAmong(skipPeers, request) ? .believed : .strangeWish
    }

    private func isAmong(_ peers: Set<String>, _ request: HotRequest) -> Bool {
        guard let address = request.client?.ipAddress else { return false }
        // A listener on [::] sees clients of the older kind so.
        let mapped = "::ffff:"
        return peers.contains(address.hasPrefix(mapped) ? String(address.dropFirst(mapped.count)) : address)
    }
}
