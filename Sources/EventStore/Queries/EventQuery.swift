package import CloudEvents

/// Which events to list; a nil field does not restrict.
package struct EventQuery: Sendable, Hashable {
    /// In which order of arrival.
    package enum Order: Sendable, Hashable {
        case newestFirst
        /// What an export and a live feed want.
        case oldestFirst
    }

    package var kinds: Set<EventKind>?
    package var type: String?
    package var namespace: String?
    package var model: String?
    package var monitor: String?
    package var requestID: String?
    /// Only the events with one of these ids.
    package var ids: [String]?
    /// Only verdicts that flagged what they judged.
    package var flaggedOnly: Bool
    /// True for events that speak about a request, false for those that speak about none, such as window verdicts.
    package var isAboutRequest: Bool?
    /// Events that arrived at this time or later.
    package var since: Timestamp?
    /// Events that arrived before this time.
    package var until: Timestamp?
    package var order: Order
    package var limit: Int
    /// Go on after the event of this sequence, in the order of the list; the cursor's time is not used.
    package var cursor: PageCursor?

    package init(
        kinds: Set<EventKind>? = nil,
        type: String? = nil,
        namespace: String? = nil,
        model: String? = nil,
        monitor: String? = nil,
        requestID: String? = nil,
        ids: [String]? = nil,
        flaggedOnly: Bool = false,
        isAboutRequest: Bool? = nil,
        since: Timestamp? = nil,
        until: Timestamp? = nil,
        order: Order = .newestFirst,
        limit: Int = 50,
        cursor: PageCursor? = nil
    ) {
        self.kinds = kinds
        self.type = type
        self.namespace = namespace
        self.model = model
        self.monitor = monitor
        self.requestID = requestID
        self.ids = ids
        self.flaggedOnly = flaggedOnly
        self.isAboutRequest = isAboutRequest
        self.since = since
        self.until = until
        self.order = order
        self.limit = limit
        self.cursor = cursor
    }

    /// The kinds that can be in the answer; nil when they are not restricted.
    ///
    /// A type belongs to one kind, and stores find a rare kind faster than a rare type.
    package var effectiveKinds: Set<EventKind>? {
        guard let type else { return kinds }
        let ofType: Set<EventKind> = [EventKind(type: type)]
        return kinds.map { $0.intersection(ofType) } ?? ofType
    }
}
