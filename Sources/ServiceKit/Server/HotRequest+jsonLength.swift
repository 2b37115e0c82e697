import HTTPMessages

extension HotRequest {
    /// `Inference-Header-Content-Length` of a V2 call: how many bytes of the body are JSON, 0 for a raw body; nil where it
    /// was not sent.
    ///
    /// - Throws: ``ServiceError`` 400 for what is no length.
    package var jsonLength: Int? {
        get throws {
            guard let text = fields.value(.inferenceHeaderContentLength) else { return nil }
            guard let length = Int(text), length >= 0, text.utf8.first != UInt8(ascii: "+") else {
                throw ServiceError(
                    .badRequest,
                    "Inference-Header-Content-Length is \"\(text.prefix(32))\"",
                    remedy: "Send the number of bytes of the JSON part"
                )
            }
            return length
        }
    }
}
