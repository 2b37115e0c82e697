import HTTPMessages
import NIOCore
import Testing

@Suite struct `Head forwarding` {
    private func forwarded(
        _ text: String,
        _ role: MessageReader.Role = .request,
        _ rules: MessageHead.Forwarding = .init(),
        adding line: StaticString = ""
    ) throws -> String {
        var reader = MessageReader(role)
        reader.append(ByteBuffer(string: text))
        guard case .head(let head) = try reader.next() else { return "no head" }
        return String(
            buffer: head.forwarded(rules, allocator: ByteBufferAllocator()) { $0.writeStaticString(line) }
        )
    }

    @Test func `leaves every end-to-end field as it came`() throws {
        let text = "POST /x HTTP/1.1\r\nhost: a\r\nX-Odd:  v \r\nCONTENT-LENGTH: 0\r\nX-Odd: w\r\n\r\n"
        #expect(try forwarded(text) == text)
    }

    @Test func `leaves out the fields of the connection and those it names`() throws {
        let text =
            "GET / HTTP/1.1\r\nConnection: close, X-Mine\r\nKeep-Alive: 5\r\nA: b\r\nx-mine: 1\r\nUpgrade: h2c\r\n\r\n"
        #expect(try forwarded(text) == "GET / HTTP/1.1\r\nA: b\r\n\r\n")
    }

    @Test func `keeps an upgrade that is to pass through`() throws {
        let text = "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        #expect(try forwarded(text, .request, .init(keepsUpgrade: true)) == text)
    }

    @Test func `passes the wish for trailers on as our own`() throws {
        let text = "GET / HTTP/1.1\r\nTE: trailers\r\nConnection: TE\r\n\r\n"
        #expect(try forwarded(text) == "GET / HTTP/1.1\r\nTE: trailers\r\nConnection: TE\r\n\r\n")
    }

    @Test func `adds lines behind the last field`() throws {
        #expect(
            try forwarded("GET / HTTP/1.1\r\nA: b\r\n\r\n", adding: "C: d\r\n")
                == "GET / HTTP/1.1\r\nA: b\r\nC: d\r\n\r\n"
        )
    }

    @Test func `raises the version of a response and leaves out a length that does not count`() throws {
        let text = "HTTP/1.0 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
        let rules = MessageHead.Forwarding(dropped: .contentLength, raisesVersion: true)
        #expect(try forwarded(text, .response, rules) == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    }
}
