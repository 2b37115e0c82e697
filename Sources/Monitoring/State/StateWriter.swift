package import CloudEvents

/// Appends the parts of a snapshot to one array of bytes.
///
/// Numbers are little-endian and of fixed width, floats are written by their bit pattern, so a value that is read back
/// equals the one that was written bit for bit, NaN included. Nothing is named or aligned: `StateReader` takes the parts
/// out in the order in which they were put in, and a format version stands in front of the whole.
package struct StateWriter: Sendable {
    /// What was written so far.
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func write(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func write(_ value: Bool) {
        bytes.append(value ? 1 : 0)
    }

    package mutating func write(_ value: Double) {
        write(value.bitPattern)
    }

    package mutating func write(_ value: String) {
        write([UInt8](value.utf8))
    }

    package mutating func write(_ value: Timestamp) {
        write(value.nanoseconds)
    }

    /// A count, then the bytes.
    package mutating func write(_ value: [UInt8]) {
        write(UInt32(value.count))
        bytes.append(contentsOf: value)
    }

    /// A count, then the values.
    package mutating func write(_ values: [Float]) {
        write(UInt32(values.count))
        bytes.reserveCapacity(bytes.count + values.count * MemoryLayout<Float>.size)
        for value in values { write(value.bitPattern) }
    }

    /// A flag, and the value where there is one.
    package mutating func write<Value>(_ value: Value?, _ each: (inout StateWriter, Value) -> Void) {
        write(value != nil)
        if let value { each(&self, value) }
    }

    /// A count, then each element as `each` writes it.
    package mutating func write<Element>(
        _ elements: some Collection<Element>,
        _ each: (inout StateWriter, Element) -> Void
    ) {
        write(UInt32(elements.count))
        for element in elements { each(&self, element) }
    }
}
