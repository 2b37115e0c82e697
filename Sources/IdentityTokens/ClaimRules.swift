import CloudEvents
import JSON
import ServiceKit

/// Which claims a token needs, and whom they make of its bearer.
///
/// Source: RFC 7519, section 4.1; RFC 8725, sections 3.8 to 3.10.
struct ClaimRules: Sendable {
    let issuer: String
    let audience: String
    let roleClaim: String
    /// What values of the claim stand for.
    let grants: [RoleGrant]
    let nameClaim: String
    let leeway: Duration

    /// Whom claims are about, once their signature is verified.
    ///
    /// A token needs `exp`; `nbf` and `iat` are looked at where there are. Of several roles the highest counts.
    ///
    /// - Throws: The first claim that does not do.
    func principal(of claims: JSONValue, at now: Timestamp) throws(TokenRefusal) -> Principal {
        let slack = Double(leeway.components.seconds) + Double(leeway.components.attoseconds) * 1e-18
        let time = Double(now.nanoseconds) / 1e9
        guard let end = try Self.time("exp", in: claims), time < end + slack else { throw .expired }
        for claim in ["nbf", "iat"] {
            if let start = try Self.time(claim, in: claims), time < start - slack { throw .notYetValid }
        }
        guard claims["iss"] == .string(issuer) else { throw .issuer }
        guard Self.texts(claims["aud"]).contains(audience) else { throw .audience }
        // A text may list several, as `scope` does; in a list each is one, whatever spaces it has: who is of the group
        // "not an admin" is none.
        let claim = Self.value(roleClaim, in: claims)
        let values = Set(claim?.string.map { Self.words($0) } ?? Self.texts(claim))
        guard let role = grants.filter({ values.contains($0.value) }).map(\.role).max() else { throw .role }
        let name = [nameClaim, "sub"].lazy.compactMap { Self.value($0, in: claims)?.string }.first { !$0.isEmpty }
        return Principal(
            name: name.map { String($0.prefix(120)) },
            role: role,
            way: .jwt,
            until: Timestamp(seconds: end + slack)
        )
    }

    /// A time in seconds since 1970; nil where there is none.
    private static func time(_ name: String, in claims: JSONValue) throws(TokenRefusal) -> Double? {
        guard let value = claims[name] else { return nil }
        guard let time = value.double, time.isFinite else { throw .malformed }
        return time
    }

    /// What stands under a name, or where its dots lead; a name with dots of its own counts as a whole first.
    private static func value(_ name: String, in claims: JSONValue) -> JSONValue? {
        claims[name] ?? name.split(separator: ".").reduce(claims) { $0?[String($1)] }
    }

    /// A text, or a list of them.
    private static func texts(_ value: JSONValue?) -> [String] {
        value?.string.map { [$0] } ?? value?.array?.compactMap(\.string) ?? []
    }

    /// A value as it is, and its words: `scope` lists several with spaces between.
    private static func words(_ text: String) -> [String] {
        [text] + text.split(separator: " ").map(String.init)
    }
}
