package import CloudEvents
package import NIOCore

/// Writes the record of an event attribute by attribute, without an event.
///
/// For whoever makes very many events of a kind: what they share is encoded once. What is written is not checked; names and
/// values have to be what ``CloudEvents/CloudEvent`` would let pass.
package struct EventRecordWriter: Sendable {
    /// Attributes that many events have in common, encoded.
    package struct Attributes: Sendable {
        fileprivate var count: UInt16
        fileprivate var bytes: [UInt8]

        /// The source and type of an event, and those of its extensions that are not among `others`.
        package init(of event: CloudEvent, without others: Set<String>) {
            var writer = EventRecordWriter(reservingCapacity: 512)
            writer.set("source", .string(event.source))
            writer.set("type", .string(event.type))
            for (name, value) in event.extensions where !others.contains(name) { writer.set(name, value) }
            count = writer.count
            bytes = Array(writer.bytes[EventRecord.headerBytes...])
        }
    }

    /// What has been written.
    package private(set) var bytes: [UInt8] = []
    private var count: UInt16 = 0

    private init(reservingCapacity capacity: Int) {
        bytes.reserveCapacity(capacity)
        EventRecord.appendHeader(number: 0, index: 0, to: &bytes)
    }

    /// Begins a record with attributes that are there already.
    ///
    /// - Parameter dataBytes: How many bytes of data will come.
    package init(_ attributes: Attributes, dataBytes: Int) {
        self.init(reservingCapacity: attributes.bytes.count + dataBytes + 512)
        bytes.append(contentsOf: attributes.bytes)
        count = attributes.count
    }

    /// Writes an attribute.
    package mutating func set(_ name: String, _ value: CloudEventValue) {
        count += 1
        EventRecord.append(name, value, to: &bytes)
    }

    /// Ends the record, with data or without.
    package mutating func finish(data: [ByteBuffer]?) {
        EventRecord.setCount(count, in: &bytes)
        bytes.append(data == nil ? 0 : 1)
        for piece in data ?? [] { piece.withUnsafeReadableBytes { bytes.append(contentsOf: $0) } }
    }
}
