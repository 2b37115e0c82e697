package import CloudEvents

/// An event as it stands in a journal or a spool: small, exact, and read without parsing JSON.
///
/// | bytes | meaning |
/// | --- | --- |
/// | 1 | format version, 1 |
/// | 8 | first number of the writer's choice: the reply ticket in an inbox, the cause in an outbox or a note |
/// | 4 | second number: 0 in an inbox, the index under its cause in an outbox |
/// | 2 | count of attributes; 0 means that there is no event, only the numbers, as in a note |
/// | each | name length 1, name, type 1, value length 4, value |
/// | 1 | whether data follows; the rest is data |
package struct EventRecord: Sendable {
    package var number: UInt64
    package var index: UInt32
    package var event: CloudEvent?

    package init(number: UInt64, index: UInt32 = 0, event: CloudEvent?) {
        self.number = number
        self.index = index
        self.event = event
    }

    static let version: UInt8 = 1

    /// The bytes of an event with its numbers.
    ///
    /// O(bytes).
    package static func encode(number: UInt64, index: UInt32 = 0, event: CloudEvent?) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1024 + (event?.data?.count ?? 0))
        appendHeader(number: number, index: index, to: &bytes)
        guard let event else { return bytes }
        var count: UInt16 = 0
        func add(_ name: String, _ value: CloudEventValue) {
            count += 1
            append(name, value, to: &bytes)
        }
        add("id", .string(event.id))
        add("source", .string(event.source))
        add("type", .string(event.type))
        if let subject = event.subject { add("subject", .string(subject)) }
        if let time = event.time { add("time", .timestamp(time)) }
        if let contentType = event.dataContentType { add("datacontenttype", .string(contentType)) }
        if let schema = event.dataSchema { add("dataschema", .string(schema)) }
        for (name, value) in event.extensions { add(name, value) }
        setCount(count, in: &bytes)
        bytes.append(event.data == nil ? 0 : 1)
        if let data = event.data { bytes.append(contentsOf: data) }
        return bytes
    }

    /// Begins a record, of no attributes yet.
    static func appendHeader(number: UInt64, index: UInt32, to bytes: inout [UInt8]) {
        bytes.append(version)
        append(number, to: &bytes)
        append(index, to: &bytes)
        append(UInt16(0), to: &bytes)
    }

    /// Version, numbers and the count of attributes.
    static let headerBytes = 15

    /// Says how many attributes a record has.
    static func setCount(_ count: UInt16, in bytes: inout [UInt8]) {
        withUnsafeBytes(of: count.littleEndian) {
            bytes[headerBytes - 2] = $0[0]
            bytes[headerBytes - 1] = $0[1]
        }
    }

    /// Writes one attribute.
    static func append(_ name: String, _ value: CloudEventValue, to bytes: inout [UInt8]) {
        bytes.append(UInt8(clamping: name.utf8.count))
        bytes.append(contentsOf: name.utf8.prefix(255))
        switch value {
        case .boolean(let value): append(0, CollectionOfOne(value ? 1 : 0), to: &bytes)
        case .integer(let value): withUnsafeBytes(of: value.littleEndian) { append(1, $0, to: &bytes) }
        case .string(let value): append(2, value.utf8, to: &bytes)
        case .binary(let value): append(3, value, to: &bytes)
        case .uri(let value): append(4, value.utf8, to: &bytes)
        case .uriReference(let value): append(5, value.utf8, to: &bytes)
        case .timestamp(let value):
            withUnsafeBytes(of: value.nanoseconds.littleEndian) { append(6, $0, to: &bytes) }
        }
    }

    private static func append(_ type: UInt8, _ value: some Collection<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(type)
        append(UInt32(value.count), to: &bytes)
        bytes.append(contentsOf: value)
    }

    /// Reads the bytes that ``encode(number:index:event:)`` wrote.
    ///
    /// - Throws: ``ServiceError`` when they are of another version or cut.
    package init(_ bytes: [UInt8]) throws {
        var reader = Reader(bytes: bytes)
        guard try reader.integer(UInt8.self) == Self.version else {
            throw Self.unreadable("its format version is \(bytes.first ?? 0)")
        }
        number = try reader.integer(UInt64.self)
        index = try reader.integer(UInt32.self)
        let count = try reader.integer(UInt16.self)
        guard count > 0 else {
            event = nil
            return
        }
        var core = CoreAttributes()
        var extensions: [String: CloudEventValue] = [:]
        extensions.reserveCapacity(Int(count))
        for _ in 0..<count {
            let name = String(decoding: try reader.take(Int(try reader.integer(UInt8.self))), as: UTF8.self)
            let type = try reader.integer(UInt8.self)
            let value = try Self.value(type, try reader.take(Int(try reader.integer(UInt32.self))))
            if !core.take(name, value) { extensions[name] = value }
        }
        let data = try reader.integer(UInt8.self) == 1 ? Array(reader.rest) : nil
        event = core.event(extensions: extensions, data: data)
    }

    static func value(_ type: UInt8, _ bytes: ArraySlice<UInt8>) throws -> CloudEventValue {
        switch type {
        case 0: return .boolean(bytes.first == 1)
        case 1: return .integer(try integer(bytes))
        case 2: return .string(String(decoding: bytes, as: UTF8.self))
        case 3: return .binary(Array(bytes))
        case 4: return .uri(String(decoding: bytes, as: UTF8.self))
        case 5: return .uriReference(String(decoding: bytes, as: UTF8.self))
        case 6: return .timestamp(Timestamp(nanoseconds: try integer(bytes)))
        default: throw unreadable("it has an attribute of type \(type)")
        }
    }

    fileprivate static func integer<I: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>) throws -> I {
        guard bytes.count >= MemoryLayout<I>.size else { throw unreadable("it ends too early") }
        return I(littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(as: I.self) })
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    static func unreadable(_ reason: String) -> ServiceError {
        ServiceError(
            .internalError,
            "a record of the journal is no event: \(reason)",
            remedy: "Run the version that wrote it, or move the state directory away"
        )
    }
}

/// The attributes that are no extensions.
private struct CoreAttributes {
    private var id = ""
    private var source = ""
    private var type = ""
    private var subject: String?
    private var time: Timestamp?
    private var dataContentType: String?
    private var dataSchema: String?

    /// Whether it was one of them.
    mutating func take(_ name: String, _ value: CloudEventValue) -> Bool {
        switch name {
        case "id": id = value.text
        case "source": source = value.text
        case "type": type = value.text
        case "subject": subject = value.text
        case "time": if case .timestamp(let value) = value { time = value }
        case "datacontenttype": dataContentType = value.text
        case "dataschema": dataSchema = value.text
        default: return false
        }
        return true
    }

    /// Records are written of events that were checked, and read by their checksum.
    func event(extensions: [String: CloudEventValue], data: [UInt8]?) -> CloudEvent {
        CloudEvent(
            uncheckedID: id,
            source: source,
            type: type,
            subject: subject,
            time: time,
            dataContentType: dataContentType,
            dataSchema: dataSchema,
            extensions: extensions,
            data: data
        )
    }
}

/// Takes fields off the front of some bytes.
private struct Reader {
    let bytes: [UInt8]
    private var offset = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var rest: ArraySlice<UInt8> { bytes[offset...] }

    mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count <= bytes.count - offset else { throw EventRecord.unreadable("it ends too early") }
        defer { offset += count }
        return bytes[offset..<(offset + count)]
    }

    mutating func integer<I: FixedWidthInteger>(_: I.Type) throws -> I {
        try EventRecord.integer(try take(MemoryLayout<I>.size))
    }
}
