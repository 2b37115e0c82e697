import Crypto
import Journal

/// The tokens that open a service.
package struct BearerTokens: Sendable {
    private let digests: [SHA256Digest]

    package init(_ tokens: [String]) {
        digests = tokens.map { SHA256.hash(data: Array($0.utf8)) }
    }

    /// Reads one token a line; several allow an exchange of tokens without a gap.
    package init(file path: String) throws(SettingsError) {
        let tokens = try Self.lines(of: path)
        guard !tokens.isEmpty else {
            throw SettingsError(.file, key: path, "the token file \(path) is empty", remedy: "Write a token into it")
        }
        self.init(tokens)
    }

    /// Whether an `Authorization` header carries one of the tokens; takes the same time wherever it differs.
    package func accept(authorization: String?) -> Bool {
        guard let authorization, authorization.count > 7, authorization.prefix(7).lowercased() == "bearer " else {
            return false
        }
        let digest = SHA256.hash(data: Array(authorization.dropFirst(7).utf8))
        // Digests compare in constant time; all are compared, so the place in the list does not show either.
        return digests.reduce(false) { found, expected in (expected == digest) || found }
    }

    /// The first token of a file, to be sent to others.
    package static func first(in path: String) throws(SettingsError) -> String {
        guard let token = try lines(of: path).first else {
            throw SettingsError(.file, key: path, "the token file \(path) is empty", remedy: "Write a token into it")
        }
        return token
    }

    private static func lines(of path: String) throws(SettingsError) -> [String] {
        do {
            let bytes = try WholeFile.read(path, limit: 64 << 10)
            return bytes.split { $0 == 0x0A || $0 == 0x0D }.map {
                String(String(decoding: $0, as: UTF8.self).trimmingSpaces)
            }
            .filter { !$0.isEmpty }
        } catch {
            throw SettingsError(
                .file,
                key: path,
                "the token file \(path) cannot be read: \(error.message)",
                remedy: "Check the path and its permissions"
            )
        }
    }
}
