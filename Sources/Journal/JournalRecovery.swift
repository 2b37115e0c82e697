/// What a journal finds when it is opened.
///
/// The last segment is verified record by record and cut where the first broken one begins; the others were closed
/// before it and are verified as they are read.
struct JournalRecovery: Sendable {
    var segments: [Segment] = []
    /// The end of the last whole record in the last segment.
    var activeEnd = 0
    /// The bytes of all segments.
    var bytes = 0
    /// The last record that is there.
    var last = JournalPosition.start
    /// The time of that record, in nanoseconds since 1970.
    var latestTime: Int64 = 0
    /// What was promised and is gone; nil when nothing is.
    var gap: JournalGap?

    /// - Parameter acknowledged: The last position that was promised, where that is known.
    static func run(in folder: String, acknowledged: JournalPosition?) throws(JournalError) -> JournalRecovery {
        var recovery = JournalRecovery()
        var cut = 0
        for name in try Folder.names(in: folder) where Segment.isName(name) {
            let path = "\(folder)/\(name)"
            guard let segment = try Segment.open(path) else {
                cut += try File(path, flags: 0).size()
                try Folder.remove(path)
                continue
            }
            recovery.segments.append(segment)
            recovery.bytes += try segment.file.size()
        }
        if let active = recovery.segments.last {
            cut += try recovery.verify(active)
        }
        let promised = acknowledged ?? recovery.last
        if promised > recovery.last {
            recovery.gap = JournalGap(
                records: promised.rawValue - recovery.last.rawValue,
                first: JournalPosition(rawValue: recovery.last.rawValue + 1),
                last: promised,
                bytes: UInt64(cut)
            )
        } else if cut > 0, acknowledged == nil {
            // Nobody knows whether the cut bytes were promised, so the bytes are what can be admitted.
            recovery.gap = JournalGap(records: 0, first: .start, last: .start, bytes: UInt64(cut))
        }
        return recovery
    }

    /// Finds the end of the active segment, cuts what follows it and returns how many bytes that were.
    private mutating func verify(_ active: Segment) throws(JournalError) -> Int {
        let size = try active.file.size()
        last = JournalPosition(rawValue: active.first.rawValue - 1)
        latestTime = active.createdAt
        var end = SegmentFormat.headerBytes
        var found = (last: last, time: latestTime)
        let ending = try active.walk(after: last, end: size) { record, offset in
            found = (record.position, record.receivedAt)
            end = offset + SegmentFormat.recordHeaderBytes + record.payload.count
            return true
        }
        (last, latestTime) = found
        activeEnd = end
        guard case .broken = ending else { return 0 }
        try active.file.truncate(to: end)
        bytes -= size - end
        return size - end
    }
}
