import HTTPMessages
import NIOCore
import Testing

/// What came out of a reader, in a form that does not depend on how the bytes were split.
private struct Transcript: Equatable {
    var wire: [UInt8] = []
    var content: [UInt8] = []
    var heads: [String] = []
    var ends = 0

    static func read(_ pieces: [[UInt8]], _ reader: MessageReader) throws -> Transcript {
        var reader = reader
        var transcript = Transcript()
        for piece in pieces {
            reader.append(ByteBuffer(bytes: piece))
            while let part = try reader.next() {
                switch part {
                case .head(let head):
                    transcript.wire += Array(buffer: head.bytes)
                    transcript.heads.append(head.method.isEmpty ? "\(head.status)" : "\(head.method) \(head.target)")
                case .body(let wire, .whole):
                    transcript.wire += Array(buffer: wire)
                    transcript.content += Array(buffer: wire)
                case .body(let wire, .runs(let runs)):
                    let bytes = Array(buffer: wire)
                    transcript.wire += bytes
                    for run in runs { transcript.content += bytes[run] }
                case .end: transcript.ends += 1
                }
            }
        }
        return transcript
    }
}

@Suite struct `Message reader` {
    static let requests =
        "POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
        + "POST /a HTTP/1.1\r\ntransfer-encoding:  Chunked \r\n\r\n5;n=v\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: t\r\n\r\n"
        + "GET /b?c=d HTTP/1.0\r\n\r\n"

    @Test func `passes over one empty line before a request, however it is split`() throws {
        let bytes = Array("\r\nGET /a HTTP/1.1\r\n\r\n\r\nGET /b HTTP/1.1\r\n\r\n".utf8)
        for split in 0...bytes.count {
            let pieces = [Array(bytes[..<split]), Array(bytes[split...])]
            #expect(try Transcript.read(pieces, MessageReader(.request)).heads == ["GET /a", "GET /b"], "\(split)")
        }
    }

    @Test func `finds the same messages however the bytes are split in two`() throws {
        let bytes = Array(Self.requests.utf8)
        let whole = try Transcript.read([bytes], MessageReader(.request))
        #expect(whole.wire == bytes)
        #expect(String(decoding: whole.content, as: UTF8.self) == "hellohello!")
        #expect(whole.heads == ["POST /v2/models/m/infer", "POST /a", "GET /b?c=d"])
        #expect(whole.ends == 3)
        for split in 1..<bytes.count {
            let parts = try Transcript.read([Array(bytes[..<split]), Array(bytes[split...])], MessageReader(.request))
            #expect(parts == whole, "split at \(split)")
        }
    }

    @Test func `finds the same messages byte by byte`() throws {
        let bytes = Array(Self.requests.utf8)
        let single = try Transcript.read(bytes.map { [$0] }, MessageReader(.request))
        #expect(single == (try Transcript.read([bytes], MessageReader(.request))))
    }

    @Test func `passes interim responses without a body and ends the final one by its length`() throws {
        let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        let transcript = try Transcript.read([Array(text.utf8)], MessageReader(.response))
        #expect(transcript.heads == ["100", "200"])
        #expect(transcript.content == Array("ok".utf8))
        #expect(transcript.ends == 1)
    }

    @Test func `gives the answer to a HEAD no body whatever its fields say`() throws {
        var requests = MessageReader(.request)
        requests.append(ByteBuffer(string: "HEAD / HTTP/1.1\r\n\r\n"))
        guard case .head(let head) = try requests.next() else { throw Failure() }
        var responses = MessageReader(.response)
        responses.expectResponse(to: head)
        let transcript = try Transcript.read(
            [Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n".utf8)],
            responses
        )
        #expect(transcript.ends == 1)
        #expect(transcript.content.isEmpty)
    }

    @Test func `reads an undelimited response until the connection closes`() throws {
        var reader = MessageReader(.response)
        reader.append(ByteBuffer(string: "HTTP/1.0 200 OK\r\n\r\nall of it"))
        _ = try reader.next()
        guard case .body(let body, _) = try reader.next() else { throw Failure() }
        #expect(String(buffer: body) == "all of it")
        #expect(try reader.next() == nil)
        guard case .end = try reader.endOfInput() else { throw Failure() }
    }

    @Test func `says when the connection closed within a message`() throws {
        var reader = MessageReader(.response)
        reader.append(ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"))
        while try reader.next() != nil {}
        let error = #expect(throws: HTTPSyntaxError.self) { try reader.endOfInput() }
        #expect(error?.code == .unexpectedEnd)
    }

    static let refused: [(text: String, code: HTTPSyntaxError.Code)] = [
        ("POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", .ambiguousLength),
        ("POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", .ambiguousLength),
        ("POST / HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\n", .ambiguousLength),
        ("POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n", .ambiguousLength),
        ("POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", .ambiguousLength),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n", .ambiguousLength),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n", .ambiguousLength),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", .ambiguousLength),
        ("POST / HTTP/1.1\r\nConnection: content-length\r\nContent-Length: 5\r\n\r\n", .ambiguousLength),
        ("POST / HTTP/1.1\r\nContent-Length : 5\r\n\r\n", .malformed),
        ("POST / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", .malformed),
        ("POST / HTTP/1.1\nA: b\r\n\r\n", .malformed),
        ("POST / HTTP/1.1\r\nA: b\rc\r\n\r\n", .malformed),
        ("POST / HTTP/1.1\r\nA: b\u{0}c\r\n\r\n", .malformed),
        ("POST  / HTTP/1.1\r\n\r\n", .malformed),
        ("PRI * HTTP/2.0\r\n\r\n", .unsupportedVersion),
    ]

    @Test(arguments: refused)
    func `refuses what two readers could read differently`(text: String, code: HTTPSyntaxError.Code) throws {
        let error = #expect(throws: HTTPSyntaxError.self) {
            try Transcript.read([Array(text.utf8)], MessageReader(.request))
        }
        #expect(error?.code == code, "\(text.debugDescription)")
    }

    static let brokenChunks = [
        "x\r\n", "5 \n", "5\r\nhelloX", "5\r\nhello\n", "\r\n", "1234567890123456\r\n", "0\r\nA\u{1}: b\r\n\r\n",
    ]

    @Test(arguments: brokenChunks)
    func `refuses chunks that break the grammar`(chunks: String) {
        let text = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
        #expect(throws: HTTPSyntaxError.self) { try Transcript.read([Array(text.utf8)], MessageReader(.request)) }
    }

    @Test func `refuses a head beyond its bound before it is complete`() {
        let text = "GET / HTTP/1.1\r\nA: " + String(repeating: "x", count: 100)
        let error = #expect(throws: HTTPSyntaxError.self) {
            try Transcript.read([Array(text.utf8)], MessageReader(.request, headLimit: 64))
        }
        #expect(error?.code == .headTooLarge)
    }

    @Test func `hands out what follows a switch of protocols uninterpreted`() throws {
        let text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n\u{1}\u{2}raw"
        let transcript = try Transcript.read([Array(text.utf8)], MessageReader(.response))
        #expect(transcript.content == Array("\u{1}\u{2}raw".utf8))
        #expect(transcript.ends == 0)
    }

    private struct Failure: Error {}
}
