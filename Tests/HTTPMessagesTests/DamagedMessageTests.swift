import HTTPMessages
import NIOCore
import TestSupport
import Testing

/// Damaged traffic of HTTP/1.1 and HTTP/2: each piece is read or refused, to the same end however it arrives.
@Suite struct `Damaged messages` {
    private static let requests = [
        "POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET /b?c=d HTTP/1.0\r\n\r\n",
        "POST /a HTTP/1.1\r\ntransfer-encoding:  Chunked \r\n\r\n5;n=v\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: t\r\n\r\n",
        "PUT /%41 HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nExpect: 100-continue\r\n\r\n",
    ].map { Array($0.utf8) }

    private static let responses = [
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\nX: \u{00FC}\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.0 500 X\r\nServer: y\r\n\r\neverything until the end",
    ].map { Array($0.utf8) }

    /// What a reader makes of pieces: the bytes, what they are, and why it stopped.
    private struct Outcome: Equatable {
        var content: [UInt8] = []
        var heads: [String] = []
        var ends = 0
        var parts = 0
        var fault: String?

        init(_ pieces: [ArraySlice<UInt8>], _ role: MessageReader.Role) {
            var reader = MessageReader(role, headLimit: 512)
            do {
                for piece in pieces {
                    reader.append(ByteBuffer(bytes: piece))
                    while let part = try reader.next() {
                        parts += 1
                        switch part {
                        case .head(let head):
                            heads.append("\(head.method) \(head.target) \(head.status) \(head.headers)")
                        case .body(let wire, .whole): content += Array(buffer: wire)
                        case .body(let wire, .runs(let runs)):
                            let bytes = Array(buffer: wire)
                            for run in runs { content += bytes[run] }
                        case .end: ends += 1
                        }
                    }
                }
            } catch {
                fault = error.message
                if error.message.isEmpty || error.remedy.isEmpty { Issue.record("\(error)") }
            }
        }

        /// Whether both are of the same bytes.
        ///
        /// Of a body with a fault as much has come out as arrived before the piece that has it.
        static func == (one: Outcome, other: Outcome) -> Bool {
            guard one.heads == other.heads, one.fault == other.fault, one.ends == other.ends else { return false }
            return one.fault == nil
                ? one.content == other.content
                : one.content.starts(with: other.content) || other.content.starts(with: one.content)
        }
    }

    @Test(arguments: [true, false])
    func `of HTTP 1 come to one end, whole or in pieces`(isRequest: Bool) {
        let role: MessageReader.Role = isRequest ? .request : .response
        var generator = SplitMix(seed: 21)
        var refused = 0
        let slow = FuzzCases.each(
            of: isRequest ? Self.requests : Self.responses,
            seed: 22,
            or: 4000,
            share: 2,
            change: { file, generator in
                // Bytes of the grammar, where it is decided.
                var file = FuzzCases.changed(file, using: &generator)
                let place = Int.random(in: 0...file.count, using: &generator)
                let piece = ["\r\n", "\n", "\r", " ", ":", "\t", ";", "0\r\n", "\r\n\r\n", ", chunked"]
                file.insert(contentsOf: (piece.randomElement(using: &generator) ?? "").utf8, at: place)
                return file
            },
            { bytes in
                let whole = Outcome([bytes[...]], role)
                if whole.fault != nil { refused += 1 }
                if whole.parts > 2 * bytes.count { Issue.record("\(whole.parts) parts of \(bytes.count) bytes") }
                let cut = Int.random(in: 0...bytes.count, using: &generator)
                let pieces = Outcome([bytes[..<cut], bytes[cut...]], role)
                if pieces != whole { Issue.record("cut at \(cut) of \(bytes): \(whole), \(pieces)") }
            }
        )
        #expect(refused > 0)
        #expect(slow.isEmpty)
    }

    private static func frame(_ kind: UInt8, _ flags: UInt8, _ stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), kind, flags, 0, 0, 0, stream] + payload
    }

    @Test func `of HTTP 2 are read or refused`() {
        let block: [UInt8] = [
            0x83, 0x86, 0x44, 2, 0x2F, 0x61, 0x41, 0x8A, 0xA0, 0xE4, 0x1D, 0x13, 0x9D, 0x09, 0xB8, 0xF0,
        ]
        let table: [UInt8] = [0x88, 0x40, 1, 97, 1, 98, 0x3F, 0xE1, 0x1F, 0x10, 1, 99, 1, 100]
        let settings: [UInt8] = Self.frame(4, 0, 0, [0, 3, 0, 0, 0, 100, 0, 4, 0, 1, 0, 0])
        let connections = [
            settings + Self.frame(1, 4, 1, block) + Self.frame(0, 1, 1, Array("body".utf8)),
            settings + Self.frame(1, 0x2D, 1, [2, 0, 0, 0, 0, 16] + table + [0, 0])
                + Self.frame(8, 0, 0, [0, 0, 1, 0]),
            settings + Self.frame(1, 0, 3, Array(table.prefix(3))) + Self.frame(9, 4, 3, Array(table.dropFirst(3)))
                + Self.frame(3, 0, 3, [0, 0, 0, 8]) + Self.frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8])
                + Self.frame(7, 0, 0, [0, 0, 0, 1, 0, 0, 0, 2]) + Self.frame(5, 4, 1, [0, 0, 0, 2] + table),
        ]
        var refused = 0
        let slow = FuzzCases.each(of: connections, seed: 23, or: 5000) { bytes in
            var reader = FrameReader(.server, headLimit: 4096)
            reader.append(ByteBuffer(bytes: bytes))
            var parts = 0
            do throws(HTTPSyntaxError) {
                while let part = try reader.next() {
                    parts += 1
                    guard parts <= bytes.count else {
                        Issue.record("more parts than bytes")
                        return
                    }
                    if case .headers(let block, _) = part {
                        if block.section.size > 1 << 20 { Issue.record("\(block.section.size) bytes of fields") }
                        _ = block.forwarded(adding: [("vedette-tap", "1")])
                    }
                }
            } catch {
                refused += 1
                if error.message.isEmpty || error.remedy.isEmpty { Issue.record("\(error)") }
            }
        }
        #expect(refused > 0)
        #expect(slow.isEmpty)
    }
}
