import CloudEvents
package import HTTPMessages

/// The id that joins the halves of an exchange and all that is said about it, as whoever serves the call finds it.
///
/// The first that is present of `ce-requestid`, `X-Request-Id`, `Seldon-Puid`, `ce-id`; a new UUID otherwise.
/// What is not 1 to 128 bytes of visible ASCII is replaced by an id derived from it, and kept as ``replaced``.
package struct RequestID: Hashable, Sendable {
    /// The id.
    package let text: String
    /// What came in its place and could not be used.
    package let replaced: String?
    /// Whether the request had no `X-Request-Id`, so that one is to be added.
    package let isMissingHeader: Bool
    /// Whether the request had no id at all, so that this one was made for it.
    package let isNew: Bool

    /// - Parameters:
    ///   - value: The request's header value by field.
    ///   - generator: Where new ids come from.
    package init(from value: (FieldName) -> String?, generator: inout some RandomNumberGenerator) {
        isMissingHeader = value(.requestID) == nil
        let fields: [FieldName] = [.eventRequestID, .requestID, .seldonPuid, .eventID]
        if let found = fields.lazy.compactMap(value).first(where: { !$0.isEmpty }) {
            text = ExchangeIdentity.usable(requestID: found)
            replaced = text == found ? nil : found
            isNew = false
        } else {
            text = UniqueIdentifier.random(using: &generator)
            replaced = nil
            isNew = true
        }
    }
}
