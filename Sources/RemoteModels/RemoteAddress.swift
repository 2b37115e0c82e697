package import Prediction

/// Where a model server is, and which model and dialect its URL names.
///
/// A URL is the server's base, `http://host:8080`, or the model's own: `…/v2/models/digits`, `…/v1/models/digits`,
/// `…/api/v1.0/predictions`, `…/invocations`, with a version and with the verb or without. Credentials never stand in it:
/// a token comes by file.
package struct RemoteAddress: Sendable, Hashable {
    /// Scheme, authority and what comes before the protocol's own path; no slash at the end.
    package let base: String
    /// The dialect that the path tells; nil for a base.
    package let dialect: ModelMap.Dialect?
    /// The model that the path names.
    package let model: String?
    /// The version that the path names.
    package let version: String?

    /// Reads a URL.
    ///
    /// - Throws: `.invalidDescription`, without what stands before an `@` or after a `?`.
    package init(_ text: String) throws(PredictionError) {
        guard let scheme = ["http://", "https://"].first(where: { text.lowercased().hasPrefix($0) }) else {
            throw PredictionError(
                .invalidDescription,
                "\(Self.withoutSecrets(text)) is no http or https URL",
                remedy: "Give a URL such as http://127.0.0.1:8080/v2/models/digits"
            )
        }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        let isPlain = !rest.contains { "?#@".contains($0) || $0.isWhitespace || !$0.isASCII }
        guard !authority.isEmpty, isPlain else {
            throw PredictionError(
                .invalidDescription,
                "\(Self.withoutSecrets(text)) holds more than a host and a path",
                remedy: "Leave out user, query and fragment; give a bearer token by token_file"
            )
        }
        var path = rest.dropFirst(authority.count).split(separator: "/").map(String.init)
        var found: (ModelMap.Dialect?, model: String?, version: String?) = (nil, nil, nil)
        for (prefix, dialect, verb) in [("v2", ModelMap.Dialect.v2, "infer"), ("v1", .v1, "predict")] {
            guard let start = path.indices.dropLast(2).last(where: { path[$0] == prefix && path[$0 + 1] == "models" })
            else { continue }
            var parts = Array(path[(start + 2)...])
            if parts.count > 1, parts.last == verb { parts.removeLast() }
            if let last = parts.last, last.hasSuffix(":\(verb)") {
                parts[parts.count - 1] = String(last.dropLast(verb.count + 1))
            }
            guard parts.count == 1 || parts.count == 3 && parts[1] == "versions", parts.allSatisfy({ !$0.isEmpty })
            else { continue }
            found = (dialect, parts[0].removingEscapes, parts.count == 3 ? parts[2].removingEscapes : nil)
            path.removeSubrange(start...)
            break
        }
        if found.0 == nil, path.last == "invocations" {
            found.0 = .mlflow
            path.removeLast()
        } else if found.0 == nil, path.suffix(3) == ["api", "v1.0", "predictions"] {
            found.0 = .seldon
            path.removeLast(3)
        }
        dialect = found.0
        model = found.model
        version = found.version
        base = scheme + ([String(authority)] + path).joined(separator: "/")
    }

    /// A URL as it may stand in a message: what could be a credential left out.
    static func withoutSecrets(_ text: String) -> String {
        let plain = text.prefix { !"?#".contains($0) }
        guard let at = plain.lastIndex(of: "@") else { return String(plain.prefix(200)) }
        return "…@" + plain[plain.index(after: at)...].prefix(200)
    }
}

extension String {
    /// The text with its percent escapes read; as it is where they are malformed.
    fileprivate var removingEscapes: String {
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2 else {
                return self
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self) ?? self
    }

    /// The text as one segment of a path.
    var escapedAsSegment: String {
        utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: String(UnicodeScalar(byte))
            default: (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
