import HTTPMessages
import JSON
import NIOCore
import TestSupport
import Testing

/// What came out of a reader, in a form that does not depend on how the bytes were split.
private struct Transcript: Equatable {
    var wire: [UInt8] = []
    var events: [[JSONValue]] = []

    static func read(_ pieces: [[UInt8]], _ role: FrameReader.Role) throws -> Transcript {
        var reader = FrameReader(role)
        var transcript = Transcript()
        for piece in pieces {
            reader.append(ByteBuffer(bytes: piece))
            while let part = try reader.next() { transcript.take(part) }
            transcript.pass(reader.takeRun())
        }
        return transcript
    }

    private mutating func pass(_ bytes: ByteBuffer?) { wire += bytes.map { Array(buffer: $0) } ?? [] }

    private mutating func take(_ part: FrameReader.Part) {
        switch part {
        case .headers(let block, let run):
            pass(run)
            pass(block.wire)
            let kind = block.isPromise ? "promise" : "headers"
            events.append([
                .string(kind), .integer(Int64(block.streamID)), .bool(block.endsStream), Self.fields(block.section),
            ])
        case .data(let id, let content, let isEnd):
            let bytes = Array(buffer: content)
            let stream = JSONValue.integer(Int64(id))
            if let last = events.last, last[0] == "piece", last[1] == stream, last[3] == false {
                let joined = (last[2].array ?? []) + bytes.map { .integer(Int64($0)) }
                events[events.count - 1] = ["piece", stream, .array(joined), .bool(isEnd)]
            } else {
                events.append(["piece", stream, .array(bytes.map { .integer(Int64($0)) }), .bool(isEnd)])
            }
        case .reset(let id, let code):
            events.append(["reset", .integer(Int64(id)), .integer(Int64(code.rawValue))])
        case .settings(let settings): events.append(["settings", .bool(settings.isAcknowledgement)])
        case .goAway(let last, let code):
            events.append(["goaway", .integer(Int64(last)), .integer(Int64(code.rawValue))])
        case .other: break
        }
    }

    private static func fields(_ section: HeaderSection) -> JSONValue {
        var fields: [(String, String)] = []
        if !section.method.isEmpty { fields.append((":method", section.method)) }
        if !section.path.isEmpty { fields.append((":path", section.path)) }
        if section.status != 0 { fields.append((":status", String(section.status))) }
        fields += section.fields.map { ($0.name, $0.value) }
        return .array(fields.map { .array([.string($0.0), .string($0.1)]) })
    }
}

@Suite struct `Frame reader` {
    private struct Connection: Sendable {
        let role: FrameReader.Role
        let bytes: [UInt8]
        let expected: [[JSONValue]]
    }

