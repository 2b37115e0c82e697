import CloudEvents
import JSON
import Tensors

/// Cells of which nobody says the datatype, one a row: numbers become FP64, strings BYTES, truth values BOOL.
///
/// Integers become FP64 as well, since `1` and `1.0` are the same to the clients that write them. A cell is a value or a
/// regular array; all cells have one shape and one kind. `null` and a cell that is not there are NaN or an empty byte
/// string; a column of truth values that misses one becomes FP64. `{"b64": "…"}` is a byte string in base64.
struct UntypedColumn {
    private enum Kind { case number, bool, text }

    let place: String
    private let limits: PayloadLimits
    private(set) var rows = 0
    /// Whether a cell was there, be it `null`.
    private(set) var holdsValues = false
    private var cellShape: [Int]?
    private var kind: Kind?
    private var numbers: [Double] = []  // truth values too, as 0 and 1
    private var texts: [[UInt8]] = []
    private var hasMissing = false
    /// Elements that came while nothing told their kind: all of them missing.
    private var unknown = 0
    private var bytes = 0

    init(place: String, limits: PayloadLimits) {
        self.place = place
        self.limits = limits
    }

    /// Reads the cell of the next row.
    ///
    /// - Throws: `.shapeMismatch` for a ragged cell and for one of another shape than those before; `.value` for objects,
    ///   and for elements of several kinds.
    mutating func append(_ reader: inout JSONReader) throws(OpenInferenceError) {
        holdsValues = true
        let shape: [Int]
        let next = try reader.peek(place)
        if next == .null {
            try reader.skip(place)
            return try appendMissing()
        }
        if next != .array {
            try appendElement(&reader)
            shape = []
        } else if kind != .text, kind != .bool, try leafKind(reader) == .number {
            shape = try appendNumbers(&reader)
        } else {
            var levels = Levels()
            try appendLevel(0, &levels, &reader)
            shape = levels.extents
        }
        if cellShape == nil, rows > 0 { try widenMissing(to: shape.reduce(1, *)) }
        guard cellShape == nil || cellShape == shape else {
            throw OpenInferenceError(
                .shapeMismatch,
                "\(place): a row of shape \(shape) beside rows of \(cellShape ?? [])",
                remedy: "Give all rows of a tensor one shape"
            )
        }
        cellShape = shape
        rows += 1
    }

    /// Takes note that the next row has no such cell.
    mutating func appendMissing() throws(OpenInferenceError) {
        for _ in 0..<(cellShape ?? []).reduce(1, *) { try appendMissingElement() }
        rows += 1
    }

    /// All rows, shape `[rows, …]`.
    var tensor: AnyTensor { get throws(OpenInferenceError) { try tensor(shape: [rows] + (cellShape ?? [])) } }

    /// The one cell that was read, in its own shape.
    var cell: AnyTensor { get throws(OpenInferenceError) { try tensor(shape: cellShape ?? []) } }

    private func tensor(shape: [Int]) throws(OpenInferenceError) -> AnyTensor {
        do throws(TensorError) {
            switch kind {
            case .text: return .bytes(shape: shape, values: texts)
            case .bool where !hasMissing: return .bool(try Tensor(shape: shape, elements: numbers.map { $0 == 1 }))
            case .bool, .number: return .float64(try Tensor(shape: shape, elements: numbers))
            case nil: return .float64(try Tensor(shape: shape, elements: [Double](repeating: .nan, count: unknown)))
            }
        } catch {
            throw OpenInferenceError(tensor: error, in: place)
        }
    }

    // MARK: Elements

    private mutating func appendElement(_ reader: inout JSONReader) throws(OpenInferenceError) {
        switch try reader.peek(place) {
        case .null:
            try reader.skip(place)
            try appendMissingElement()
        case .number:
            try become(.number)
            try take(8)
            numbers.append(try OpenInferenceError.reading(place) { () throws(JSONError) in try reader.readDouble() })
        case .bool:
            try become(.bool)
            try take(8)
            let value = try OpenInferenceError.reading(place) { () throws(JSONError) in try reader.readBool() }
            numbers.append(value ? 1 : 0)
        case .string:
            try become(.text)
            let text = try OpenInferenceError.reading(place) { () throws(JSONError) in try reader.readStringBytes() }
            try take(PayloadLimits.stringOverhead + text.count)
            texts.append(text)
        case .object:
            try become(.text)
            let value = try Base64Object.read(&reader, place)
            try take(PayloadLimits.stringOverhead + value.count)
            texts.append(value)
        case .array: preconditionFailure("arrays are entered level by level")
        }
    }

