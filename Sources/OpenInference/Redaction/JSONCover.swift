import CloudEvents
import JSON
import Tensors

/// Puts stand-ins in the place of a value in JSON, of each of its parts where it is an array or an object.
///
/// Brackets and the names of members stay, so that what is read keeps its form.
struct JSONCover {
    let standIn: StandIn
    /// The datatype of numbers, where there is one.
    let datatype: ElementType?

    /// Covers the next value.
    ///
    /// - Returns: How many values were covered.
    func cover(_ reader: inout JSONReader, _ edits: inout ByteEdits) throws -> Int {
        let kind = try reader.peek()
        if standIn.action == .drop, datatype == nil {
            edits.replace(try reader.skipValue(), with: StandIn.null)
            return 1
        }
        switch kind {
        case .array:
            var count = 0
            try reader.beginArray()
            while try reader.nextElement() { count += try cover(&reader, &edits) }
            return count
        case .object where Base64Object.isNext(reader): return try coverBase64(&reader, &edits)
        case .object:
            var count = 0
            try reader.beginObject()
            while try reader.nextKey() != nil { count += try cover(&reader, &edits) }
            return count
        default: return try coverScalar(&reader, &edits)
        }
    }

    private func coverScalar(_ reader: inout JSONReader, _ edits: inout ByteEdits) throws -> Int {
        let kind = try reader.peek()
        let start = reader.position
        let replacement: [UInt8]
        switch kind {
        case .string: replacement = standIn.json(text: try reader.readStringBytes(), datatype)
        case .number: replacement = standIn.json(number: try CanonicalNumber(reading: &reader, datatype), datatype)
        case .bool: replacement = standIn.json(truth: try reader.readBool(), datatype)
        default:
            try reader.skipValue()  // null says nothing
            return 0
        }
        edits.replace(start..<reader.position, with: replacement)
        return 1
    }

    /// `{"b64": "…"}` stays one.
    private func coverBase64(_ reader: inout JSONReader, _ edits: inout ByteEdits) throws -> Int {
        var ahead = reader
        let range = try reader.skipValue()
        try ahead.beginObject()
        _ = try ahead.nextKey()
        let content = try ahead.peek() == .string ? Base64.decode(try ahead.readStringBytes()) : nil
        let text = Base64.encode(standIn.text(content ?? Array(ahead.text(of: range))))
        edits.replace(range, with: Array("{\"b64\":\"\(text)\"}".utf8))
        return 1
    }
}
