package import CloudEvents
import Crypto
import Glibc
import JSON
import Journal

/// Browsers that signed in: a cookie that says who, until when, and is signed by a key that only this process has.
///
/// Nothing is kept of a session. The key lies in the state directory, so that a restart signs nobody out; who deletes it
/// signs everybody out.
package struct PageSessions: Sendable {
    /// The cookie's name.
    package static let cookie = "vedette_session"
    /// How long a sign-in lasts.
    package static let lifetime = Duration.seconds(12 * 3600)
    /// The header that a page of ours sends with what it asks to be done.
    package static let csrfHeader = "vedette-csrf"

    private let key: SymmetricKey

    /// - Parameter path: The file of the key; it is made where there is none.
    package init(keyFile path: String) throws {
        if let bytes = try? WholeFile.read(path, limit: 32), bytes.count == 32 {
            key = SymmetricKey(data: bytes)
        } else {
            let fresh = SymmetricKey(size: .bits256)
            try WholeFile.replace(path, with: fresh.withUnsafeBytes { Array($0) })
            _ = chmod(path, 0o600)  // for this process alone
            key = fresh
        }
    }

    /// Takes a key that several processes share: whoever signed in at one is known to all.
    ///
    /// - Parameter path: A file of 32 bytes or more, which nobody else may read; never written.
    /// - Throws: ``SettingsError`` for a file that cannot be read, or holds less.
    package init(secretFile path: String) throws(SettingsError) {
        func fault(_ what: String) -> SettingsError {
            SettingsError(
                .file,
                key: path,
                "the key of sessions in \(path) \(what)",
                remedy: "Write 32 random bytes or more into it: head -c 32 /dev/urandom"
            )
        }
        let bytes: [UInt8]
        do { bytes = try WholeFile.read(path, limit: 4096) } catch { throw fault("cannot be read: \(error.message)") }
        guard bytes.count >= 32 else { throw fault("has \(bytes.count) bytes") }
        key = SymmetricKey(data: SHA256.hash(data: bytes))
    }

    /// The value of a cookie for somebody; over no later than what they showed.
    package func cookie(for principal: Principal, at time: Timestamp) -> String {
        let end = min(time + Self.lifetime, principal.until ?? time + Self.lifetime)
        let content: JSONValue = [
            "name": principal.name.map { .string($0) } ?? .null, "role": .string(principal.role.rawValue),
            "until": .integer(end.nanoseconds / 1_000_000_000),
        ]
        let body = Self.hexadecimal(content.serialized())
        return "\(body).\(code(of: body))"
    }

    /// Who a cookie stands for; nil when it is not ours or over.
    package func principal(cookie: String, at time: Timestamp) -> Principal? {
        let parts = cookie.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, isCode(String(parts[1]), of: String(parts[0])),
            let bytes = Self.bytes(hexadecimal: parts[0]), let content = try? JSONValue(parsing: bytes),
            let role = content["role"]?.string.flatMap(Role.init(rawValue:)), let until = content["until"]?.int,
            time.nanoseconds / 1_000_000_000 < Int64(until)
        else { return nil }
        return Principal(name: content["name"]?.string, role: role, way: .session)
    }

    /// What a page sends back with an action, so that it is known to be ours: it goes with the cookie, or where there is
    /// none with this process.
    package func pageToken(cookie: String?) -> String { code(of: "page " + (cookie ?? "")) }

    /// Whether it is that of the cookie.
    package func accepts(pageToken: String?, cookie: String?) -> Bool {
        pageToken.map { isCode($0, of: "page " + (cookie ?? "")) } ?? false
    }

    private func code(of text: String) -> String {
        Self.hexadecimal(Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)))
    }

    private func isCode(_ code: String, of text: String) -> Bool {
        guard let bytes = Self.bytes(hexadecimal: code[...]) else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(bytes, authenticating: Array(text.utf8), using: key)
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func bytes(hexadecimal text: Substring) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2), digits.count <= 4096 else { return nil }
        var bytes: [UInt8] = []
        for place in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }
}
