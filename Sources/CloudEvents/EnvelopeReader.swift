import JSON

/// Reads the members of one structured JSON event.
struct EnvelopeReader {
    /// The members that CloudEvents itself names.
    private enum Member: Int, CaseIterable {
        case id, source, specversion, type, datacontenttype, dataschema, subject, time, data, base64

        init?(_ name: String) {
            // A short text is compared in one step, which a table of them would first have to find.
            switch name {
            case "id": self = .id
            case "source": self = .source
            case "specversion": self = .specversion
            case "type": self = .type
            case "datacontenttype": self = .datacontenttype
            case "dataschema": self = .dataschema
            case "subject": self = .subject
            case "time": self = .time
            case "data": self = .data
            case "data_base64": self = .base64
            default: return nil
            }
        }
    }

    private var texts = [String?](repeating: nil, count: Member.allCases.count)
    private var extensions: [String: CloudEventValue] = [:]
    /// The JSON text of `data`.
    private var data: [UInt8]?
    /// The content of `data` where it is a string.
    private var dataString: [UInt8]?
    private var base64: [UInt8]?
    /// Members that were there, a bit for each.
    private var seen: UInt16 = 0
    /// Extensions that were null.
    private var absent: Set<String> = []

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
        guard let member = Member(name) else { return try readExtension(name, &reader) }
        guard seen & (1 << member.rawValue) == 0 else { throw Self.twice(name) }
        seen |= 1 << member.rawValue
        let value: JSONValue
        do throws(JSONError) {
            if member == .data { return try readData(&reader) }
            value = try reader.readValue()
        } catch {
            throw CloudEventError(json: error)
        }
        if value.isNull { return }
        guard member == .base64 else {
            guard let text = value.string else {
                throw CloudEventError(.attributeValue, "\(name) is not a string", remedy: "\(name) is a string in JSON")
            }
            texts[member.rawValue] = text
            return
        }
        guard let text = value.string, let bytes = Base64.decode(Array(text.utf8)) else {
            throw CloudEventError(
                .data,
                "data_base64 is no base64",
                remedy: "Encode bytes as RFC 4648 defines base64, padded"
            )
        }
        base64 = bytes
    }

    private mutating func readExtension(_ name: String, _ reader: inout JSONReader) throws(CloudEventError) {
        let value: JSONValue
        do throws(JSONError) { value = try reader.readValue() } catch { throw CloudEventError(json: error) }
        guard !value.isNull else {
            guard absent.insert(name).inserted, extensions[name] == nil else { throw Self.twice(name) }
            return
        }
        try AttributeRules.checkExtensionName(name)
        let isSecond = extensions.updateValue(try Self.extensionValue(value, name), forKey: name) != nil
        guard !isSecond, absent.isEmpty || !absent.contains(name) else { throw Self.twice(name) }
    }

    private static func twice(_ name: String) -> CloudEventError {
        CloudEventError(
            .duplicateAttribute,
            "the member \"\(name.prefix(64))\" twice",
            remedy: "Give each attribute once"
        )
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
        try SpecVersion.check(texts[Member.specversion.rawValue])
        guard data == nil || base64 == nil else {
            throw CloudEventError(.data, "both data and data_base64", remedy: "Send one of them")
        }
        var contentType = texts[Member.datacontenttype.rawValue]
        var payload = base64
        if let data {
            // "data" without a content type is JSON by definition; saying so keeps it so in binary mode.
            if contentType == nil { contentType = "application/json" }
            if let contentType { try AttributeRules.checkMediaType(contentType, as: "datacontenttype") }
            let isPlainJSON = contentType == "application/json"  // what nearly all have is not taken apart
            if isPlainJSON || contentType.flatMap(MediaType.init)?.isJSON == true {
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
        if let text = texts[Member.time.rawValue] { time = try Timestamp(rfc3339: text) }
        return try CloudEvent(
            id: texts[Member.id.rawValue] ?? "",
            source: texts[Member.source.rawValue] ?? "",
            type: texts[Member.type.rawValue] ?? "",
            subject: texts[Member.subject.rawValue],
            time: time,
            dataContentType: contentType,
            dataSchema: texts[Member.dataschema.rawValue],
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
