package import CloudEvents

/// Takes the parts of a snapshot out of its bytes, in the order in which `StateWriter` put them in.
///
/// Every read is checked against what is left, so a cut or foreign snapshot is an error and never a wild allocation.
package struct StateReader: Sendable {
    private var rest: ArraySlice<UInt8>

    package init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    /// Whether everything was taken out.
    package var isAtEnd: Bool { rest.isEmpty }

    package mutating func read<Value: FixedWidthInteger>(_ type: Value.Type) throws(MonitoringError) -> Value {
        let bytes = try take(MemoryLayout<Value>.size)
        var value: Value = 0
        withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: bytes) }
        return Value(littleEndian: value)
    }

    package mutating func readBool() throws(MonitoringError) -> Bool {
        try read(UInt8.self) != 0
    }

    package mutating func readInt() throws(MonitoringError) -> Int {
        try read(Int.self)
    }

    package mutating func readDouble() throws(MonitoringError) -> Double {
        Double(bitPattern: try read(UInt64.self))
    }

    package mutating func readString() throws(MonitoringError) -> String {
        String(decoding: try readBytes(), as: UTF8.self)
    }

    package mutating func readTimestamp() throws(MonitoringError) -> Timestamp {
        Timestamp(nanoseconds: try read(Int64.self))
    }

    package mutating func readBytes() throws(MonitoringError) -> [UInt8] {
        [UInt8](try take(Int(try read(UInt32.self))))
    }

    package mutating func readFloats() throws(MonitoringError) -> [Float] {
        let count = Int(try read(UInt32.self))
        let bytes = try take(count * MemoryLayout<Float>.size)
        return bytes.withUnsafeBytes { raw in
            (0..<count).map { index in
                let pattern = raw.loadUnaligned(fromByteOffset: index * MemoryLayout<Float>.size, as: UInt32.self)
                return Float(bitPattern: UInt32(littleEndian: pattern))
            }
        }
    }

    package mutating func readOptional<Value>(
        _ each: (inout StateReader) throws(MonitoringError) -> Value
    ) throws(MonitoringError) -> Value? {
        try readBool() ? try each(&self) : nil
    }

    package mutating func readArray<Element>(
        _ each: (inout StateReader) throws(MonitoringError) -> Element
    ) throws(MonitoringError) -> [Element] {
        let count = Int(try read(UInt32.self))
        var elements: [Element] = []
        elements.reserveCapacity(min(count, rest.count))  // no element is smaller than a byte
        for _ in 0..<count { elements.append(try each(&self)) }
        return elements
    }

    private mutating func take(_ count: Int) throws(MonitoringError) -> ArraySlice<UInt8> {
        guard count <= rest.count else {
            throw MonitoringError(
                code: .unreadableState,
                message: "the snapshot ends \(count - rest.count) bytes too early",
                remedy: "Remove the state directory of the service; its monitors then start as learning"
            )
        }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
