package import CloudEvents
package import Journal

/// One thing that happened, in the order of the journal.
package struct ConsumerRecord: Sendable {
    /// What it is.
    package enum Content: Sendable {
        /// An event that was not seen before.
        case event(CloudEvent)
        /// The clock, as the journal read it: whatever depends on time is decided here and nowhere else.
        case tick
        /// A change of the consumer itself, in its own form.
        case change([UInt8])
        /// Acknowledged records before this one were lost.
        case gap(JournalGap)
    }

    package let position: JournalPosition
    /// When the journal took it; never earlier than the record before.
    package let receivedAt: Timestamp
    package let content: Content

    package init(position: JournalPosition, receivedAt: Timestamp, content: Content) {
        self.position = position
        self.receivedAt = receivedAt
        self.content = content
    }
}

/// What became of one record.
package enum ConsumerOutcome: Sendable {
    /// It was handled, and these verdicts arose, in this order.
    case verdicts([CloudEvent])
    /// It cannot be handled, now or later; it is counted and logged, and the next one comes.
    case failed(any Error)
}

/// Thrown by a consumer whose store or model is not there: the record is offered again after a pause.
package struct ConsumerUnavailable: Error, Sendable {
    /// What is not there.
    package var reason: any Error

    package init(_ reason: any Error) {
        self.reason = reason
    }
}

/// What a service does with events.
///
/// It is called by one worker, never twice at a time.
///
/// The same records, configuration and build must give the same verdicts: it looks at no clock and no random source
/// but what its records and its configuration hold. An actor conforms naturally.
package protocol EventConsumer: Sendable {
    /// Handles one record.
    ///
    /// - Returns: The verdicts that arose, with deterministic ids.
    /// - Throws: ``ConsumerUnavailable`` when it has not handled the record and should be asked again; anything else
    ///   when it cannot handle it.
    func observe(_ record: ConsumerRecord) async throws -> [CloudEvent]

    /// Handles several records at once, for those that gain by it, such as a store.
    ///
    /// - Returns: One outcome each, in order. Fewer mean that the rest should be offered again after a pause.
    func observe(batch: [ConsumerRecord]) async -> [ConsumerOutcome]

    /// All state, with a format version in it.
    func snapshot() async throws -> [UInt8]

    /// Goes back to a state that ``snapshot()`` wrote.
    func restore(_ snapshot: [UInt8]) async throws

    /// No record up to a position will be handled again, whatever happens.
    func released(through position: JournalPosition) async
}

extension EventConsumer {
    /// Nothing is kept for records to come back.
    package func released(through position: JournalPosition) async {}

    /// One record after the other.
    package func observe(batch: [ConsumerRecord]) async -> [ConsumerOutcome] {
        var outcomes: [ConsumerOutcome] = []
        for record in batch {
            do {
                outcomes.append(.verdicts(try await observe(record)))
            } catch is ConsumerUnavailable {
                return outcomes
            } catch {
                outcomes.append(.failed(error))
            }
        }
        return outcomes
    }
}
