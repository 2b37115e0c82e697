import Crypto

/// Which exchanges are kept, decided once when the response has ended, so that both events agree.
///
/// Kept when the first 8 bytes, big-endian, of SHA-256(salt + request id) are below `rate` × 2⁶⁴: every tap with the
/// same salt keeps the same requests. Rules keep more.
package struct Sampling: Sendable {
    /// Why an exchange was kept, and how many exchanges it stands for.
    package struct Decision: Hashable, Sendable {
        /// What kept it; tests and calibration use what the hash kept.
        package enum Reason: String, Sendable { case hash, rule }
        package var reason: Reason
        /// `sampledrate`: at least 1.
        package var standsFor: Int32

        package init(reason: Reason, standsFor: Int32) {
            self.reason = reason
            self.standsFor = standsFor
        }
    }

    /// The share that is kept, 0...1.
    package var rate: Double
    /// Distinguishes meshes whose samples are to differ.
    package var salt: String
    /// Whether every exchange is kept that did not end with a 2xx or 3xx.
    package var keepsErrors: Bool
    /// Exchanges that took at least as long are kept, in nanoseconds; nil for no such rule.
    package var slowAfter: Int64?

    package init(rate: Double = 1, salt: String = "", keepsErrors: Bool = true, slowAfter: Int64? = nil) {
        self.rate = rate
        self.salt = salt
        self.keepsErrors = keepsErrors
        self.slowAfter = slowAfter
    }

    /// The decision, nil when the exchange is not kept.
    ///
    /// An exchange that a rule keeps would be kept whatever its hash, so it stands for itself alone even when the
    /// hash keeps it too; otherwise counts scaled by `sampledrate` would count it twice. `sampledrate` is 1 / rate
    /// rounded to a whole number, exact where the rate is one part in a whole number.
    package func decide(requestID: String, status: Int, duration: Int64) -> Decision? {
        let isRuled = keepsErrors && !(200..<400).contains(status) || slowAfter.map { duration >= $0 } ?? false
        if isHashKept(requestID) {
            let standsFor = isRuled || rate >= 1 ? 1 : Int32((1 / rate).rounded().clamped(to: 1...2_147_483_647))
            return Decision(reason: .hash, standsFor: standsFor)
        }
        return isRuled ? Decision(reason: .rule, standsFor: 1) : nil
    }

    private func isHashKept(_ requestID: String) -> Bool {
        if rate >= 1 { return true }
        if rate <= 0 { return false }
        var hash = SHA256()
        hash.update(data: Array(salt.utf8))
        hash.update(data: Array(requestID.utf8))
        let first = hash.finalize().prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return first < UInt64(rate * 18_446_744_073_709_551_616)
    }
}

extension Double {
    fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
        min(max(self, range.lowerBound), range.upperBound)
    }
}
