import Crypto

/// A share of the requests, by a hash of their ids: sticky, the same on every server, and reproducible from a log.
///
/// A request is in it when the first 8 bytes, big-endian, of SHA-256(`<purpose>/<model>/<request id>`) are below
/// share × 2⁶⁴. Purpose and model are in the hash so that canaries, shadows and the sampling of events are independent.
package struct RequestShare: Sendable {
    private let share: Double
    private let prefix: String

    /// - Parameters:
    ///   - share: 0 to 1.
    ///   - purpose: `canary` or `shadow`.
    package init(_ share: Double, of purpose: String, model: String) {
        self.share = share
        prefix = "\(purpose)/\(model)/"
    }

    /// Whether a request is in it.
    package func holds(_ requestID: String) -> Bool {
        if share >= 1 { return true }
        if share <= 0 { return false }
        var hash = SHA256()
        hash.update(data: Array(prefix.utf8))
        hash.update(data: Array(requestID.utf8))
        let first = hash.finalize().prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return first < UInt64(share * 18_446_744_073_709_551_616)
    }
}
