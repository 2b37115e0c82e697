import CloudEvents
import HTTPMessages
import OpenInference

/// A captured body as the data of an event: whole as it came, or its outline when it was cut or may not be told.
///
/// Rules of redaction are followed here, where bytes of a call become something that others see: data, outline, hash.
struct EventPayload {
    var data: [UInt8]?
    var contentType: String?
    var extensions: [String: CloudEventValue] = [:]
    /// What was done to the body.
    var statement = RedactionStatement()
    /// How the redaction of the body ended; nil where none was asked for.
    var outcome: CaptureMetrics.Redaction?

    /// - Parameters:
    ///   - keepsData: Whether there is room for the body; without, only what tells about it is made.
    ///   - half: What is to be redacted; nil for nothing.
    ///   - hints: What is known of the body besides its fields.
    init(
        _ fields: CapturedExchange.Fields,
        _ body: CapturedBody,
        keepsData: Bool,
        _ half: HalfRedaction?,
        _ hints: PayloadHints
    ) {
        let declared = fields.value(.contentType).flatMap(HeaderFieldText.mediaType)
        for (name, value) in Self.extensions(of: fields) { extensions[name] = value }
        guard keepsData, body.total > 0 else { return }
        if let cut = body.cut {
            take(cut: body, cut, half, hints)
        } else if let half, let redactor = half.body {
            var hints = hints
            hints.contentType = declared
            hints.jsonLength = fields.value(.inferenceHeaderContentLength).flatMap { Int($0) }
            take(body.bytes, declared, redactor, hints)
        } else {
            data = body.bytes
            contentType = declared
        }
    }

    /// What the fields of a message say about its body.
    static func extensions(of fields: CapturedExchange.Fields) -> [(name: String, value: CloudEventValue)] {
        var extensions: [(name: String, value: CloudEventValue)] = []
        if let encoding = fields.value(.contentEncoding) {
            extensions.append(("contentencoding", .string(HeaderFieldText.visible(encoding))))
        }
        if let length = fields.value(.inferenceHeaderContentLength) {
            // Where the binary tensors begin.
            extensions.append(("jsonlength", .string(HeaderFieldText.visible(length))))
        }
        return extensions
    }

    private mutating func take(
        cut body: CapturedBody,
        _ cut: CapturedBody.Cut,
        _ half: HalfRedaction?,
        _ hints: PayloadHints
    ) {
        extensions["truncated"] = .string(cut.rawValue)
        extensions["databytes"] = .string(String(body.total))
        if let hash = body.hashOfCut {
            if half?.body == nil {
                let text = hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                extensions["datahash"] = .string("sha256:\(text)")
                extensions["dataref"] = .uriReference("urn:sha256:\(text)")
            } else if let text = half?.keyed(hash: hash) {
                // A plain hash of a short body is found by trying all that it may be.
                extensions["datahash"] = .string("hmac-sha256:\(text)")
            }
        }
        takeOutline(of: body.bytes, half?.body, hints)
    }

    private mutating func take(
        _ body: [UInt8],
        _ declared: String?,
        _ redactor: BodyRedactor,
        _ hints: PayloadHints
    ) {
        let redacted = redactor.redact(body, hints)
        if let bytes = redacted.bytes {
            data = bytes
            contentType = declared
            if redacted.isInflated { extensions["contentencoding"] = nil }
            if let length = redacted.jsonLength { extensions["jsonlength"] = .string(String(length)) }
            statement.add(redactor.rules, redacted.counts)
            outcome = redacted.counts.contains { $0 > 0 } ? .rewritten : .untouched
            return
        }
        let refusal = redacted.refusal ?? .unreadable
        extensions["contentencoding"] = nil
        extensions["jsonlength"] = nil
        extensions["truncated"] = "redaction"
        extensions["databytes"] = .string(String(body.count))
        takeOutline(of: body, redactor, hints)
        statement.add(refusal)
        outcome = CaptureMetrics.Redaction(refusal)
    }

    /// Leaves large data to a file, with a reference to it and its hash, and with its outline where it has one.
    ///
    /// What is told is what a rule left of it: the file holds nothing else. A disk that refuses leaves the data here.
    ///
    /// - Parameter mapping: Where the tensors are in a body that follows no dialect.
    mutating func claim(_ claims: ClaimCheck, _ hints: PayloadHints, _ mapping: PayloadMapping? = nil) {
        guard let data, data.count > claims.limit, extensions["truncated"] == nil else { return }
        guard let name = (try? claims.store.keep(data)) ?? nil else { return }
        extensions["dataref"] = .uriReference(claims.prefix + name)
        extensions["datahash"] = .string("sha256:\(name)")
        extensions["databytes"] = .string(String(data.count))
        if let outline = PayloadOutline.of(data, hints, mapping), outline.count <= Self.outlineBytes {
            extensions["dataoutline"] = .string(HeaderFieldText.visible(String(decoding: outline, as: UTF8.self)))
        }
        // Data beside a reference would have to be the same (CloudEvents, extension dataref).
        self.data = nil
    }

    private static let outlineBytes = 4 << 10

    private mutating func takeOutline(of body: [UInt8], _ redactor: BodyRedactor?, _ hints: PayloadHints) {
        guard var outline = PayloadOutline.of(body, hints) else { return }
        if let redactor {
            let redacted = redactor.redact(outline, PayloadHints(contentType: "application/json"))
            guard let bytes = redacted.bytes else { return }
            outline = bytes
            statement.add(redactor.rules, redacted.counts)
        }
        data = outline
        contentType = "application/json"
    }
}

/// Text from headers and paths made fit for attributes of events.
enum HeaderFieldText {
    /// `text` without what the type String forbids: control characters; bytes that are no UTF-8 were replaced before.
    static func visible(_ text: String) -> String {
        let isPlainASCII = text.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
        guard !isPlainASCII, text.unicodeScalars.contains(where: isForbidden) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.filter { !isForbidden($0) }))
    }

    /// A value of `Content-Type` when it is a media type, else nil: an event refuses anything else.
    static func mediaType(_ text: String) -> String? {
        text == "application/json" || MediaType(text) != nil ? text : nil  // what nearly all have is not taken apart
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control || scalar.value & 0xFFFE == 0xFFFE
            || (0xFDD0...0xFDEF).contains(scalar.value)
    }
}
