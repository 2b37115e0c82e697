import JSON

/// Reads the members of one structured JSON event.
struct EnvelopeReader {
    private var strings: [String: String] = [:]
    private var extensions: [String: CloudEventValue] = [:]
    /// The JSON text of `data`.
    private var data: [UInt8]?
    /// The content of `data` where it is a string.
    private var dataString: [UInt8]?
    private var base64: [UInt8]?
    private var seen: Set<String> = []

    static func read(_ reader: inout JSONReader) throws(CloudEventError) -> CloudEvent {
        var envelope = EnvelopeReader()
        do throws(JSONError) {
            try reader.beginObject()
        } catch {
            throw CloudEventError(json: error)
        }
        while let name = try nextKey(&reader) { try envelope.readMember(name, &reader) }
        return try envelope.event()
    }

    private static func nextKey(_ reader: inout JSONReader) throws(CloudEventError) -> String? {
        do throws(JSONError) { return try reader.nextKey() } catch { throw CloudEventError(json: error) }
    }

    private mutating func readMember(_ name: String, _ reader: inout JSONReader) throws(CloudEventError) {
        guard seen.insert(name).inserted else {
            throw CloudEventError(
                .duplicateAttribute,
                "the member \"\(name.prefix(64))\" twice",
                remedy: "Give each attribute once"
            )
        }
        let value: JSONValue
        do throws(JSONError) {
            if name == "data" { return try readData(&reader) }
            value = try reader.readValue()
        } catch {
            throw CloudEventError(json: error)
        }
        if value.isNull { return }
        if name == "data_base64" {
            guard let text = value.string, let bytes = Base64.decode(Array(text.utf8)) else {
                throw CloudEventError(
                    .data,
                    "data_base64 is no base64",
                    remedy: "Encode bytes as RFC 4648 defines base64, padded"
                )
            }
            base64 = bytes
        } else if AttributeRules.reserved.contains(name) {
            guard let text = value.string else {
                throw CloudEventError(.attributeValue, "\(name) is not a string", remedy: "\(name) is a string in JSON")
            }
            strings[name] = text
        } else {
            try AttributeRules.checkExtensionName(name)
            extensions[name] = try Self.extensionValue(value, name)
        }
    }

    /// Keeps the text of a JSON value as it came, byte for byte; a string also as its content.
    private mutating func readData(_ reader: inout JSONReader) throws(JSONError) {
        let kind = try reader.peek()
        let start = reader
        let range = try reader.skipValue()
        guard kind != .null else { return }
        data = start.text(of: range)
        if kind == .string {
            var again = start
            dataString = try again.readStringBytes()
        }
    }

    private static func extensionValue(_ value: JSONValue, _ name: String) throws(CloudEventError) -> CloudEventValue {
        switch value {
        case .bool(let value): return .boolean(value)
        case .string(let value): return .string(value)
        case .integer(let value):
            if let integer = Int32(exactly: value) { return .integer(integer) }
        case .number, .array, .object, .null: break
        }
        throw CloudEventError(
            .attributeValue,
            "the extension \(name) is \(value.text.prefix(64))",
            remedy: "Extensions are strings, booleans or integers of 32 bits"
        )
    }

    private func event() throws(CloudEventError) -> CloudEvent {
        try SpecVersion.check(strings["specversion"])
        guard data == nil || base64 == nil else {
            throw CloudEventError(.data, "both data and data_base64", remedy: "Send one of them")
        }
        var contentType = strings["datacontenttype"]
        var payload = base64
        if let data {
            // "data" without a content type is JSON by definition; saying so keeps it so in binary mode.
            if contentType == nil { contentType = "application/json" }
            if let contentType { try AttributeRules.checkMediaType(contentType, as: "datacontenttype") }
            if contentType.flatMap(MediaType.init)?.isJSON == true {
                payload = data
            } else {
                guard let dataString else {
                    throw CloudEventError(
                        .data,
                        "data is no string while datacontenttype is \(contentType ?? "")",
                        remedy: "Data that is not JSON is a string in data, or base64 in data_base64"
                    )
                }
                payload = dataString
            }
        }
        var time: Timestamp?
        if let text = strings["time"] { time = try Timestamp(rfc3339: text) }
        return try CloudEvent(
            id: strings["id"] ?? "",
            source: strings["source"] ?? "",
            type: strings["type"] ?? "",
            subject: strings["subject"],
            time: time,
            dataContentType: contentType,
            dataSchema: strings["dataschema"],
            extensions: extensions,
            data: payload
        )
    }
}

/// The one version of CloudEvents that we speak.
enum SpecVersion {
    static let current = "1.0"

    static func check(_ version: String?) throws(CloudEventError) {
        guard let version else {
            throw CloudEventError(
                .notAnEvent,
                "specversion is missing",
                remedy: "Send specversion 1.0 with every event"
            )
        }
        guard version == current else {
            throw CloudEventError(
                .specVersion,
                "specversion is \"\(version.prefix(16))\"",
                remedy: "Send CloudEvents 1.0"
            )
        }
    }
}
