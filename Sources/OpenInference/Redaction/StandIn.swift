import JSON
import Tensors

/// The keyed hash of some bytes, 32 bytes: HMAC-SHA-256 by whoever has a key.
package typealias KeyedHash = @Sendable ([UInt8]) -> [UInt8]

/// What stands in the place of a redacted value.
///
/// | | drop | mask | hash |
/// | --- | --- | --- | --- |
/// | text, byte string | empty, or `null` in JSON without a datatype | `***` | `hmac:` and 32 hex digits |
/// | number with a datatype | NaN (`null` in JSON), 0 for integers | 0 | a whole number that the datatype holds |
/// | number in other JSON | `null` | 0 | the hash as a text |
/// | truth value | `null`, or false with a datatype | false | the hash as a text, or false with a datatype |
///
/// A hash is that of the value and not of its spelling: `1`, `1.0` and FP32 1 have one hash, and so has the text `1`.
/// Hashes of numbers are as many bits as the datatype holds exactly (24 for FP32, 53 for FP64), so those of narrow types
/// collide.
struct StandIn {
    let action: RedactionRule.Action
    let keyedHash: KeyedHash

    /// In the place of a text or a byte string.
    func text(_ value: [UInt8]) -> [UInt8] {
        switch action {
        case .drop: []
        case .mask: Array("***".utf8)
        case .hash: Array("hmac:".utf8) + hexDigits(keyedHash(value).prefix(16))
        }
    }

    // MARK: In JSON

    /// In the place of a string in JSON.
    func json(text value: [UInt8], _ datatype: ElementType?) -> [UInt8] {
        if action == .drop, datatype == nil { return Self.null }
        return quoted(text(value))
    }

    /// In the place of a number in JSON.
    func json(number: CanonicalNumber, _ datatype: ElementType?) -> [UInt8] {
        guard let datatype, datatype != .bytes else {
            return switch action {
            case .drop: Self.null
            case .mask: Self.zero
            case .hash: quoted(text(number.text))
            }
        }
        if datatype == .bool { return Self.isFalse }
        switch action {
        case .drop: return datatype.isFloatingPoint ? Self.null : Self.zero
        case .mask: return Self.zero
        case .hash:
            let bits = bits(number.text)
            let digits = Self.signed(bits, datatype)?.description ?? Self.unsigned(bits, datatype).description
            return Array(digits.utf8)
        }
    }

    /// In the place of true or false in JSON.
    func json(truth value: Bool, _ datatype: ElementType?) -> [UInt8] {
        guard datatype == nil else { return Self.isFalse }
        return switch action {
        case .drop: Self.null
        case .mask: Self.isFalse
        case .hash: quoted(text(Array("\(value)".utf8)))
        }
    }

    private func quoted(_ text: [UInt8]) -> [UInt8] {
        [UInt8(ascii: "\"")] + text + [UInt8(ascii: "\"")]  // nothing in a stand-in needs an escape
    }

    static let null = Array("null".utf8)
    private static let zero = Array("0".utf8)
    private static let isFalse = Array("false".utf8)

    // MARK: In bytes

    /// In the place of an element of a fixed width, little-endian, its number given.
    func write(_ number: CanonicalNumber, _ datatype: ElementType, to element: UnsafeMutableRawBufferPointer) {
        let bits: UInt64 =
            switch (action, datatype) {
            case (_, .bool), (.mask, _): 0
            case (.drop, .float32): UInt64(Float.nan.bitPattern)
            case (.drop, .float64): Double.nan.bitPattern
            case (.drop, .float16): 0x7E00
            case (.drop, .bfloat16): 0x7FC0
            case (.drop, _): 0
            case (.hash, .float32): UInt64(Float(Self.unsigned(bits(number.text), datatype)).bitPattern)
            case (.hash, .float64): Double(Self.unsigned(bits(number.text), datatype)).bitPattern
            case (.hash, .float16): UInt64(Float16(Self.unsigned(bits(number.text), datatype)).bitPattern)
            case (.hash, .bfloat16): UInt64(Float(Self.unsigned(bits(number.text), datatype)).bitPattern >> 16)
            case (.hash, _): bits(number.text)
            }
        withUnsafeBytes(of: bits.littleEndian) { element.copyMemory(from: .init(rebasing: $0[..<element.count])) }
    }

