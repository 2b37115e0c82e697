package import Journal

/// The events of one sink between its cursor and what has been read of its spool: which may be sent, which are under
/// way, which wait for another attempt.
///
/// No clock and no I/O; times are nanoseconds since 1970.
///
/// The cursor is the position before which everything is delivered or given up. Events of one partition key are sent in
/// order, one request at a time; others may overtake.
///
/// Where requests hold more than one event, patient ones are sent once a second: when the first of them has waited so
/// long, when they fill a request, or with the next event that is not patient.
package struct DeliveryQueue: Sendable {
    package struct Item: Sendable {
        package var position: JournalPosition
        package var receivedAt: Int64
        package var partition: String?
        package var bytes: Int
        var attempts = 0
        var notBefore: Int64 = 0
        var state = State.waiting
        /// It travels alone, because a batch with it was too large.
        var isAlone = false
        /// It may wait for others to share a request with.
        fileprivate(set) var isPatient: Bool
        /// The number of its partition; -1 for none.
        fileprivate var partitionNumber = -1

        package init(
            position: JournalPosition,
            receivedAt: Int64,
            partition: String?,
            bytes: Int,
            isPatient: Bool = false
        ) {
            self.position = position
            self.receivedAt = receivedAt
            self.partition = partition
            self.bytes = bytes
            self.isPatient = isPatient
        }
    }

    enum State: Sendable {
        case waiting
        case underWay
        case done
    }

    /// What may be done now.
    package enum Action: Sendable, Equatable {
        /// Send these in one request.
        case send([JournalPosition])
        /// Nothing before this time.
        case wait(until: Int64)
        /// Nothing until an answer or a new event comes.
        case idle
    }

    private let inFlightLimit: Int
    private let batchLimit: Int
    private let batchBytes: Int
    private var items: [Item] = []
    private var heldBytes = 0
    private var inFlight = 0
    /// One request at a time, while the sink does not answer.
    private var isProbing = false
    private var pausedUntil: Int64 = 0
    /// Patient events that have not been sent yet.
    private var patientCount = 0
    private var isHurried = false
    /// Partitions by numbers, so that looking through the queue compares no texts.
    private var partitionNumbers: [String: Int] = [:]
    /// For each partition, the look in which it was found to be blocked.
    private var blockedIn: [UInt64] = []
    private var look: UInt64 = 0

    /// How long patient events wait for others.
    package static let patience: Int64 = 1_000_000_000

    /// Everything up to here is delivered or given up.
    package private(set) var cursor: JournalPosition
    /// Everything up to here is in the queue or before it.
    package private(set) var loaded: JournalPosition

    /// - Parameter batchLimit: How many events one request may hold; 1 where batches are not used.
    package init(cursor: JournalPosition, inFlightLimit: Int, batchLimit: Int = 1, batchBytes: Int = 1 << 20) {
        self.cursor = cursor
        loaded = cursor
        self.inFlightLimit = inFlightLimit
        self.batchLimit = batchLimit
        self.batchBytes = batchBytes
    }

    /// How many events are waiting or under way.
    package var count: Int { items.count }
    package var isEmpty: Bool { items.isEmpty }
    package var underWay: Int { inFlight }
    /// How many more it would take: enough for all requests that may be under way, bounded in number and bytes.
    package var room: Int {
        heldBytes < Self.heldBytesLimit ? max(0, max(64, 4 * inFlightLimit * batchLimit) - items.count) : 0
    }
    private static let heldBytesLimit = 8 << 20

    /// When the oldest event that is not delivered came.
    package var oldest: Int64? { items.first?.receivedAt }

    /// Adds what was read of the spool, in order.
    ///
    /// Positions that hold nothing to send only move the cursor.
    package mutating func load(_ new: [Item], through position: JournalPosition) {
        items.append(contentsOf: new)
        if partitionNumbers.count > Self.partitionLimit {
            partitionNumbers = [:]
            for index in items.indices { number(index) }
        } else {
            for index in items.count - new.count..<items.count { number(index) }
        }
        blockedIn = [UInt64](repeating: 0, count: partitionNumbers.count)
        if batchLimit > 1 { patientCount += new.reduce(0) { $0 + ($1.isPatient ? 1 : 0) } }
        heldBytes += new.reduce(0) { $0 + $1.bytes }
        loaded = max(loaded, position)
        advance()
    }

    /// From now on nothing waits for company: the process is to stop.
    package mutating func hurry() { isHurried = true }

    /// Takes what may be sent now; what it returns counts as under way.
    package mutating func next(now: Int64) -> Action {
        guard inFlight < (isProbing ? 1 : inFlightLimit) else { return .idle }
        guard pausedUntil <= now else { return .wait(until: pausedUntil) }
        look += 1
        var chosen: [Int] = []
        var bytes = 0
        let held = heldBack(now: now)
        var earliest = held?.until ?? .max
        for index in items.startIndex..<(held?.start ?? items.endIndex) {
            let state = items[index].state
            guard state != .done else { continue }
            let partition = items[index].partitionNumber
            if partition >= 0, blockedIn[partition] == look { continue }
            let isDue = state == .waiting && items[index].notBefore <= now
            if !isDue {
                if state == .waiting { earliest = min(earliest, items[index].notBefore) }
                if partition >= 0 { blockedIn[partition] = look }
                continue
            }
            let isAlone = items[index].isAlone
            if !chosen.isEmpty, isAlone || bytes + items[index].bytes > batchBytes { break }
            chosen.append(index)
            bytes += items[index].bytes
            if isAlone || chosen.count == batchLimit { break }
        }
        guard !chosen.isEmpty else { return earliest == .max ? .idle : .wait(until: earliest) }
        for index in chosen {
            items[index].state = .underWay
            items[index].attempts += 1
            guard patientCount > 0, items[index].isPatient else { continue }
            items[index].isPatient = false  // one that comes back has waited
            patientCount -= 1
        }
        inFlight += 1
        return .send(chosen.map { items[$0].position })
    }

    private static let partitionLimit = 16 << 10

    private mutating func number(_ index: Int) {
        guard let partition = items[index].partition else { return }
        let number = partitionNumbers[partition] ?? partitionNumbers.count
        partitionNumbers[partition] = number
        items[index].partitionNumber = number
    }

    /// The patient events at the end of the queue that wait for company: where they begin, and until when.
    private func heldBack(now: Int64) -> (start: Int, until: Int64)? {
        guard patientCount > 0, !isHurried else { return nil }
        let start = (items.lastIndex { !$0.isPatient }).map { $0 + 1 } ?? items.startIndex
        guard start < items.endIndex, items.endIndex - start < batchLimit else { return nil }
        let until = items[start].receivedAt + Self.patience
        return now < until ? (start, until) : nil
    }

    /// Which attempt the request with these events is, and since when its oldest event waits.
    package func attempt(_ positions: [JournalPosition]) -> (attempt: Int, since: Int64) {
        let sent = positions.compactMap(item)
        return (sent.map(\.attempts).max() ?? 1, sent.map(\.receivedAt).min() ?? 0)
    }

    /// These are delivered or given up.
    package mutating func finish(_ positions: [JournalPosition]) {
        inFlight -= 1
        isProbing = false
        for position in positions { update(position) { $0.state = .done } }
        advance()
    }

    /// These are given up though the sink does not answer.
    package mutating func giveUp(_ positions: [JournalPosition]) {
        let wasProbing = isProbing
        finish(positions)
        isProbing = wasProbing
    }

    /// These are to be sent again.
    ///
    /// - Parameter isSinkDown: Nobody answered, so one request at a time finds out when somebody does.
    package mutating func retry(_ positions: [JournalPosition], notBefore: Int64, isSinkDown: Bool) {
        inFlight -= 1
        isProbing = isSinkDown
        for position in positions {
            update(position) {
                $0.state = .waiting
                $0.notBefore = notBefore
            }
        }
    }

    /// The sink takes nothing from us for now; the attempt does not count.
    package mutating func pause(_ positions: [JournalPosition], until time: Int64) {
        inFlight -= 1
        pausedUntil = time
        for position in positions {
            update(position) {
                $0.state = .waiting
                $0.attempts -= 1
            }
        }
    }

    /// The batch was too large: the second half waits for the first, and single events go alone.
    package mutating func split(_ positions: [JournalPosition]) {
        inFlight -= 1
        for (index, position) in positions.enumerated() {
            update(position) {
                $0.state = .waiting
                $0.attempts -= 1
                $0.isAlone = positions.count <= 2 || index == positions.count / 2
            }
        }
    }

    /// Whether an event is no longer the queue's concern.
    package func isSettled(_ position: JournalPosition) -> Bool {
        item(position).map { $0.state == .done } ?? true
    }

    private func item(_ position: JournalPosition) -> Item? {
        index(of: position).map { items[$0] }
    }

    private mutating func update(_ position: JournalPosition, _ change: (inout Item) -> Void) {
        if let index = index(of: position) { change(&items[index]) }
    }

    private func index(of position: JournalPosition) -> Int? {
        var low = 0
        var high = items.count
        while low < high {
            let middle = (low + high) / 2
            if items[middle].position < position { low = middle + 1 } else { high = middle }
        }
        return low < items.count && items[low].position == position ? low : nil
    }

    private mutating func advance() {
        // Counted, not held as a slice, with which the queue would be copied to be shortened.
        let done = items.firstIndex { $0.state != .done } ?? items.endIndex
        heldBytes -= items[..<done].reduce(0) { $0 + $1.bytes }
        items.removeFirst(done)
        cursor = items.first.map { JournalPosition(rawValue: $0.position.rawValue - 1) } ?? loaded
    }
}
