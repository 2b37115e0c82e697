import CloudEvents

/// Reading a record in place, without making an event of it.
extension EventRecord {
    /// A part of a record, valid for the call that hands it out.
    enum Field {
        case attribute(name: UnsafeRawBufferPointer, Value)
        case data(UnsafeRawBufferPointer)
    }

    enum Value {
        /// Text of any type, in UTF-8.
        case string(UnsafeRawBufferPointer)
        case other(CloudEventValue)
    }

    /// Hands out the attributes of a record in their order, and then the data.
    ///
    /// - Returns: Whether the record holds an event.
    /// - Throws: ``ServiceError`` when it is of another version or cut.
    static func visit(_ record: [UInt8], _ visitor: (Field) throws -> Void) throws -> Bool {
        try record.withUnsafeBytes { bytes in
            var cursor = FieldCursor(bytes)
            guard try cursor.integer(UInt8.self) == version else { throw unreadable("it is of another version") }
            _ = try cursor.take(12)
            let count = try cursor.integer(UInt16.self)
            guard count > 0 else { return false }
            for _ in 0..<count {
                let name = try cursor.take(Int(try cursor.integer(UInt8.self)))
                let type = try cursor.integer(UInt8.self)
                let value = try cursor.take(Int(try cursor.integer(UInt32.self)))
                try visitor(.attribute(name: name, try Self.field(type, value)))
            }
            if try cursor.integer(UInt8.self) == 1 { try visitor(.data(cursor.rest)) }
            return true
        }
    }

    private static func field(_ type: UInt8, _ value: UnsafeRawBufferPointer) throws -> Value {
        switch type {
        case 2, 4, 5: .string(value)
        default: .other(try self.value(type, Array(value)[...]))
        }
    }
}

/// Takes fields off the front of some bytes.
private struct FieldCursor {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[offset...]) }

    mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count <= bytes.count - offset else { throw EventRecord.unreadable("it ends too early") }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    mutating func integer<I: FixedWidthInteger>(_: I.Type) throws -> I {
        I(littleEndian: try take(MemoryLayout<I>.size).loadUnaligned(as: I.self))
    }
}
