import JSON

/// What `null` is among the elements of a V2 tensor whose datatype has no value for what is missing.
///
/// Those are BYTES, whole numbers and truth values; in FP32 and FP64 it is NaN for everybody.
enum NullElements: Sendable, Hashable {
    /// A fault: a model is not asked about a value that nobody sent.
    case refused
    /// A missing value, for whoever only watches: an empty string among BYTES, and NaN among numbers, which are FP64 then.
    case missing
}

/// An element that a tensor of FP64 can hold in place of its own type.
protocol OptionalNumber {
    /// It as a number, 1 and 0 for truth values; the nearest one beyond 2^53.
    var number: Double { get }
}

/// An element of a tensor in which some are `null`, held to the rules of its datatype where it is there.
struct NumberOrNull<Element: JSONScalar & OptionalNumber>: JSONScalar, BitwiseCopyable {
    /// NaN where it is missing.
    let value: Double

    init(reading reader: inout JSONReader) throws(JSONError) {
        value = try reader.readNull() ? .nan : Element(reading: &reader).number
    }
}

extension OptionalNumber where Self: BinaryInteger {
    var number: Double { Double(self) }
}

extension Bool: OptionalNumber { var number: Double { self ? 1 : 0 } }
extension UInt8: OptionalNumber {}
extension UInt16: OptionalNumber {}
extension UInt32: OptionalNumber {}
extension UInt64: OptionalNumber {}
extension Int8: OptionalNumber {}
extension Int16: OptionalNumber {}
extension Int32: OptionalNumber {}
extension Int64: OptionalNumber {}