    /// By hyperframe and hpack: `scripts/reference/http2_connections.py`.
    private static func connections() throws -> [Connection] {
        let values = try ReferenceValues.read("http2_connections")
        return try #require(values["connections"]?.array).map { connection in
            let text = try #require(connection["bytes"]?.string)
            let events = try #require(connection["events"]?.string)
            return Connection(
                role: connection["role"] == "client" ? .client : .server,
                bytes: [UInt8](hex: text),
                expected: try #require(JSONValue(parsing: Array(events.utf8)).array).map {
                    try expectation(try #require($0.array))
                }
            )
        }
    }

    /// An event of the file as the transcript has it: data as bytes, pseudo-fields in one order, the authority as host.
    private static func expectation(_ event: [JSONValue]) throws -> [JSONValue] {
        switch event[0] {
        case "data":
            let bytes = [UInt8](hex: try #require(event[2].string))
            return ["piece", event[1], .array(bytes.map { .integer(Int64($0)) }), event[3]]
        case "headers", "promise":
            let fields = try #require(event[3].array).map { try #require($0.array) }
            let kept = [":method", ":path", ":status"].compactMap { name in
                fields.first { $0[0].string == name }
            }
            let host = fields.filter { $0[0] == ":authority" }.map { ["host", $0[1]] as [JSONValue] }
            let others = fields.filter { $0[0].string?.hasPrefix(":") == false }
            return Array(event[..<3]) + [.array((kept + host + others).map { .array($0) })]
        default: return event
        }
    }

    /// Pieces of one stream that follow each other are one in the transcript.
    private static func joined(_ events: [[JSONValue]]) -> [[JSONValue]] {
        events.reduce(into: []) { all, event in
            guard event[0] == "piece", let last = all.last, last[0] == "piece", last[1] == event[1], last[3] == false
            else { return all.append(event) }
            all[all.count - 1] = [
                "piece", event[1], .array((last[2].array ?? []) + (event[2].array ?? [])), event[3],
            ]
        }
    }

    @Test func `finds what hyperframe and hpack wrote, and passes on every byte`() throws {
        for connection in try Self.connections() {
            let transcript = try Transcript.read([connection.bytes], connection.role)
            #expect(transcript.wire == connection.bytes)
            #expect(transcript.events == Self.joined(connection.expected))
        }
    }

    @Test func `finds the same however the bytes are split in two`() throws {
        let connection = try #require(try Self.connections().first)
        let whole = try Transcript.read([connection.bytes], connection.role)
        for split in 1..<connection.bytes.count {
            let pieces = [Array(connection.bytes[..<split]), Array(connection.bytes[split...])]
            #expect(try Transcript.read(pieces, connection.role) == whole, "split at \(split)")
        }
    }

    @Test func `finds the same byte by byte`() throws {
        for connection in try Self.connections() {
            let single = try Transcript.read(connection.bytes.map { [$0] }, connection.role)
            #expect(single == (try Transcript.read([connection.bytes], connection.role)))
        }
    }

    @Test func `passes data on before its frame is complete, and is between frames behind it`() throws {
        var reader = FrameReader(.server)
        reader.append(ByteBuffer(bytes: [0, 0, 0, 4, 0, 0, 0, 0, 0] + [0, 0, 4, 0, 1, 0, 0, 0, 1, 7, 8]))
        while try reader.next() != nil {}
        #expect(reader.takeRun()?.readableBytes == 20)
        #expect(!reader.isBetweenFrames)
        reader.append(ByteBuffer(bytes: [9, 10]))
        guard case .data(1, let content, true)? = try reader.next() else {
            Issue.record("the rest of the frame is its last piece")
            return
        }
        #expect(Array(buffer: content) == [9, 10])
        #expect(reader.isBetweenFrames)
    }

    @Test func `lowers a table that is larger than it follows`() throws {
        var reader = FrameReader(.server)
        // HEADER_TABLE_SIZE 2^20, INITIAL_WINDOW_SIZE 5.
        reader.append(ByteBuffer(bytes: [0, 0, 12, 4, 0, 0, 0, 0, 0, 0, 1, 0, 16, 0, 0, 0, 4, 0, 0, 0, 5]))
        guard case .settings(let settings)? = try reader.next() else {
            Issue.record("SETTINGS come first")
            return
        }
        #expect(settings.initialWindow == 5)
        let run = reader.takeRun()
        #expect(run.map { Array(buffer: $0) }.map { Array($0.dropFirst(9)) } == [0, 1, 0, 1, 0, 0, 0, 4, 0, 0, 0, 5])
    }

    static let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]

    static let hostile: [(String, [UInt8], HTTPSyntaxError.Code)] = [
        ("an answer of HTTP/1.1", Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), .malformedFrame),
        ("CONTINUATION out of nowhere", settings + [0, 0, 1, 9, 4, 0, 0, 0, 1, 0x88], .malformedFrame),
        (
            "DATA within a block", settings + [0, 0, 1, 1, 0, 0, 0, 0, 1, 0x88, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            .malformedFrame
        ),
        (
            "CONTINUATION of another stream",
            settings + [0, 0, 1, 1, 0, 0, 0, 0, 1, 0x88, 0, 0, 0, 9, 4, 0, 0, 0, 3], .malformedFrame
        ),
        ("more padding than DATA", settings + [0, 0, 2, 0, 8, 0, 0, 0, 1, 2, 0], .malformedFrame),
        ("more padding than HEADERS", settings + [0, 0, 2, 1, 12, 0, 0, 0, 1, 2, 0x88], .malformedFrame),
        ("HEADERS shorter than its priority", settings + [0, 0, 2, 1, 0x24, 0, 0, 0, 1, 2, 0x88], .malformedFrame),
        ("RST_STREAM of three bytes", settings + [0, 0, 3, 3, 0, 0, 0, 0, 1, 0, 0, 0], .malformedFrame),
        ("GOAWAY of four bytes", settings + [0, 0, 4, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0], .malformedFrame),
        ("SETTINGS of five bytes", settings + [0, 0, 5, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], .malformedFrame),
        ("PING of a million bytes", settings + [15, 0, 0, 6, 0, 0, 0, 0, 0], .malformedFrame),
        ("a block that is announced too long", settings + [1, 0, 0, 1, 4, 0, 0, 0, 1], .headTooLarge),
        ("entry 0", headers([0x80]), .malformedHeaderBlock),
        ("an entry that is not there", headers([0xBE]), .malformedHeaderBlock),
        ("a literal whose name is not there", headers([0x7F, 0x00, 1, 97]), .malformedHeaderBlock),
        ("a number without end", headers([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]), .malformedHeaderBlock),
        ("a number that is cut", headers([0xFF, 0x80]), .malformedHeaderBlock),
        ("a string that is cut", headers([0, 1, 97, 5, 98]), .malformedHeaderBlock),
        ("a field without a name", headers([0, 0, 1, 98]), .malformedHeaderBlock),
        ("a table of a million bytes", headers([0x3F, 0xE1, 0xFF, 0x3F]), .malformedHeaderBlock),
        ("a table that changes behind a field", headers([0x88, 0x20]), .malformedHeaderBlock),
        ("padding of a Huffman code by zeros", headers([0, 1, 97, 0x81, 0x18]), .malformedHeaderBlock),
        ("eight bits of padding", headers([0, 1, 97, 0x82, 0x1F, 0xFF]), .malformedHeaderBlock),
        ("the end symbol", headers([0, 1, 97, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]), .malformedHeaderBlock),
    ]

    /// SETTINGS, and one HEADERS frame with this block.
    private static func headers(_ block: [UInt8]) -> [UInt8] {
        settings + [0, 0, UInt8(block.count), 1, 4, 0, 0, 0, 1] + block
    }

    @Test(arguments: hostile)
    func `gives up where it cannot follow`(name: String, bytes: [UInt8], code: HTTPSyntaxError.Code) throws {
        for pieces in [[bytes], bytes.map { [$0] }] {
            let error = try #require(throws: HTTPSyntaxError.self, "\(name)") {
                _ = try Transcript.read(pieces, .server)
            }
            #expect(error.code == code, "\(name): \(error)")
        }
    }

    @Test func `gives up on a flood of CONTINUATION frames at its bound`() throws {
        var reader = FrameReader(.server, headLimit: 10_000)
        reader.append(ByteBuffer(bytes: Self.settings + [0, 0, 0, 1, 0, 0, 0, 0, 1]))
        while try reader.next() != nil {}
        _ = reader.takeRun()
        var frames = 0
        let error = try #require(throws: HTTPSyntaxError.self) {
            while frames < 2000 {
                reader.append(ByteBuffer(bytes: [0, 0, 0, 9, 0, 0, 0, 0, 1]))
                while try reader.next() != nil {}
                frames += 1
            }
        }
        #expect(error.code == .headTooLarge)
        #expect(frames == 10_000 / 9 - 1)  // HEADERS was the first of them
    }

    @Test func `keeps no more of a block than its bound, however often it names a long entry`() throws {
        // A literal of 4,000 bytes that enters the table, and 8,000 times its number.
        var block: [UInt8] = [0x40, 1, 120, 0x7F, 0xA1, 0x1E] + [UInt8](repeating: 97, count: 4000)
        block += [UInt8](repeating: 0xBE, count: 8000)
        var bytes = Self.settings
        bytes += [0, UInt8(block.count >> 8), UInt8(block.count & 0xFF), 1, 5, 0, 0, 0, 1] + block
        var reader = FrameReader(.server)
        reader.append(ByteBuffer(bytes: bytes))
        guard case .settings? = try reader.next(), case .headers(let headers, _)? = try reader.next() else {
            Issue.record("SETTINGS and HEADERS come")
            return
        }
        #expect(headers.section.isCut)
        #expect(headers.section.size <= 64 << 10)
        #expect(headers.section.fields.count == (64 << 10) / 4033)
        #expect(Array(buffer: headers.wire) == Array(bytes.dropFirst(9)))
    }
}
