import CloudEvents
import EventStore

/// The exchanges of some request ids, and what new events make of them, in memory.
///
/// It decides as the file store does, event by event; what changed is written at the end, all at once.
struct ExchangeDrafts {
    /// An exchange as its row will be.
    struct Draft {
        var outline: ExchangeOutline
        var status: Int64?
        var latency: Double?
        var flags: Int64 = 0
        var request: Int64?
        var response: Int64?
        /// Whether the store has no row of it.
        var isNew = false
        /// Whether its row is no longer right.
        var isChanged = false
    }

    /// By request id, in the order of attempts.
    private var drafts: [String: [Draft]]
    /// The verdicts that flagged a request, by its id.
    private var verdicts: [String: [ClassifiedEvent]]
    private(set) var newest: Int64
    private(set) var counts: ModelCounts

    /// - Parameters:
    ///   - drafts: The exchanges that the store has.
    ///   - verdicts: The verdicts on these request ids that the store has.
    ///   - newest: The number of the exchange that was added last.
    init(_ drafts: [Draft], verdicts: [ClassifiedEvent], newest: Int64, counts: ModelCounts) {
        self.drafts = Dictionary(grouping: drafts) { $0.outline.key.requestID }.mapValues(Self.ordered)
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
    mutating func add(_ record: ClassifiedEvent, sequence: Int64) -> Bool {
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
        var draft = Draft(outline: ExchangeOutline(key: key, attempt: attempt, sequence: newest), isNew: true)
        draft.outline.began = record.began
        draft.outline.version = record.version
        draft.set(record, sequence: sequence)
        draft.status = record.statusCode.map(Int64.init)
        draft.latency = record.latencyMilliseconds
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
    var added: [Draft] {
        drafts.values.joined().filter(\.isNew).sorted { $0.outline.sequence < $1.outline.sequence }
    }

    /// The rows to change.
    var changed: [Draft] { drafts.values.joined().filter { $0.isChanged && !$0.isNew } }
}

extension ExchangeDrafts.Draft {
    fileprivate mutating func set(_ record: ClassifiedEvent, sequence: Int64) {
        if record.kind == .request {
            request = sequence
            outline.requestEventID = record.event.id
        } else {
            response = sequence
            outline.responseEventID = record.event.id
        }
    }
}

extension PostgreSQLCopyRows {
    /// Rows of the table `exchanges`.
    init(_ drafts: [ExchangeDrafts.Draft]) {
        self.init(columns: 16, capacity: drafts.count * 300)
        for draft in drafts {
            let (outline, key) = (draft.outline, draft.outline.key)
            startRow()
            add(outline.sequence)
            for text in [key.requestID, key.namespace, key.model, key.component, key.endpoint] { add(text) }
            add(Int64(outline.attempt))
            add(outline.began?.nanoseconds ?? 0)  // every exchange has one
            add(outline.version)
            add(draft.status)
            add(draft.latency)
            for number in [draft.flags, draft.request, draft.response] { add(number) }
            add(outline.requestEventID)
            add(outline.responseEventID)
        }
    }
}
