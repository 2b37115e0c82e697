import Prediction

/// Reads Universal Binary JSON (draft 12), the binary form of XGBoost's models.
///
/// No count is believed before the bytes that it promises are seen to be there.
///
/// Source: https://ubjson.org (Draft 12); what XGBoost writes is in its src/common/json.cc, `UBJWriter`.
struct UBJSONReader {
    /// Containers within containers, at most; a model has about 8.
    private static let deepest = 64

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var depth = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Reads the one value of a file.
    ///
    /// - Throws: `.invalidModel` with the byte at which the file stops being UBJSON.
    mutating func readFile() throws(PredictionError) -> XGBoostValue {
        let value = try value(marker: try marker())
        guard position == bytes.count else { throw invalid("\(bytes.count - position) bytes follow the model") }
        return value
    }

    private mutating func value(marker: UInt8) throws(PredictionError) -> XGBoostValue {
        switch marker {
        case UInt8(ascii: "Z"): return .other
        case UInt8(ascii: "T"): return .number(1)
        case UInt8(ascii: "F"): return .number(0)
        case UInt8(ascii: "S"): return .string(try text())
        case UInt8(ascii: "C"): return .string(String(decoding: [try byte()], as: UTF8.self))
        case UInt8(ascii: "{"): return .object(try nested { reader throws(PredictionError) in try reader.object() })
        case UInt8(ascii: "["): return try nested { reader throws(PredictionError) in try reader.array() }
        default:
            guard let number = try number(marker) else {
                position -= 1
                throw invalid("a value begins with the byte \(marker)")
            }
            return .number(number)
        }
    }

    private mutating func nested<Value>(
        _ read: (inout UBJSONReader) throws(PredictionError) -> Value
    ) throws(PredictionError) -> Value {
        guard depth < Self.deepest else { throw invalid("more than \(Self.deepest) containers lie in each other") }
        depth += 1
        let value = try read(&self)
        depth -= 1
        return value
    }

    private mutating func object() throws(PredictionError) -> [String: XGBoostValue] {
        var members: [String: XGBoostValue] = [:]
        var left: Int?
        if peek() == UInt8(ascii: "#") {
            position += 1
            left = try count()
        }
        while left != 0 {
            if left == nil, peek() == UInt8(ascii: "}") {
                position += 1
                break
            }
            let key = try text()
            members[key] = try value(marker: try marker())
            left = left.map { $0 - 1 }
        }
        return members
    }

    private mutating func array() throws(PredictionError) -> XGBoostValue {
        if peek() == UInt8(ascii: "$") {
            position += 1
            let type = try marker()
            guard try marker() == UInt8(ascii: "#") else { throw invalid("an array with a type has no count") }
            return .numbers(try numbers(type, count: try count()))
        }
        var left: Int?
        if peek() == UInt8(ascii: "#") {
            position += 1
            left = try count()
        }
        var numbers: [Double] = []
        var elements: [XGBoostValue] = []
        while left != 0 {
            let marker = try marker()
            if left == nil, marker == UInt8(ascii: "]") { break }
            let element = try value(marker: marker)
            if elements.isEmpty, case .number(let number) = element {
                numbers.append(number)
            } else {
                if !numbers.isEmpty {
                    elements = numbers.map { .number($0) }
                    numbers = []
                }
                elements.append(element)
            }
            left = left.map { $0 - 1 }
        }
        return elements.isEmpty ? .numbers(numbers) : .array(elements)
    }

    private mutating func numbers(_ type: UInt8, count: Int) throws(PredictionError) -> [Double] {
        guard let width = Self.width(type) else { throw invalid("an array is of the type \(type)") }
        guard count <= (bytes.count - position) / width else {
            throw invalid(
                "an array of \(count) numbers of \(width) bytes, and \(bytes.count - position) bytes are left"
            )
        }
        var numbers: [Double] = []
        numbers.reserveCapacity(count)
        for _ in 0..<count { numbers.append(try number(type) ?? 0) }
        return numbers
    }

    private static func width(_ type: UInt8) -> Int? {
        switch type {
        case UInt8(ascii: "i"), UInt8(ascii: "U"): 1
        case UInt8(ascii: "I"): 2
        case UInt8(ascii: "l"), UInt8(ascii: "d"): 4
        case UInt8(ascii: "L"), UInt8(ascii: "D"): 8
        default: nil
        }
    }

    /// The number after its marker; nil for a marker that is none of a number.
    private mutating func number(_ marker: UInt8) throws(PredictionError) -> Double? {
        switch marker {
        case UInt8(ascii: "i"): Double(Int8(bitPattern: try byte()))
        case UInt8(ascii: "U"): Double(try byte())
        case UInt8(ascii: "I"): Double(try load(Int16.self))
        case UInt8(ascii: "l"): Double(try load(Int32.self))
        case UInt8(ascii: "L"): Double(try load(Int64.self))
        case UInt8(ascii: "d"): Double(Float(bitPattern: try load(UInt32.self)))
        case UInt8(ascii: "D"): Double(bitPattern: try load(UInt64.self))
        default: nil
        }
    }

    /// A count or a length: a whole number with its marker.
    private mutating func count() throws(PredictionError) -> Int {
        let marker = try marker()
        guard marker != UInt8(ascii: "d"), marker != UInt8(ascii: "D"), let number = try number(marker),
            let count = Int(exactly: number), count >= 0
        else { throw invalid("a length is no whole number from 0 up") }
        return count
    }

    private mutating func text() throws(PredictionError) -> String {
        let length = try count()
        guard length <= bytes.count - position else {
            throw invalid("a text of \(length) bytes, and \(bytes.count - position) are left")
        }
        defer { position += length }
        return String(decoding: bytes[position..<position + length], as: UTF8.self)
    }

    // MARK: Bytes

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    /// The next byte that is no filler.
    private mutating func marker() throws(PredictionError) -> UInt8 {
        while peek() == UInt8(ascii: "N") { position += 1 }
        return try byte()
    }

    private mutating func byte() throws(PredictionError) -> UInt8 {
        guard position < bytes.count else { throw invalid("the file ends inside a value") }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func load<Integer: FixedWidthInteger>(_: Integer.Type) throws(PredictionError) -> Integer {
        let width = MemoryLayout<Integer>.size
        guard width <= bytes.count - position else { throw invalid("the file ends inside a number") }
        defer { position += width }
        return Integer(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: Integer.self))
    }

    private func invalid(_ problem: String) -> PredictionError {
        .invalidModel("the file is not UBJSON: \(problem) (byte \(position))")
    }
}
