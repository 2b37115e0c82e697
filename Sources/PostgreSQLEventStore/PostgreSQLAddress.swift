/// Where a PostgreSQL is: a URL as libpq reads it, with the password apart.
package struct PostgreSQLAddress: Sendable, Hashable {
    /// `postgresql://user@host:port/database?…`; no secret is in it, so messages may show it.
    package let text: String
    package let password: String?

    /// - Parameter text: `postgres://` or `postgresql://`; nil for anything else, and where it holds a password.
    package init?(_ text: String, password: String? = nil) {
        guard Self.isOne(text), !Self.holdsPassword(text), !text.contains(where: \.isWhitespace) else { return nil }
        self.text = text
        self.password = password
    }

    /// Whether a text begins as such a URL does.
    package static func isOne(_ text: String) -> Bool {
        text.hasPrefix("postgres://") || text.hasPrefix("postgresql://")
    }

    /// Whether a URL has a password in it: a flag is seen by everybody on the machine.
    package static func holdsPassword(_ text: String) -> Bool {
        let rest = text.drop { $0 != "/" }.dropFirst(2)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let user = authority.lastIndex(of: "@").map { authority[..<$0] } ?? ""
        return user.contains(":") || rest.contains("password=")
    }
}