    /// In the place of an integer of a protobuf message, as the bits of its varint.
    func varint(_ value: UInt64, _ datatype: ElementType) -> UInt64 {
        guard action == .hash, datatype != .bool else { return 0 }
        let bits = bits(CanonicalNumber(varint: value, datatype).text)
        return Self.signed(bits, datatype).map { UInt64(bitPattern: $0) } ?? Self.unsigned(bits, datatype)
    }

    private func bits(_ text: [UInt8]) -> UInt64 {
        keyedHash(text).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The hash as a number of a signed type; nil for the other types.
    private static func signed(_ bits: UInt64, _ datatype: ElementType) -> Int64? {
        switch datatype {
        case .int8: Int64(Int8(truncatingIfNeeded: bits))
        case .int16: Int64(Int16(truncatingIfNeeded: bits))
        case .int32: Int64(Int32(truncatingIfNeeded: bits))
        case .int64: Int64(bitPattern: bits)
        default: nil
        }
    }

    /// The hash as a whole number that the type holds exactly.
    private static func unsigned(_ bits: UInt64, _ datatype: ElementType) -> UInt64 {
        switch datatype {
        case .uint8: bits & 0xFF
        case .uint16: bits & 0xFFFF
        case .uint32: bits & 0xFFFF_FFFF
        case .float16: bits >> 53
        case .bfloat16: bits >> 56
        case .float32: bits >> 40
        case .float64: bits >> 11
        default: bits
        }
    }
}

/// A number without its spelling: an integer in decimal digits, any other in the fewest that read back the same.
struct CanonicalNumber {
    let text: [UInt8]

    init(_ value: Double) {
        text = Array((Int64(exactly: value)?.description ?? value.description).utf8)
    }

    init(_ value: Float) {
        text = Array((Int64(exactly: value)?.description ?? value.description).utf8)
    }

    private init(token: [UInt8]) {
        text = token
    }

    init(integer value: some FixedWidthInteger) {
        text = Array(value.description.utf8)
    }

    /// An integer of a protobuf message.
    init(varint bits: UInt64, _ datatype: ElementType) {
        let isSigned = [.int8, .int16, .int32, .int64].contains(datatype)
        if isSigned { self.init(integer: Int64(bitPattern: bits)) } else { self.init(integer: bits) }
    }

    /// The number in JSON that comes next, read as its datatype has it.
    init(reading reader: inout JSONReader, _ datatype: ElementType?) throws {
        var ahead = reader
        let token = ahead.text(of: try ahead.skipValue())
        let isInteger = token.allSatisfy { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }
        if isInteger, token.count > 15, datatype?.isFloatingPoint != true {
            self.init(token: token)  // perhaps more digits than a double holds
            reader = ahead
        } else if datatype == .float32 {
            self.init(try reader.readFloat())
        } else {
            self.init(try reader.readDouble())
        }
    }

    /// An element of a fixed width, little-endian.
    init(_ element: UnsafeRawBufferPointer, _ datatype: ElementType) {
        func load<Number: FixedWidthInteger>(_ type: Number.Type) -> Number {
            Number(littleEndian: element.loadUnaligned(as: type))
        }
        switch datatype {
        case .bool, .uint8: self.init(integer: load(UInt8.self))
        case .uint16: self.init(integer: load(UInt16.self))
        case .uint32: self.init(integer: load(UInt32.self))
        case .uint64: self.init(integer: load(UInt64.self))
        case .int8: self.init(integer: load(Int8.self))
        case .int16: self.init(integer: load(Int16.self))
        case .int32: self.init(integer: load(Int32.self))
        case .int64: self.init(integer: load(Int64.self))
        case .float16: self.init(Float(Float16(bitPattern: load(UInt16.self))))
        case .bfloat16: self.init(Float(bitPattern: UInt32(load(UInt16.self)) << 16))
        case .float32: self.init(Float(bitPattern: load(UInt32.self)))
        case .float64: self.init(Double(bitPattern: load(UInt64.self)))
        case .bytes: self.init(integer: 0)
        }
    }
}

private func hexDigits(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    let digits = Array("0123456789abcdef".utf8)
    return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
}
