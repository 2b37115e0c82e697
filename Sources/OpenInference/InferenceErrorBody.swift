import JSON

/// What servers answer when they cannot answer.
public enum InferenceErrorBody {
    /// The V2 error object: `{"error": "<message>"}`.
    public static func encode(_ message: String) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: message.utf8.count + 16)
        writer.beginObject()
        writer.key("error")
        writer.value(message)
        writer.endObject()
        return writer.bytes
    }

    /// The message of an error body, nil where it is none that we know.
    ///
    /// MLServer and KServe answer unknown routes with `{"detail": "<text>"}` and malformed bodies with
    /// `{"detail": [{"loc": [], "msg": "<text>"}]}`.
    public static func message(in body: [UInt8]) -> String? {
        guard let object = (try? JSONValue(parsing: body))?.object else { return nil }
        if let error = object["error"]?.string { return error }
        guard let detail = object["detail"] else { return nil }
        if let text = detail.string { return text }
        let faults = (detail.array ?? []).compactMap { fault -> String? in
            guard let text = fault["msg"]?.string else { return nil }
            let place = (fault["loc"]?.array ?? []).map { $0.string ?? $0.text }.joined(separator: ".")
            return place.isEmpty ? text : "\(place): \(text)"
        }
        return faults.isEmpty ? nil : faults.joined(separator: "; ")
    }
}
