package import CloudEvents
package import JSON

/// An event on its way out of a spool: its record as it was written, taken apart only as far as somebody asks.
///
/// Most events leave as JSON, which is written from the record; what an event costs otherwise is its dictionary.
package struct OutgoingEvent: Sendable {
    private let record: [UInt8]
    /// The key within which events stay in order.
    package let partition: String?
    /// Whether it may wait for others to share a request with.
    package let isPatient: Bool
    /// Where the event came from, for the header of the request that brings it.
    package let traceparent: String?

    /// How many bytes the record has.
    package var bytes: Int { record.count }

    /// Reads a record as far as it takes to find that it is whole.
    ///
    /// - Returns: nil for a record that holds no event.
    /// - Throws: ``ServiceError`` when it is of another version or cut.
    package init?(_ record: [UInt8]) throws {
        var partition: String?
        var traceparent: String?
        var isUnflagged = false
        var isVerdict = false
        let isEvent = try EventRecord.visit(record) { field in
            switch field {
            case .attribute(let name, .string(let value)) where name.elementsEqual("partitionkey".utf8):
                partition = String(decoding: value, as: UTF8.self)
            case .attribute(let name, .string(let value)) where name.elementsEqual("traceparent".utf8):
                traceparent = String(decoding: value, as: UTF8.self)
            case .attribute(let name, .string(let value)) where name.elementsEqual("type".utf8):
                isVerdict = value.starts(with: EventType.verdictPrefix.utf8)
            case .attribute(let name, .other(.boolean(let value))) where name.elementsEqual("flagged".utf8):
                isUnflagged = !value
            case .attribute, .data: break
            }
        }
        guard isEvent else { return nil }
        self.record = record
        self.partition = partition
        self.traceparent = traceparent
        isPatient = isVerdict && isUnflagged
    }

    /// The event itself.
    package func event() throws -> CloudEvent {
        guard let event = try EventRecord(record).event else { throw EventRecord.unreadable("it holds no event") }
        return event
    }

    /// Writes the event in the JSON event format.
    package func write(to writer: inout JSONWriter) throws {
        var contentType: String?
        writer.beginObject()
        writer.key("specversion")
        writer.value("1.0")
        _ = try EventRecord.visit(record) { field in
            switch field {
            case .attribute(let name, let value):
                writer.key(utf8: name)
                switch value {
                case .string(let text):
                    if name.elementsEqual("datacontenttype".utf8) {
                        contentType = String(decoding: text, as: UTF8.self)
                    }
                    writer.value(utf8: text)
                case .other(.boolean(let value)): writer.value(value)
                case .other(.integer(let value)): writer.value(value)
                case .other(let value): writer.value(value.text)
                }
            case .data(let data): JSONFormat.writeData(data, of: contentType, to: &writer)
            }
        }
        writer.endObject()
    }
}
