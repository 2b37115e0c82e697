package import CloudEvents

/// A durable, queryable record of events, the exchanges that they make, and the alerts about them.
///
/// One transaction writes at a time. Everything that belongs together is written in one ``write(_:)``: the events, what
/// they do to alerts, the errands that follow, and how far the journal has been read. So a kill between two writes loses
/// nothing and doubles nothing. `EventStoreConformance`, among the tests, says what every store must do.
///
/// All functions throw `EventStoreError`, or whatever a `work` closure throws.
package protocol EventStore: Sendable {
    /// Runs `work` in one transaction: all of it is kept, or none of it when it throws.
    func write<Value: Sendable>(
        _ work: @escaping @Sendable (any EventStoreTransaction) throws -> Value
    ) async throws -> Value

    /// The position in this process's journal of the last write, 0 in a new store.
    func position() async throws -> UInt64

    /// Makes everything written so far survive a loss of power, and returns its journal position.
    func makeDurable() async throws -> UInt64

    /// Exchanges with all their parts, newest first.
    func exchanges(_ query: ExchangeQuery) async throws -> Page<Exchange>

    /// Every exchange with this request id, oldest first, and what has been said about it before it came.
    func exchanges(requestID: String) async throws -> [Exchange]

    /// Events in the order of their arrival.
    func events(_ query: EventQuery) async throws -> Page<StoredEvent>

    /// The sequence of the newest event, 0 when there is none.
    func newestSequence() async throws -> Int64

    func alerts(_ query: AlertQuery) async throws -> Page<Alert>

    func alert(id: String) async throws -> Alert?

    /// Incidents with their alerts, newest first by the opening of their first alert.
    func incidents(_ query: IncidentQuery) async throws -> Page<Incident>

    /// How many alerts are not closed, by kind and severity.
    func openAlertCounts() async throws -> [OpenAlertCount]

    /// Every version of every model that was seen, by name.
    func models() async throws -> [ModelSummary]

    /// Exchanges counted by model version and step of time, with their latencies; a step without any is left out.
    ///
    /// They are counted as they come, and stay counted when retention deletes them, or a person does.
    func traffic(_ query: TrafficQuery) async throws -> [TrafficStep]

    /// Errands that are due, the oldest first; none where another process on the same store sees to them.
    func errands(_ purpose: Errand.Purpose, dueAt time: Timestamp, limit: Int) async throws -> [Errand]

    /// The bytes in use, without what a trim has freed inside the file.
    func bytes() async throws -> Int64

    /// Deletes the oldest exchanges and events, at most `limit` events; alerts that are not closed stay, and so do the
    /// entries of the audit log.
    ///
    /// - Returns: How many events were deleted.
    func trim(arrivedBefore time: Timestamp, limit: Int) async throws -> Int

    /// Deletes the payloads of the oldest requests and responses, of at most `limit` events; what verdicts, explanations
    /// and labels say stays as long as their rows.
    ///
    /// - Returns: How many events were looked at.
    func dropPayloads(arrivedBefore time: Timestamp, limit: Int) async throws -> Int

    /// Deletes the counts of units of time that began before.
    func trimTraffic(before time: Timestamp, unit: TrafficUnit) async throws

    /// When the oldest event arrived, or nil.
    func oldestArrival() async throws -> Timestamp?
}

/// What can be done inside one transaction; only valid inside the closure that received it.
package protocol EventStoreTransaction {
    /// Adds events in their order, and joins each to its exchange; does nothing with those that the store has already.
    ///
    /// - Returns: What became of each.
    func insert(_ records: [ClassifiedEvent]) throws -> [Insertion]

    /// The alert of this key that is not closed.
    func unclosedAlert(for key: Alert.Key) throws -> Alert?

    /// The alert of this key that was closed last.
    func lastClosedAlert(for key: Alert.Key) throws -> Alert?

    func alert(id: String) throws -> Alert?

    /// Alerts of a namespace that changed at this time or later, the latest to open first, at most a thousand.
    func alerts(namespace: String, changedSince time: Timestamp) throws -> [Alert]

    /// Adds or replaces an alert by its id.
    func save(_ alert: Alert) throws

    /// The requests or rows that verdicts of `kind` flagged among the rows of a window, the latest first.
    func flaggedRequests(of key: Alert.Key, kind: VerdictKind, window: Alert.Window, limit: Int) throws -> [String]

    /// The requests of a model whose exchange began within a window, the latest first.
    func requests(of key: Alert.Key, window: Alert.Window, limit: Int) throws -> [String]

    /// Deletes every event about a request, and its exchanges; alerts that name it keep its id alone.
    ///
    /// - Returns: How many events were deleted.
    func erase(requestID: String) throws -> Int

    /// Remembers something to do after the transaction, in this process or in the next.
    func add(_ errand: Errand) throws

    /// Takes note that an errand failed and when to try again.
    func postpone(_ errand: Errand, until time: Timestamp) throws

    /// Forgets an errand that is done, or given up.
    func remove(_ errand: Errand) throws

    /// Sets how far the journal has been read.
    func setPosition(_ position: UInt64) throws
}

extension EventStoreTransaction {
    /// Adds one event, as ``insert(_:)-([ClassifiedEvent])`` does several.
    package func insert(_ record: ClassifiedEvent) throws -> Insertion {
        try insert([record]).first ?? .duplicate  // as many answers as records, so there is one
    }
}

/// What became of an event that was added.
package enum Insertion: Sendable, Hashable {
    /// The store had it already.
    case duplicate
    /// It is new.
    ///
    /// - Parameters:
    ///   - sequence: Its row in the store.
    ///   - reusedRequestID: Whether it opened another attempt under a key that was used before.
    case stored(sequence: Int64, reusedRequestID: Bool)
}

/// A number of alerts that are not closed.
package struct OpenAlertCount: Sendable, Hashable {
    package var kind: String
    package var severity: Alert.Severity
    package var count: Int

    package init(kind: String, severity: Alert.Severity, count: Int) {
        self.kind = kind
        self.severity = severity
        self.count = count
    }
}
