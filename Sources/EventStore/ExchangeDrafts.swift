import CloudEvents

/// The exchanges of some request ids, and what new events make of them, in memory.
///
/// It decides event by event, in their order; what changed is written at the end, all at once.
package struct ExchangeDrafts {
    /// An exchange as its row will be.
    package struct Draft: Sendable {
        package var outline: ExchangeOutline
        package var status: Int64?
        package var latency: Double?
        /// How many exchanges it stands for.
        package var weight = 1.0
        package var flags: Int64 = 0
        /// ``TraceID/key`` of the trace that it is part of.
        package var trace: Int64?
        /// The sequences of its halves.
        package var request: Int64?
        package var response: Int64?
        /// Whether the store has no row of it.
        fileprivate var isNew = false
        /// Whether its row is no longer right.
        fileprivate var isChanged = false
        /// As its row counts now; nil for one that has none.
        fileprivate var before: CountedExchange?

        package init(_ outline: ExchangeOutline) { self.outline = outline }

        /// As it counts.
        package var counted: CountedExchange {
            CountedExchange(
                namespace: outline.key.namespace,
                model: outline.key.model,
                version: outline.version,
                began: outline.began ?? Timestamp(nanoseconds: 0),  // every exchange has one
                status: status,
                latency: latency,
                flags: flags,
                weight: weight
            )
        }
    }

    /// By request id, in the order of attempts.
    private var drafts: [String: [Draft]]
    /// The verdicts that flagged a request, by its id.
    private var verdicts: [String: [ClassifiedEvent]]
    package private(set) var newest: Int64
    package private(set) var counts: ModelCounts

    /// - Parameters:
    ///   - drafts: The exchanges that the store has.
    ///   - verdicts: The verdicts on these request ids that the store has.
    ///   - newest: The number of the exchange that was added last.
    package init(_ drafts: [Draft], verdicts: [ClassifiedEvent], newest: Int64, counts: ModelCounts) {
        self.drafts = Dictionary(
            grouping: drafts.map { draft in
                var draft = draft
                draft.before = draft.counted
                return draft
            },
            by: \.outline.key.requestID
        ).mapValues(Self.ordered)
        self.verdicts = Dictionary(grouping: verdicts) { $0.requestID ?? "" }
        self.newest = newest
        self.counts = counts
    }

    private static func ordered(_ drafts: [Draft]) -> [Draft] {
        drafts.sorted { ($0.outline.attempt, $0.outline.sequence) < ($1.outline.attempt, $1.outline.sequence) }
    }

    /// Takes an event in that the store did not have.
    ///
    /// - Returns: Whether it opened another attempt under a key that was used.
    package mutating func add(_ record: ClassifiedEvent, sequence: Int64) -> Bool {
        if record.kind == .label { counts.addLabel(of: record) }
        if let key = record.exchangeKey { return join(record, sequence: sequence, to: key) }
        if let requestID = record.requestID, !record.flags.isEmpty {
            verdicts[requestID, default: []].append(record)
            if let owner = record.exchange(among: outlines(requestID)) { flag(owner, record.flags) }
        }
        return false
    }

    private func outlines(_ requestID: String) -> [ExchangeOutline] { (drafts[requestID] ?? []).map(\.outline) }

    private mutating func join(_ record: ClassifiedEvent, sequence: Int64, to key: ExchangeKey) -> Bool {
        let ours = outlines(key.requestID).filter { $0.key.agrees(with: key) }
        if let outline = record.half(among: ours) {
            fill(outline, with: record, sequence: sequence)
            return false
        }
        open(key, attempt: (ours.last?.attempt ?? 0) + 1, with: record, sequence: sequence)
        return !ours.isEmpty
    }

    private mutating func open(_ key: ExchangeKey, attempt: Int, with record: ClassifiedEvent, sequence: Int64) {
        newest += 1
        var draft = Draft(ExchangeOutline(key: key, attempt: attempt, sequence: newest))
        draft.isNew = true
        draft.outline.began = record.began
        draft.outline.version = record.version
        draft.set(record, sequence: sequence)
        draft.status = record.statusCode.map(Int64.init)
        draft.latency = record.latencyMilliseconds
        draft.weight = record.sampledRate
        drafts[key.requestID] = Self.ordered((drafts[key.requestID] ?? []) + [draft])
        counts.addExchange(of: record, key: key)
        // A verdict may have come before what it judges.
        let outlines = outlines(key.requestID)
        for early in verdicts[key.requestID] ?? [] where early.exchange(among: outlines)?.sequence == newest {
            flag(draft.outline, early.flags)
        }
    }

    private mutating func fill(_ outline: ExchangeOutline, with record: ClassifiedEvent, sequence: Int64) {
        counts.completeExchange(outline, with: record)
        change(outline) { draft in
            draft.set(record, sequence: sequence)
            if draft.outline.key.model.isEmpty, let model = record.model { draft.outline.key.model = model }
            let status = record.statusCode.map(Int64.init)
            if record.kind == .request {
                draft.outline.began = record.began  // the response could only reckon
                draft.outline.version = draft.outline.version ?? record.version
                draft.status = draft.status ?? status
                draft.latency = draft.latency ?? record.latencyMilliseconds
            } else {
                draft.outline.version = record.version ?? draft.outline.version
                draft.status = status ?? draft.status
                draft.latency = record.latencyMilliseconds ?? draft.latency
            }
        }
    }

    private mutating func flag(_ outline: ExchangeOutline, _ kinds: [VerdictKind]) {
        let bits = kinds.reduce(Int64(0)) { $0 | $1.bit }
        var added: Int64 = 0
        change(outline) { draft in
            added = bits & ~draft.flags
            draft.flags |= bits
        }
        for kind in VerdictKind.kinds(in: added) { counts.addFlag(kind, to: outline) }
    }

    /// The request ids whose exchanges some events touch.
    package static func requestIDs(of records: [ClassifiedEvent]) -> Set<String> {
        Set(
            records.compactMap { record in
                record.kind.isHalf ? record.exchangeKey?.requestID : record.flags.isEmpty ? nil : record.requestID
            }
        )
    }

    private mutating func change(_ outline: ExchangeOutline, _ change: (inout Draft) -> Void) {
        let requestID = outline.key.requestID
        guard let index = drafts[requestID]?.firstIndex(where: { $0.outline.sequence == outline.sequence }) else {
            return
        }
        drafts[requestID]?[index].isChanged = true
        if var draft = drafts[requestID]?[index] {
            change(&draft)
            drafts[requestID]?[index] = draft
        }
    }

    /// The rows to add, in the order of their numbers.
    package var added: [Draft] {
        drafts.values.joined().filter(\.isNew).sorted { $0.outline.sequence < $1.outline.sequence }
    }

    /// The rows to change.
    package var changed: [Draft] { drafts.values.joined().filter { $0.isChanged && !$0.isNew } }

    /// What the rows counted as, and what they will count as.
    var countedChanges: [(before: CountedExchange?, after: CountedExchange)] {
        drafts.values.joined().filter { $0.isChanged || $0.isNew }.map { ($0.before, $0.counted) }
    }
}

extension ExchangeDrafts.Draft {
    fileprivate mutating func set(_ record: ClassifiedEvent, sequence: Int64) {
        trace = trace ?? TraceID(of: record.event)?.key
        if record.kind == .request {
            request = sequence
            outline.requestEventID = record.event.id
        } else {
            response = sequence
            outline.responseEventID = record.event.id
        }
    }
}
