import CloudEvents
import HTTPMessages

/// A captured body as the data of an event: whole as it came, or its outline when it was cut.
struct EventPayload {
    var data: [UInt8]?
    var contentType: String?
    var extensions: [String: CloudEventValue] = [:]

    /// - Parameter keepsData: Whether there is room for the body; without, only what tells about it is made.
    init(_ fields: CapturedExchange.Fields, _ body: CapturedBody, keepsData: Bool) {
        let declared = fields.value(.contentType).flatMap(HeaderFieldText.mediaType)
        if let encoding = fields.value(.contentEncoding) {
            extensions["contentencoding"] = .string(HeaderFieldText.visible(encoding))
        }
        if let length = fields.value(.inferenceHeaderContentLength) {
            extensions["jsonlength"] = .string(HeaderFieldText.visible(length))  // where the binary tensors begin
        }
        guard keepsData else { return }
        guard let cut = body.cut else {
            data = body.total == 0 ? nil : body.bytes
            contentType = body.total == 0 ? nil : declared
            return
        }
        extensions["truncated"] = .string(cut.rawValue)
        extensions["databytes"] = .string(String(body.total))
        if let hash = body.hashOfCut {
            extensions["datahash"] = .string("sha256:\(hash)")
            extensions["dataref"] = .uriReference("urn:sha256:\(hash)")
        }
        if let outline = PayloadOutline.of(body.bytes) {
            data = outline
            contentType = "application/json"
        }
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
    static func mediaType(_ text: String) -> String? { MediaType(text) == nil ? nil : text }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control || scalar.value & 0xFFFE == 0xFFFE
            || (0xFDD0...0xFDEF).contains(scalar.value)
    }
}
