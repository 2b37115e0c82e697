package import CloudEvents

/// An event in the record and its place there.
package struct StoredEvent: Sendable {
    /// Its place in the order of arrival, from 1; a number may be left out where a repetition was dropped.
    package var sequence: Int64
    package var record: ClassifiedEvent
    /// Whether it came with data that retention has deleted.
    package var isPayloadGone: Bool

    package init(sequence: Int64, record: ClassifiedEvent, isPayloadGone: Bool = false) {
        self.sequence = sequence
        self.record = record
        self.isPayloadGone = isPayloadGone
    }

    /// Reads an event back from what a store kept of it.
    ///
    /// - Throws: `.corrupt` when the attributes are no event of ours.
    package init(
        sequence: Int64,
        attributes: [UInt8],
        payload: StoredPayload?,
        arrivedAt: Timestamp
    ) throws(EventStoreError) {
        do {
            let isGone = payload?.form == .removed
            let record = try ClassifiedEvent(
                attributes: attributes,
                payload: isGone ? nil : payload,
                arrivedAt: arrivedAt
            )
            self.init(sequence: sequence, record: record, isPayloadGone: isGone)
        } catch {
            throw EventStoreError(
                .corrupt,
                "event \(sequence) cannot be read back: \(error)",
                remedy: "Restore the store from a copy, or begin a new one",
                cause: error
            )
        }
    }

    /// The event as it came.
    package var event: CloudEvent { record.event }
}
