import JSON

/// One walk through a JSON text that redacts what paths lead to.
struct PathPass {
    private let bytes: UnsafeRawBufferPointer
    private let rules: [RedactionRule]
    private let paths: [(rule: Int, path: RedactionPath)]
    private let keyedHash: KeyedHash
    private var edits = ByteEdits()
    /// For each rule, how many values it took.
    private(set) var counts: [Int]

    init(
        _ bytes: UnsafeRawBufferPointer,
        rules: [RedactionRule],
        paths: [(rule: Int, path: RedactionPath)],
        keyedHash: @escaping KeyedHash
    ) {
        self.bytes = bytes
        self.rules = rules
        self.paths = paths
        self.keyedHash = keyedHash
        counts = [Int](repeating: 0, count: rules.count)
    }

    /// - Throws: ``RedactionRefusal``, or the fault of a text that is no JSON.
    mutating func redacted() throws -> [UInt8] {
        var reader = JSONReader(bytes)
        let root = PathProgress(paths)
        if let rule = strictest(root.matched) {
            guard rules[rule].action != .drop else { throw RedactionRefusal.ruled }
            try cover(&reader, rule)
        } else {
            try walk(&reader, root)
        }
        try reader.finish()
        return edits.applied(to: bytes)
    }

    private func strictest(_ matched: [Int]) -> Int? { matched.max { rules[$0].action < rules[$1].action } }

    private mutating func walk(_ reader: inout JSONReader, _ progress: PathProgress) throws {
        guard !progress.isOver else {
            try reader.skipValue()
            return
        }
        switch try reader.peek() {
        case .object:
            try reader.beginObject()
            let start = reader.position
            var members: [(end: Int, isRemoved: Bool)] = []
            while let name = try reader.nextKey() {
                let isRemoved = try step(&reader, progress.member(name), removes: true)
                members.append((reader.position, isRemoved))
            }
            edits.remove(from: start, members, in: bytes)
        case .array:
            let count = progress.countsFromEnd ? try Self.count(reader) : 0
            try reader.beginArray()
            var index = 0
            while try reader.nextElement() {
                _ = try step(&reader, progress.element(index, of: count), removes: false)
                index += 1
            }
        default: try reader.skipValue()
        }
    }

    /// - Returns: Whether the member goes.
    private mutating func step(_ reader: inout JSONReader, _ progress: PathProgress, removes: Bool) throws -> Bool {
        guard let rule = strictest(progress.matched) else {
            try walk(&reader, progress)
            return false
        }
        if removes, rules[rule].action == .drop {
            try reader.skipValue()
            counts[rule] += 1
            return true
        }
        try cover(&reader, rule)
        return false
    }

    private mutating func cover(_ reader: inout JSONReader, _ rule: Int) throws {
        let standIn = StandIn(action: rules[rule].action, keyedHash: keyedHash)
        counts[rule] += try JSONCover(standIn: standIn, datatype: nil).cover(&reader, &edits)
    }

    private static func count(_ start: JSONReader) throws -> Int {
        var reader = start
        var count = 0
        try reader.beginArray()
        while try reader.nextElement() {
            try reader.skipValue()
            count += 1
        }
        return count
    }
}
