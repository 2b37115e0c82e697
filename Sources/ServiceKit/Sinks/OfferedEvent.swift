package import CloudEvents
import Journal

/// An event on its way into spools: its record, encoded once for all of them, and the event itself where somebody asks.
package struct OfferedEvent: Sendable {
    /// Its type.
    package let type: String
    let record: [UInt8]
    let cause: SinkSpool.Cause?
    let hasData: Bool
    /// Whether its data was left out because a spool was full.
    let isThinned: Bool
    private let original: CloudEvent?

    package init(_ event: CloudEvent) { self.init(event, cause: nil) }

    init(_ event: CloudEvent, cause: SinkSpool.Cause?) {
        type = event.type
        record = EventRecord.encode(number: cause?.position ?? 0, index: cause?.index ?? 0, event: event)
        self.cause = cause
        hasData = event.data != nil
        isThinned = event.isThinned
        original = event
    }

    /// An event that was written as a record and never made.
    package init(type: String, record: EventRecordWriter, hasData: Bool) {
        self.type = type
        self.record = record.bytes
        cause = nil
        self.hasData = hasData
        isThinned = false
        original = nil
    }

    /// The event; nil where its record is none, which says so to those who filter.
    package var event: CloudEvent? { original ?? (try? EventRecord(record).event) }

    /// The record without its data, which says so.
    func thinnedRecord() -> [UInt8]? {
        guard let thin = try? event?.thinned() else { return nil }
        return OfferedEvent(thin, cause: cause).record
    }
}
