import GRPC
import HTTPTypes
import NIOCore
import Testing

@Suite struct `Messages of a gRPC stream` {
    private func frame(_ message: [UInt8], flag: UInt8 = 0) -> [UInt8] {
        [flag] + withUnsafeBytes(of: UInt32(message.count).bigEndian) { Array($0) } + message
    }

    @Test(arguments: [1, 2, 3, 5, 7, 100])
    func `come out whole however they are cut into pieces`(size: Int) throws {
        let messages: [[UInt8]] = [[], [1], Array(0..<20), [9, 9]]
        let bytes = messages.flatMap { frame($0) }
        var frames = MessageFrames(limit: 20)
        var found: [[UInt8]] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            frames.append(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]))
            while let message = try frames.next() { found.append(Array(message.readableBytesView)) }
        }
        #expect(found == messages.map { frame($0) })
        #expect(!frames.isPartial && frames.held == 0)
    }

    @Test func `are refused above the limit as soon as their length is known`() {
        var frames = MessageFrames(limit: 20)
        frames.append(ByteBuffer(bytes: frame(Array(repeating: 0, count: 21)).prefix(5)))
        #expect(throws: MessageFrames.Fault.tooLarge(21)) { try frames.next() }
    }

    @Test func `are refused with a flag that is none`() {
        var frames = MessageFrames(limit: 20)
        frames.append(ByteBuffer(bytes: [2]))
        #expect(throws: MessageFrames.Fault.flag(2)) { try frames.next() }
    }

    @Test func `are partial until their last byte has come`() throws {
        var frames = MessageFrames(limit: 20)
        frames.append(ByteBuffer(bytes: frame([1, 2, 3]).dropLast()))
        #expect(try frames.next() == nil)
        #expect(frames.isPartial && frames.held == 7)
    }
}

@Suite struct `gRPC's header texts` {
    static let timeouts: [(text: String, duration: Duration?)] = [
        ("1H", .seconds(3600)), ("2M", .seconds(120)), ("3S", .seconds(3)), ("250m", .milliseconds(250)),
        ("7u", .microseconds(7)), ("99999999n", .nanoseconds(99_999_999)), ("0S", .zero), ("S", nil), ("", nil),
        ("-1S", nil), ("1", nil), ("1s", nil), ("123456789S", nil), ("1.5S", nil),
    ]

    @Test(arguments: timeouts)
    func `say how long a client waits`(text: String, duration: Duration?) {
        #expect(GRPCText.timeout(text) == duration)
    }

    @Test func `carry any message in printable ASCII`() {
        #expect(GRPCText.encoded("50 % of \"größe\"\n") == "50 %25 of \"gr%C3%B6%C3%9Fe\"%0A")
        #expect(GRPCText.encoded("plain") == "plain")
    }

    @Test func `have a code for each status of HTTP`() {
        let pairs: [(Int, GRPCStatus.Code)] = [
            (200, .ok), (400, .invalidArgument), (401, .unauthenticated), (403, .permissionDenied), (404, .notFound),
            (408, .deadlineExceeded), (409, .failedPrecondition), (413, .resourceExhausted), (422, .invalidArgument),
            (429, .resourceExhausted), (499, .cancelled), (500, .internalError), (501, .unimplemented),
            (503, .unavailable), (504, .deadlineExceeded),
        ]
        for (status, code) in pairs { #expect(GRPCStatus.Code(.init(code: status)) == code, "\(status)") }
    }
}
