/// Writes JSON into a growing byte array, commas included, without a tree.
///
/// ```swift
/// var writer = JSONWriter()
/// writer.beginObject()
/// writer.key("shape")
/// writer.value([2, 3])
/// writer.endObject()
/// writer.bytes  // {"shape":[2,3]}
/// ```
///
/// The caller balances containers and gives each key one value; the writer does not check it.
public struct JSONWriter: Sendable {
    /// What has been written.
    public internal(set) var bytes: [UInt8]
    private var needsComma = false

    /// Starts with nothing, or after `bytes`, which stay as they are.
    public init(appendingTo bytes: [UInt8] = [], reservingCapacity capacity: Int = 256) {
        self.bytes = bytes
        self.bytes.reserveCapacity(bytes.count + capacity)
    }

    // MARK: Containers

    /// Opens an object.
    public mutating func beginObject() { open(UInt8(ascii: "{")) }

    /// Closes an object.
    public mutating func endObject() { close(UInt8(ascii: "}")) }

    /// Opens an array.
    public mutating func beginArray() { open(UInt8(ascii: "[")) }

    /// Closes an array.
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// Writes a key; its value comes next.
    public mutating func key(_ key: String) {
        separate()
        appendQuoted(key)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a key that is UTF-8; its value comes next.
    public mutating func key(utf8 key: UnsafeRawBufferPointer) {
        separate()
        appendQuoted(utf8: key)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    // MARK: Values

    /// Writes `null`.
    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// Writes `true` or `false`.
    public mutating func value(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// Writes a string, escaping only what has to be.
    public mutating func value(_ value: String) {
        separate()
        appendQuoted(value)
    }

    /// Writes a string that is UTF-8, escaping only what has to be.
    public mutating func value(utf8 value: UnsafeRawBufferPointer) {
        separate()
        appendQuoted(utf8: value)
    }

    /// Writes an integer.
    public mutating func value(_ value: some FixedWidthInteger) {
        separate()
        bytes.appendDecimal(value)
    }

    /// Writes the shortest text that reads back as the same float, `null` where it is not finite.
    public mutating func value(_ value: Float) {
        separate()
        bytes.appendShortest(value)
    }

    /// Writes the shortest text that reads back as the same double, `null` where it is not finite.
    public mutating func value(_ value: Double) {
        separate()
        bytes.appendShortest(value)
    }

    /// Writes an array of integers.
    public mutating func value(_ values: [Int]) {
        beginArray()
        for element in values { value(element) }
        endArray()
    }

    /// Writes an array of numbers.
    public mutating func value(_ values: [Double]) {
        beginArray()
        for element in values { value(element) }
        endArray()
    }

    /// Writes an array of strings.
    public mutating func value(_ values: [String]) {
        beginArray()
        for element in values { value(element) }
        endArray()
    }

    /// Writes a flat array of floats.
    public mutating func value(_ values: UnsafeBufferPointer<Float>) {
        beginArray()
        for element in values { value(element) }
        endArray()
    }

    /// Writes a tree.
    public mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): self.value(value)
        case .integer(let value): self.value(value)
        case .number(let value): self.value(value)
        case .string(let value): self.value(value)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let members):
            beginObject()
            for (name, member) in members {
                key(name)
                self.value(member)
            }
            endObject()
        }
    }

    /// Writes bytes that are one JSON value already.
    public mutating func raw(_ value: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: value)
    }

    // MARK: Parts

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func appendQuoted(_ text: String) {
        var text = text
        text.withUTF8 { appendQuoted(utf8: UnsafeRawBufferPointer($0)) }
    }

    private mutating func appendQuoted(utf8: UnsafeRawBufferPointer) {
        bytes.append(UInt8(ascii: "\""))
        var plainStart = 0  // what needs no escape is copied in runs
        var index = 0
        while index < utf8.count {
            let byte = utf8[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: utf8[plainStart..<index]))
                appendEscape(byte)
                plainStart = index + 1
            }
            index += 1
        }
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: utf8[plainStart...]))
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func appendEscape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(UInt8(ascii: "0") + byte >> 4)
            bytes.append(byte & 0xF < 10 ? UInt8(ascii: "0") + byte & 0xF : UInt8(ascii: "a") + byte & 0xF - 10)
        }
    }
}
