import HTTPMessages
import NIOCore

/// One end of an HTTP/2 connection in a test, spoken frame by frame.
final class FramePeer {
    let connection: LoopbackConnection
    private var reader: FrameReader

    /// - Parameter role: Who speaks at the other end.
    init(_ connection: LoopbackConnection, hearing role: FrameReader.Role) {
        self.connection = connection
        reader = FrameReader(role)
    }

    /// The client's preface and SETTINGS, and whatever else is to follow.
    static let start = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + settings

    /// SETTINGS that change nothing.
    static let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
    /// Their acknowledgement.
    static let acknowledgement: [UInt8] = [0, 0, 0, 4, 1, 0, 0, 0, 0]

    static func frame(_ kind: FrameHead.Kind, _ id: Int, _ payload: [UInt8], flags: FrameHead.Flags = []) -> [UInt8] {
        var out = ByteBuffer()
        FrameHead(kind, length: payload.count, flags: flags, streamID: id).write(to: &out)
        return Array(buffer: out) + payload
    }

    /// HEADERS with fields as literals.
    static func headers(_ id: Int, _ fields: [(String, String)], ends: Bool = false) -> [UInt8] {
        var block: [UInt8] = []
        for (name, value) in fields {
            block += [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
        }
        return frame(.headers, id, block, flags: ends ? [.endHeaders, .endStream] : .endHeaders)
    }

    /// A gRPC request's head.
    static func call(_ id: Int, _ more: [(String, String)] = []) -> [UInt8] {
        let fields = [
            (":method", "POST"), (":scheme", "http"), (":path", "/s/M"), (":authority", "h"),
            ("content-type", "application/grpc"), ("te", "trailers"),
        ]
        return headers(id, fields + more)
    }

    static func data(_ id: Int, _ text: String, ends: Bool = false) -> [UInt8] {
        frame(.data, id, Array(text.utf8), flags: ends ? .endStream : [])
    }

    func send(_ bytes: [UInt8]...) async throws {
        try await connection.send(Array(bytes.joined()))
    }

    /// The next part, nil when the other end has closed.
    func next() async throws -> FrameReader.Part? {
        while true {
            if let part = try reader.next() { return part }
            _ = reader.takeRun()
            guard let bytes = await connection.next() else { return nil }
            reader.append(bytes)
        }
    }

    /// The next header block; what comes before it is passed over.
    func nextHeaders() async throws -> HeaderBlock {
        while let part = try await next() {
            if case .headers(let block, _) = part { return block }
        }
        throw ChannelError.eof
    }

    /// The data of a stream up to its end, or to a text that ends it; what else comes is passed over.
    func nextData(_ id: Int, until text: String? = nil) async throws -> String {
        var received = ""
        while let part = try await next() {
            guard case .data(id, let content, let isEnd) = part else { continue }
            received += String(buffer: content)
            if isEnd || text.map(received.hasSuffix) ?? false { return received }
        }
        throw ChannelError.eof
    }

    /// What RST_STREAM says of a stream.
    func nextReset(_ id: Int) async throws -> HTTP2ErrorCode {
        while let part = try await next() {
            if case .reset(id, let code) = part { return code }
        }
        throw ChannelError.eof
    }

    /// What GOAWAY says.
    func nextGoAway() async throws -> (last: Int, code: HTTP2ErrorCode) {
        while let part = try await next() {
            if case .goAway(let last, let code) = part { return (last, code) }
        }
        throw ChannelError.eof
    }
}

extension HeaderSection {
    /// The value of a field by its name, for tests.
    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
}
