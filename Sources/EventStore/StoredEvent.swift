package import CloudEvents

/// An event in the record and its place there.
package struct StoredEvent: Sendable {
    /// Its place in the order of arrival, from 1.
    package var sequence: Int64
    package var record: ClassifiedEvent

    package init(sequence: Int64, record: ClassifiedEvent) {
        self.sequence = sequence
        self.record = record
    }

    /// The event as it came.
    package var event: CloudEvent { record.event }
}
