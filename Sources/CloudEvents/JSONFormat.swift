public import JSON

/// The JSON event format of CloudEvents 1.0.2: one event, a batch, or one event a line.
public enum JSONFormat {
    /// The media type of one event.
    public static let contentType = "application/cloudevents+json"
    /// The media type of a batch.
    public static let batchContentType = "application/cloudevents-batch+json"

    // MARK: Writing

    /// Writes one event as a compact JSON object.
    ///
    /// Data is embedded as it is where the content type is JSON and the bytes are, as a string where it is text, else as
    /// base64.
    public static func encode(_ event: CloudEvent) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 512 + (event.data?.count ?? 0))
        write(event, to: &writer)
        return writer.bytes
    }

    /// Writes a batch, which may be empty.
    public static func encodeBatch(_ events: some Sequence<CloudEvent>) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 4096)
        writer.beginArray()
        for event in events { write(event, to: &writer) }
        writer.endArray()
        return writer.bytes
    }

    /// Writes one event a line, each line ended: the form of dead letters, exports and replays.
    public static func encodeLines(_ events: some Sequence<CloudEvent>) -> [UInt8] {
        var lines: [UInt8] = []
        for event in events {
            lines.append(contentsOf: encode(event))
            lines.append(UInt8(ascii: "\n"))
        }
        return lines
    }

    /// Writes one event as the next value of a larger text.
    public static func write(_ event: CloudEvent, to writer: inout JSONWriter) {
        writer.beginObject()
        member("specversion", "1.0", &writer)
        member("id", event.id, &writer)
        member("source", event.source, &writer)
        member("type", event.type, &writer)
        if let subject = event.subject { member("subject", subject, &writer) }
        if let time = event.time { member("time", time.rfc3339, &writer) }
        if let contentType = event.dataContentType { member("datacontenttype", contentType, &writer) }
        if let schema = event.dataSchema { member("dataschema", schema, &writer) }
        for (name, value) in event.extensions.sorted(by: { $0.key < $1.key }) {
            writer.key(name)
            switch value {
            case .boolean(let value): writer.value(value)
            case .integer(let value): writer.value(value)
            case .string, .binary, .uri, .uriReference, .timestamp: writer.value(value.text)
            }
        }
        if let data = event.data {
            data.withUnsafeBytes { writeData($0, of: event.dataContentType, to: &writer) }
        }
        writer.endObject()
    }

    private static func member(_ name: String, _ value: String, _ writer: inout JSONWriter) {
        writer.key(name)
        writer.value(value)
    }

    /// Writes the member of an event that holds its data: `data`, or `data_base64` for what is neither JSON nor text.
    package static func writeData(
        _ data: UnsafeRawBufferPointer,
        of contentType: String?,
        to writer: inout JSONWriter
    ) {
        let isPlainJSON = contentType == "application/json"  // what nearly every payload is; taking it apart costs more
        let type = isPlainJSON ? nil : contentType.flatMap(MediaType.init)
        if isPlainJSON || type?.isJSON == true, isStrictJSON(data) {
            writer.key("data")
            writer.raw(data)
        } else if let type, type.isText, type.isUTF8, data.firstFaultInUTF8() == nil {
            member("data", String(decoding: data, as: UTF8.self), &writer)
        } else {
            member("data_base64", Base64.encode(Array(data)), &writer)
        }
    }

    /// Whether data may stand in an envelope as it is.
    ///
    /// NaN tokens, which payloads may hold, would make the envelope unreadable to others; a bare `null` would read as no
    /// data.
    private static func isStrictJSON(_ data: UnsafeRawBufferPointer) -> Bool {
        var reader = JSONReader(data, limits: .strict)
        do throws(JSONError) {
            if try reader.peek() == .null { return false }
            try reader.skipValue()
            try reader.finish()
            return true
        } catch {
            return false
        }
    }

    // MARK: Reading

    /// Reads one event.
    ///
    /// - Throws: A ``CloudEventError`` that names the rule that the text breaks.
    public static func decode(_ bytes: [UInt8]) throws(CloudEventError) -> CloudEvent {
        try reading(bytes) { reader throws(CloudEventError) in try EnvelopeReader.read(&reader) }
    }

    /// Reads a batch, which may be empty.
    public static func decodeBatch(_ bytes: [UInt8]) throws(CloudEventError) -> [CloudEvent] {
        try reading(bytes) { reader throws(CloudEventError) in
            var events: [CloudEvent] = []
            do throws(JSONError) {
                try reader.beginArray()
            } catch {
                throw CloudEventError(json: error)
            }
            while try hasNext(&reader) {
                do throws(CloudEventError) {
                    events.append(try EnvelopeReader.read(&reader))
                } catch {
                    throw CloudEventError(
                        error.code,
                        "event \(events.count + 1) of the batch: \(error.message)",
                        remedy: error.remedy,
                        cause: error.cause
                    )
                }
            }
            return events
        }
    }

    /// How many events a batch has, whatever they are, up to where the text breaks off.
    package static func countBatch(_ bytes: [UInt8]) -> Int {
        bytes.withRawBytes { buffer in
            var reader = JSONReader(buffer)
            var count = 0
            // What comes before an error counts.
            try? { () throws(JSONError) in
                try reader.beginArray()
                while try reader.nextElement() {
                    count += 1
                    try reader.skipValue()
                }
            }()
            return count
        }
    }

    /// Reads one event a line; empty lines are passed.
    ///
    /// - Throws: The error of the first bad line, with its number.
    public static func decodeLines(_ bytes: [UInt8]) throws(CloudEventError) -> [CloudEvent] {
        var events: [CloudEvent] = []
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            guard line.contains(where: { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 }) else { continue }
            do throws(CloudEventError) {
                events.append(try decode(Array(line)))
            } catch {
                throw CloudEventError(
                    error.code,
                    "line \(index + 1): \(error.message)",
                    remedy: error.remedy,
                    cause: error.cause
                )
            }
        }
        return events
    }

    private static func hasNext(_ reader: inout JSONReader) throws(CloudEventError) -> Bool {
        do throws(JSONError) { return try reader.nextElement() } catch { throw CloudEventError(json: error) }
    }

    private static func reading<Value>(
        _ bytes: [UInt8],
        _ read: (inout JSONReader) throws(CloudEventError) -> Value
    ) throws(CloudEventError) -> Value {
        try bytes.withRawBytes { buffer throws(CloudEventError) in
            var reader = JSONReader(buffer)
            let value = try read(&reader)
            do throws(JSONError) { try reader.finish() } catch { throw CloudEventError(json: error) }
            return value
        }
    }
}
