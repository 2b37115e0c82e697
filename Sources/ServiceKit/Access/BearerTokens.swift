import Crypto

/// The tokens that open a service, with what each of them opens.
package struct BearerTokens: Sendable {
    private let entries: [(digest: SHA256Digest, principal: Principal)]

    /// Tokens that open everything.
    package init(_ tokens: [String]) {
        entries = tokens.map { (Self.digest(of: $0), Principal(name: nil, role: .admin, way: .token)) }
    }

    /// Reads one token a line, `TOKEN [ROLE [NAME]]`; several allow an exchange of tokens without a gap.
    ///
    /// A token without a role has `admin`, as all had before there were roles.
    package init(file path: String) throws(SettingsError) {
        var entries: [(SHA256Digest, Principal)] = []
        for (number, line) in try SecretFile.lines(of: path).enumerated() {
            let words = line.split(maxSplits: 2, whereSeparator: { $0 == " " || $0 == "\t" })
            guard let token = words.first else { continue }
            guard words.count < 2 || Role(rawValue: String(words[1])) != nil else {
                throw SettingsError(
                    .file,
                    key: path,
                    "token \(number + 1) of \(path) has a role that is none",  // not shown: it may be part of a token
                    remedy: "Write TOKEN ROLE NAME; roles are \(Role.allCases.map(\.rawValue).joined(separator: ", "))"
                )
            }
            let role = words.count > 1 ? Role(rawValue: String(words[1])) : nil
            let name = words.count > 2 ? String(words[2].trimmingSpaces) : nil
            let principal = Principal(name: name, role: role ?? .admin, way: .token)
            entries.append((Self.digest(of: String(token)), principal))
        }
        guard !entries.isEmpty else {
            throw SettingsError(.file, key: path, "the token file \(path) is empty", remedy: "Write a token into it")
        }
        self.entries = entries
    }

    /// Whether an `Authorization` header carries one of the tokens; takes the same time wherever it differs.
    package func accept(authorization: String?) -> Bool { principal(authorization: authorization) != nil }

    /// Who an `Authorization` header stands for; nil when it carries none of the tokens.
    package func principal(authorization: String?) -> Principal? {
        Self.token(in: authorization).flatMap { principal(token: $0) }
    }

    /// Who a token stands for; nil when it is none of them.
    package func principal(token: String) -> Principal? {
        let digest = Self.digest(of: token)
        // Digests compare in constant time; all are compared, so the place in the list does not show either.
        return entries.reduce(nil) { found, entry in entry.digest == digest ? found ?? entry.principal : found }
    }

    /// What follows `Bearer`.
    static func token(in authorization: String?) -> String? {
        guard let authorization, authorization.count > 7, authorization.prefix(7).lowercased() == "bearer " else {
            return nil
        }
        return String(authorization.dropFirst(7))
    }

    /// The first token of a file, to be sent to others.
    package static func first(in path: String) throws(SettingsError) -> String {
        let line = try SecretFile.first(in: path)
        return String(line.prefix { $0 != " " && $0 != "\t" })
    }

    private static func digest(of token: String) -> SHA256Digest { SHA256.hash(data: Array(token.utf8)) }
}
