/// One field of an HTTP/2 message.
package struct HeaderField: Sendable {
    package var name: String
    /// Bytes that are not UTF-8 are replaced: what is passed on are the bytes themselves.
    package var value: String
    /// Which of the fields that we know it is.
    package var known: FieldName
}

/// The fields of an HTTP/2 message, those that begin with a colon apart.
package struct HeaderSection: Sendable {
    /// `:method` of a request.
    package private(set) var method = ""
    /// `:path` of a request, with its query.
    package private(set) var path = ""
    /// `:status` of a response, 0 for a request or trailers.
    package private(set) var status = 0
    /// The others in their order, `:authority` among them as `host`.
    package private(set) var fields: [HeaderField] = []
    /// Bytes of names and values that are kept.
    package private(set) var size = 0
    /// Whether fields were left out because there are more than is kept.
    package private(set) var isCut = false

    package init() {}

    /// The first value of the field, nil without one.
    package func value(_ name: FieldName) -> String? {
        fields.first { $0.known == name }?.value
    }

    /// Whether a field of this name is there.
    package func has(_ name: FieldName) -> Bool { fields.contains { $0.known == name } }

    /// Takes a field in, as long as there is room.
    mutating func append(_ name: String, _ value: String, _ known: FieldName, limit: Int) {
        // Each counts for more than its text, so that a block of empty fields is bounded too.
        let cost = name.utf8.count + value.utf8.count + 32
        guard !isCut, size + cost <= limit else {
            isCut = true
            return
        }
        size += cost
        switch name {
        case _ where name.utf8.first != UInt8(ascii: ":"):
            fields.append(HeaderField(name: name, value: value, known: known))
        case ":method": method = value
        case ":path": path = value
        case ":status": status = Int(value).flatMap { (100...999).contains($0) ? $0 : nil } ?? 0
        case ":authority": fields.append(HeaderField(name: "host", value: value, known: .host))
        default: break
        }
    }
}
