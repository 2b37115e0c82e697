import CloudEvents
import JSON

/// A byte string in JSON as TF-Serving writes it: `{"b64": "<base64>"}`.
enum Base64Object {
    /// Whether the next value is one: an object whose first member is `b64`.
    static func isNext(_ start: JSONReader) -> Bool {
        var reader = start
        return
            (try? { () throws(JSONError) in
                guard try reader.peek() == .object else { return false }
                try reader.beginObject()
                return try reader.nextKey() == "b64"
            }()) ?? false
    }

    /// Reads one.
    ///
    /// - Throws: `.value` for an object with other members, and for text that is no base64.
    static func read(_ reader: inout JSONReader, _ place: String) throws(OpenInferenceError) -> [UInt8] {
        var value: [UInt8]?
        try reader.readMembers(place) { key, reader throws(OpenInferenceError) in
            guard key == "b64", value == nil else {
                throw OpenInferenceError(
                    .value,
                    "\(place) holds objects",
                    remedy: "Send numbers, strings, truth values or {\"b64\": …}"
                )
            }
            value = try decode(&reader, place)
        }
        guard let value else {
            throw OpenInferenceError(
                .value,
                "\(place) holds objects",
                remedy: "Send numbers, strings, truth values or {\"b64\": …}"
            )
        }
        return value
    }

    /// Reads a string of base64.
    static func decode(_ reader: inout JSONReader, _ place: String) throws(OpenInferenceError) -> [UInt8] {
        let text = try OpenInferenceError.reading(place) { () throws(JSONError) in try reader.readStringBytes() }
        return try decode(text, place)
    }

    /// The bytes of a text in base64.
    static func decode(_ text: [UInt8], _ place: String) throws(OpenInferenceError) -> [UInt8] {
        guard let bytes = Base64.decode(text) else {
            throw OpenInferenceError(
                .value,
                "\(place): a text that is no base64",
                remedy: "Encode bytes with the standard alphabet and padding (RFC 4648, section 4)"
            )
        }
        return bytes
    }
}
