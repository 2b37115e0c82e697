import JSON
import Tensors

/// Tensors of the Open Inference Protocol, in JSON and behind it.
extension TensorPass {
    /// Covers the tensors of `inputs` or `outputs`; one that is dropped leaves the list, and its bytes the tail.
    mutating func redactTensorList(
        _ reader: inout JSONReader,
        _ binary: inout BinaryTail
    ) throws {
        var tensors: [(end: Int, isRemoved: Bool)] = []
        try reader.beginArray()
        let start = reader.position
        while try reader.nextElement() {
            let isNull = try reader.readNull()
            let isRemoved = isNull ? false : try redactTensor(&reader, &binary)
            tensors.append((reader.position, isRemoved))
        }
        edits.remove(from: start, tensors, in: text)
    }

    /// - Returns: Whether the tensor goes.
    private mutating func redactTensor(_ reader: inout JSONReader, _ binary: inout BinaryTail) throws -> Bool {
        let entry = try TensorPlace(&reader)
        let plan = plan(for: entry.name)
        var part: Range<Int>?
        if let size = entry.binarySize { part = try binary.next(size.value) }
        guard entry.data != nil || part != nil else { return false }  // a wish for an output
        let width = try Self.width(of: entry.shape ?? [])
        noteUnnamedColumns(of: entry.name, width)
        if let rule = plan.whole, rules[rule].action == .drop {
            counts[rule] += 1
            if let part { binary.replace(part, with: []) }
            return true
        }
        guard !plan.isEmpty else { return false }
        guard let shape = entry.shape, let datatype = entry.datatype else { throw RedactionRefusal.unreadable }
        if let part, let size = entry.binarySize {
            let bytes = try binary.bytes.withUnsafeBytes { tail in
                try redacted(UnsafeRawBufferPointer(rebasing: tail[part]), plan, datatype, shape)
            }
            binary.replace(part, with: bytes)
            if bytes.count != part.count { edits.replace(size.place, with: Array("\(bytes.count)".utf8)) }
        }
        if var data = entry.data {
            if let rule = plan.whole {
                try cover(&data, rule, datatype)
            } else {
                let found = try coverColumns(&data, plan, width: width, datatype)
                guard found.elements == (try Shape.count(shape)) else { throw RedactionRefusal.unreadable }
            }
        }
        return false
    }
}

/// Where the parts of a tensor are in a V2 body.
private struct TensorPlace {
    private(set) var name = ""
    private(set) var shape: [Int]?
    private(set) var datatype: ElementType?
    private(set) var data: JSONReader?
    /// How many bytes follow for it, and where it says so.
    private(set) var binarySize: (value: Int, place: Range<Int>)?

    /// Reads an entry.
    ///
    /// Each member may be there once: of two, one reader takes the first and another the last.
    init(_ reader: inout JSONReader) throws {
        var seen: Set<String> = []
        try reader.beginObject()
        while let key = try reader.nextKey() {
            guard seen.insert(key).inserted else { throw RedactionRefusal.unreadable }
            switch key {
            case "name": name = try reader.readString()
            case "shape":
                shape = try reader.readValue().array?.map { size in
                    guard let size = size.double, let count = Int(exactly: size), count >= 0 else {
                        throw RedactionRefusal.unreadable
                    }
                    return count
                }
            case "datatype":
                let text = try reader.readString()
                datatype = text == "STRING" ? .bytes : ElementType(rawValue: text)
            case "data":
                if try reader.readNull() { continue }
                data = reader
                try reader.skipValue()
            case "parameters" where try reader.peek() == .object: try readParameters(&reader)
            default: try reader.skipValue()
            }
        }
        guard seen.contains("name") else { throw RedactionRefusal.unreadable }
    }

    private mutating func readParameters(_ reader: inout JSONReader) throws {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            guard key == "binary_data_size" else {
                try reader.skipValue()
                continue
            }
            _ = try reader.peek()
            let start = reader.position
            let size = try reader.readInteger(as: Int.self)
            guard binarySize == nil, size >= 0 else { throw RedactionRefusal.unreadable }
            binarySize = (size, start..<reader.position)
        }
    }
}

/// The bytes of binary tensors behind a JSON object, handed out and replaced in order.
struct BinaryTail {
    let bytes: [UInt8]
    private var position = 0
    private var edits = ByteEdits()

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The place of the next tensor.
    mutating func next(_ size: Int) throws -> Range<Int> {
        guard size <= bytes.count - position else { throw RedactionRefusal.unreadable }
        defer { position += size }
        return position..<position + size
    }

    mutating func replace(_ part: Range<Int>, with new: [UInt8]) { edits.replace(part, with: new) }

    /// The bytes as they are now; all of them have to belong to a tensor.
    func finished() throws -> [UInt8] {
        guard position == bytes.count else { throw RedactionRefusal.unreadable }
        return bytes.withUnsafeBytes { edits.applied(to: $0) }
    }
}