    private mutating func appendMissingElement() throws(OpenInferenceError) {
        hasMissing = true
        try take(8)
        switch kind {
        case .text: texts.append([])
        case .number, .bool: numbers.append(.nan)
        case nil: unknown += 1
        }
    }

    /// The rows before the first cell missed theirs and hold one element each; now the size of a cell is known.
    private mutating func widenMissing(to size: Int) throws(OpenInferenceError) {
        let (count, overflows) = rows.multipliedReportingOverflow(by: size)
        try take(overflows ? limits.tensorBytes : min(count, limits.tensorBytes) * 8)
        switch kind {
        case .text: texts.replaceSubrange(..<rows, with: repeatElement([], count: count))
        case .number, .bool: numbers.replaceSubrange(..<rows, with: repeatElement(.nan, count: count))
        case nil: unknown += count - rows
        }
    }

    /// Settles the kind of all elements.
    private mutating func become(_ new: Kind) throws(OpenInferenceError) {
        guard kind != new else { return }
        guard kind == nil else {
            throw OpenInferenceError(
                .value,
                "\(place) holds elements of several kinds",
                remedy: "Send numbers, strings or truth values, not a mixture"
            )
        }
        kind = new
        if new == .text {
            texts = [[UInt8]](repeating: [], count: unknown)
        } else {
            numbers = [Double](repeating: .nan, count: unknown)
        }
        unknown = 0
    }

    private mutating func take(_ more: Int) throws(OpenInferenceError) {
        bytes += more
        guard bytes <= limits.tensorBytes else {
            throw OpenInferenceError(
                .tooLarge,
                "\(place) takes more than \(limits.tensorBytes) bytes",
                remedy: "Send smaller batches, or raise the limit"
            )
        }
    }

    // MARK: Arrays

    /// Reads an array of numbers at once; returns its extents.
    private mutating func appendNumbers(_ reader: inout JSONReader) throws(OpenInferenceError) -> [Int] {
        try become(.number)
        let room = (limits.tensorBytes - bytes) / 8
        let extents = try UntypedArray.withNumbers(&reader, place, limit: room) { elements, extents in
            numbers.append(contentsOf: elements)
            return extents
        }
        try take(extents.reduce(8, *))
        return extents
    }

    /// The kind of the first element that is neither an array nor `null`; nil where there is none in the first row.
    private func leafKind(_ start: JSONReader) throws(OpenInferenceError) -> JSONReader.Kind? {
        try OpenInferenceError.reading(place) { () throws(JSONError) in
            var reader = start
            while try reader.peek() == .array {
                try reader.beginArray()
                guard try reader.nextElement() else { return nil }
            }
            while try reader.readNull() {
                guard try reader.nextElement() else { return nil }
            }
            return try reader.peek()
        }
    }

    private struct Levels {
        /// The length of each level's arrays, -1 while the first of them is still open.
        var extents: [Int] = []
        /// The level whose arrays hold elements, -1 until the first element.
        var leaf = -1
    }

    private mutating func appendLevel(
        _ level: Int,
        _ levels: inout Levels,
        _ reader: inout JSONReader
    ) throws(OpenInferenceError) {
        if level == levels.extents.count { levels.extents.append(-1) }
        var length = 0
        try reader.readElements(place) { reader throws(OpenInferenceError) in
            if try reader.peek(place) == .array {
                guard levels.leaf < 0 || level < levels.leaf else { throw ragged }
                try appendLevel(level + 1, &levels, &reader)
            } else {
                if levels.leaf < 0, level + 1 == levels.extents.count { levels.leaf = level }
                guard level == levels.leaf else { throw ragged }
                try appendElement(&reader)
            }
            length += 1
        }
        if levels.extents[level] < 0 { levels.extents[level] = length }
        guard levels.extents[level] == length else { throw ragged }
    }

    private var ragged: OpenInferenceError {
        OpenInferenceError(.shapeMismatch, "\(place) is ragged", remedy: "Give all rows of a level one length")
    }
}
