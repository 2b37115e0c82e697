/// Changes to a text that are made all at once: stretches of it and what takes their place.
struct ByteEdits {
    private var edits: [(range: Range<Int>, bytes: [UInt8])] = []

    var isEmpty: Bool { edits.isEmpty }

    mutating func replace(_ range: Range<Int>, with bytes: [UInt8]) {
        edits.append((range, bytes))
    }

    /// Takes members or elements out of a container, with the commas that are then too many.
    ///
    /// - Parameters:
    ///   - start: Behind the bracket that opens the container.
    ///   - parts: Where each part ends, and whether it goes.
    ///   - text: What is edited.
    mutating func remove(from start: Int, _ parts: [(end: Int, isRemoved: Bool)], in text: UnsafeRawBufferPointer) {
        var keptEnd: Int?
        var index = 0
        while index < parts.count {
            guard parts[index].isRemoved else {
                keptEnd = parts[index].end
                index += 1
                continue
            }
            while index + 1 < parts.count, parts[index + 1].isRemoved { index += 1 }
            let end = parts[index].end
            index += 1
            if let keptEnd {
                replace(keptEnd..<end, with: [])
            } else if index < parts.count {
                var comma = end
                while text[comma] != UInt8(ascii: ",") { comma += 1 }
                replace(start..<(comma + 1), with: [])
            } else {
                replace(start..<end, with: [])
            }
        }
    }

    /// The text with all changes; one within another's stretch is void.
    func applied(to text: UnsafeRawBufferPointer) -> [UInt8] {
        let sorted = edits.sorted {
            ($0.range.lowerBound, -$0.range.upperBound) < ($1.range.lowerBound, -$1.range.upperBound)
        }
        var result: [UInt8] = []
        result.reserveCapacity(text.count + sorted.reduce(0) { $0 + $1.bytes.count })
        var position = 0
        for (range, bytes) in sorted where range.lowerBound >= position {
            result.append(contentsOf: text[position..<range.lowerBound])
            result.append(contentsOf: bytes)
            position = range.upperBound
        }
        result.append(contentsOf: text[position...])
        return result
    }
}
