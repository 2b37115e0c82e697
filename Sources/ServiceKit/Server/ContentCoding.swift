import HTTPMessages

/// How the body of a request may be coded: what reads it tells gzip and zlib by their first bytes, and nothing else.
package enum ContentCoding {
    /// The codings as the field `Accept-Encoding` of a refusal has them (RFC 9110, section 12.5.3).
    package static let accepted = "gzip, deflate"

    /// Why a body with such a `Content-Encoding` cannot be read; nil where it can, or where there is none.
    ///
    /// - Parameter takesNone: Whether the body has to come as it is.
    package static func refusal(of text: String?, takesNone: Bool = false) -> ServiceError? {
        guard let text else { return nil }
        let codings = text.split(separator: ",").map { $0.lowercased().trimmingSpaces }.filter { $0 != "identity" }
        let known: Set<Substring> = takesNone ? [] : ["gzip", "x-gzip", "deflate"]
        guard codings.count > 1 || !codings.allSatisfy({ known.contains($0) }) else { return nil }
        return ServiceError(
            .unsupportedEncoding,
            "the Content-Encoding is \(text.prefix(64))",
            remedy: takesNone
                ? "Send the body as it is" : "Send the body as it is, or compressed once with gzip or deflate"
        )
    }

    /// The same of a request with a body.
    static func refusal(of head: MessageHead) -> ServiceError? {
        switch head.declaredLength {
        case .bytes(0), .unstated: nil
        case .bytes, .chunked: refusal(of: head.value(.contentEncoding))
        }
    }
}
