/// The last committed records, in memory: what a reader close behind the writer gets without asking the disk.
///
/// They are the arrays that were written, so that to keep them copies nothing.
struct JournalTail: Sendable {
    /// Payloads hold at most this many bytes.
    private let limit: Int
    private var records: [JournalRecord] = []
    /// Those before this index were let go.
    private var start = 0
    private var bytes = 0
    /// All records after this position are here.
    private var floor: JournalPosition

    init(after position: JournalPosition, limit: Int) {
        floor = position
        self.limit = limit
    }

    /// Takes the next record; the oldest make room for it.
    mutating func append(_ record: JournalRecord) {
        records.append(record)
        bytes += record.payload.count
        while bytes > limit { letGo() }
        compact()
    }

    /// Lets go what nobody needs any more.
    mutating func discard(through position: JournalPosition) {
        while start < records.count, records[start].position <= position { letGo() }
        compact()
    }

    /// The records after a position, in order; nil where some of them are on disk alone.
    func records(after position: JournalPosition, limit: Int, maximumBytes: Int) -> [JournalRecord]? {
        guard position >= floor else { return nil }
        var first = start
        var last = records.count
        while first < last {
            let middle = (first + last) / 2
            if records[middle].position <= position { first = middle + 1 } else { last = middle }
        }
        var end = first
        var held = 0
        while end < records.count, end - first < limit, held < maximumBytes {
            held += records[end].payload.count
            end += 1
        }
        return Array(records[first..<end])
    }

    private mutating func letGo() {
        bytes -= records[start].payload.count
        floor = records[start].position
        records[start] = JournalRecord(position: floor, receivedAt: 0, kind: .gap, payload: [])
        start += 1
    }

    /// Moves what is left to the front, once as many places are empty as are taken.
    private mutating func compact() {
        guard start >= records.count - start else { return }
        records.removeFirst(start)
        start = 0
    }
}
