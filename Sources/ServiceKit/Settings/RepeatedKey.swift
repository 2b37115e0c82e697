import JSON

/// Keys that one object of a JSON text gives twice, which a tree of its values does not tell.
enum RepeatedKey {
    /// The first one, with the keys of the objects around it before it: `sink.url`; nil where there is none.
    ///
    /// - Parameter text: JSON, as it was read before.
    static func first(in text: [UInt8]) -> String? {
        text.withRawBytes { bytes in
            var reader = JSONReader(bytes)
            return try? first(&reader)
        }
    }

    private static func first(_ reader: inout JSONReader) throws(JSONError) -> String? {
        switch try reader.peek() {
        case .object:
            var seen: Set<String> = []
            try reader.beginObject()
            while let key = try reader.nextKey() {
                guard seen.insert(key).inserted else { return key }
                if let inner = try first(&reader) { return "\(key).\(inner)" }
            }
        case .array:
            try reader.beginArray()
            while try reader.nextElement() {
                if let inner = try first(&reader) { return inner }
            }
        case .string, .number, .bool, .null: try reader.skipValue()
        }
        return nil
    }
}
