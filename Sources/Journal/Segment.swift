import Glibc
import Synchronization

/// One file of a journal: consecutive records from `first` on.
///
/// It knows no end of its own: the journal tells a reader how far records are committed.
final class Segment: Sendable {
    let file: File
    let first: JournalPosition
    let createdAt: Int64

    /// Where some of the records begin, in order, so that a read finds its place without walking the whole file.
    private let marks: Mutex<[Mark]>

    private struct Mark {
        var position: JournalPosition
        var offset: Int
    }

    /// At least this many bytes lie between two marks.
    private static let markSpacing = 64 << 10
    private static let suffix = ".segment"

    private init(file: File, header: SegmentFormat.Header) {
        self.file = file
        first = header.first
        createdAt = header.createdAt
        marks = Mutex([Mark(position: header.first, offset: SegmentFormat.headerBytes)])
    }

    /// Makes the file of a new segment.
    static func create(in folder: String, first: JournalPosition, createdAt: Int64) throws(JournalError) -> Segment {
        let digits = String(first.rawValue)
        let name = String(repeating: "0", count: 20 - digits.count) + digits + suffix
        let file = try File("\(folder)/\(name)", flags: O_RDWR | O_CREAT | O_TRUNC)
        let header = SegmentFormat.Header(first: first, createdAt: createdAt)
        try file.write(SegmentFormat.encode(header), at: 0)
        return Segment(file: file, header: header)
    }

    /// Opens a file; nil when its header is torn, so that nothing in it was ever acknowledged.
    static func open(_ path: String) throws(JournalError) -> Segment? {
        let file = try File(path, flags: O_RDWR)
        let bytes = try file.read(SegmentFormat.headerBytes, at: 0)
        guard let header = try SegmentFormat.decodeHeader(bytes, path: path) else { return nil }
        return Segment(file: file, header: header)
    }

    static func isName(_ name: String) -> Bool {
        name.hasSuffix(suffix) && name.utf8.count == 20 + suffix.utf8.count
    }

    /// Remembers where a record begins, when the last mark is far enough away.
    func mark(_ position: JournalPosition, at offset: Int) {
        marks.withLock { marks in
            if let last = marks.last, last.position < position, offset - last.offset >= Self.markSpacing {
                marks.append(Mark(position: position, offset: offset))
            }
        }
    }

    /// The best known place at or before a position.
    private func place(of position: JournalPosition) -> Mark {
        marks.withLock { marks in
            var low = 0
            var high = marks.count
            while high - low > 1 {
                let middle = (low + high) / 2
                if marks[middle].position <= position { low = middle } else { high = middle }
            }
            return marks[low]
        }
    }

    /// How a walk over records ended.
    enum End {
        /// The visitor had enough.
        case stopped
        /// All bytes up to the asked end were whole records.
        case complete
        /// The bytes at this offset are not the record that should be there.
        case broken(offset: Int)
    }

    /// Visits whole, verified records after a position and before the byte `end`, in order.
    ///
    /// - Parameter visit: Gets a record and the offset where it begins; false stops.
    /// - Complexity: O(bytes read), at most 64 KiB of which lie before the first visited record once marks are there.
    func walk(
        after position: JournalPosition,
        end: Int,
        visit: (JournalRecord, Int) throws(JournalError) -> Bool
    ) throws(JournalError) -> End {
        let wanted = JournalPosition(rawValue: position.rawValue + 1)
        let start = place(of: wanted)
        var expected = start.position
        var window = Window(file: file, end: end)
        var offset = start.offset
        while offset < end {
            guard
                let head = try window.bytes(at: offset, count: SegmentFormat.recordHeaderBytes),
                let header = head.withUnsafeBytes({ SegmentFormat.decodeRecordHeader($0) }),
                header.position == expected,
                let whole = try window.bytes(at: offset, count: SegmentFormat.recordHeaderBytes + header.length)
            else { return .broken(offset: offset) }
            let isIntact = whole.withUnsafeBytes {
                Checksum.of(UnsafeRawBufferPointer(rebasing: $0[8...])) == header.checksum
            }
            guard isIntact else { return .broken(offset: offset) }
            mark(header.position, at: offset)
            if header.position >= wanted {
                let record = JournalRecord(
                    position: header.position,
                    receivedAt: header.receivedAt,
                    kind: header.kind,
                    payload: Array(whole.dropFirst(SegmentFormat.recordHeaderBytes))
                )
                guard try visit(record, offset) else { return .stopped }
            }
            offset += SegmentFormat.recordHeaderBytes + header.length
            expected = JournalPosition(rawValue: expected.rawValue + 1)
        }
        return .complete
    }
}

/// A stretch of a file in memory that moves forward as records are read.
private struct Window {
    let file: File
    let end: Int
    private var start = 0
    private var held: [UInt8] = []

    private static let stretch = 256 << 10

    init(file: File, end: Int) {
        self.file = file
        self.end = end
    }

    /// The bytes at an offset; nil when they reach beyond the end.
    mutating func bytes(at offset: Int, count: Int) throws(JournalError) -> ArraySlice<UInt8>? {
        guard offset + count <= end else { return nil }
        if offset < start || offset + count > start + held.count {
            held = try file.read(min(max(count, Self.stretch), end - offset), at: offset)
            start = offset
            if held.count < count { return nil }
        }
        return held[(offset - start)..<(offset - start + count)]
    }
}
