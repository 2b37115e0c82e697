/// Why a token opens nothing: few and stable, so that it can label a metric.
///
/// Never told to who sent the token.
package enum TokenRefusal: String, Error, Sendable, CaseIterable {
    /// It is no JSON Web Token, a claim is of the wrong type, or it is longer than 16 KiB.
    case malformed
    /// It is not signed, by a secret, or by an algorithm that is not its key's.
    case algorithm
    /// Its header asks for something to be understood that is not.
    case extension_ = "extension"
    /// The keys have none of its name.
    case unknownKey = "unknown_key"
    /// The key says that it signed something else, or nothing.
    case signature
    /// Its time is over, or it says no time.
    case expired
    /// Its time has not begun.
    case notYetValid = "not_yet_valid"
    /// Somebody else issued it.
    case issuer
    /// It is for somebody else.
    case audience
    /// It gives its bearer no role here.
    case role
}
