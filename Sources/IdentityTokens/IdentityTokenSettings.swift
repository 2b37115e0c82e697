package import ServiceKit

/// Whose signed tokens open a service, and what of them says who somebody is and what they may do.
package enum IdentityTokenSettings {
    package static let keysFile = SettingKey(
        "auth.jwt.keys.file",
        default: String?.none,
        "The public keys of an identity provider, a JSON Web Key Set: tokens that they verify are taken too. Read again when it changes."
    )
    package static let issuer = SettingKey(
        "auth.jwt.issuer",
        default: String?.none,
        "Who has to have issued a token, as its iss says."
    )
    package static let audience = SettingKey(
        "auth.jwt.audience",
        default: String?.none,
        "For whom a token has to be, as its aud says."
    )
    package static let roleClaim = SettingKey(
        "auth.jwt.role.claim",
        default: "roles",
        "Where a token says what its bearer may do; dots lead into objects.",
        allowed: "not empty",
        where: { !$0.isEmpty }
    )
    package static let roles = SettingKey(
        "auth.jwt.roles",
        default: [RoleGrant](),
        "The roles that values of that claim stand for; not set, read, write and admin stand for themselves."
    )
    package static let nameClaim = SettingKey(
        "auth.jwt.name.claim",
        default: "sub",
        "Where a token says who its bearer is, for the audit log.",
        allowed: "not empty",
        where: { !$0.isEmpty }
    )
    package static let leeway = SettingKey(
        "auth.jwt.leeway",
        default: Duration.seconds(30),
        "How far the provider's clock may be from ours.",
        allowed: "at most 5m",
        where: { $0 <= .seconds(300) }
    )

    /// All of them, in the order of the table in `docs/request-logger.md`.
    package static let keys: [any Setting] = [keysFile, issuer, audience, roleClaim, roles, nameClaim, leeway]
}

/// A value of a claim and the role that it stands for: `ml-oncall=write`.
package struct RoleGrant: SettingValue, Hashable {
    package let value: String
    package let role: Role

    package static var settingKind: String { "a value=role, whose role is read, write or admin" }

    package init(_ value: String, _ role: Role) {
        self.value = value
        self.role = role
    }

    /// The last `=` counts: a value may hold others.
    package init?(settingText: String) {
        guard let mark = settingText.lastIndex(of: "="), mark != settingText.startIndex,
            let role = Role(rawValue: String(settingText[settingText.index(after: mark)...]))
        else { return nil }
        self.init(String(settingText[..<mark]), role)
    }

    package var settingText: String { "\(value)=\(role.rawValue)" }
}
