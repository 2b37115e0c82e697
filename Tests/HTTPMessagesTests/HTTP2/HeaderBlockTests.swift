import HTTPMessages
import NIOCore
import Testing

@Suite struct `Header block with added fields` {
    private let added: [(name: StaticString, value: String)] = [
        ("x-request-id", "0197f0c4-7d1a-7c10-8d5e-5a0c1f2e3d41"), ("vedette-tap", "1"),
    ]

    /// Reads the blocks of a connection that consists of HEADERS and CONTINUATION frames behind SETTINGS.
    private func blocks(_ bytes: [UInt8]) throws -> [HeaderBlock] {
        var reader = FrameReader(.server)
        reader.append(ByteBuffer(bytes: [0, 0, 0, 4, 0, 0, 0, 0, 0] + bytes))
        var blocks: [HeaderBlock] = []
        while let part = try reader.next() {
            if case .headers(let block, _) = part { blocks.append(block) }
        }
        return blocks
    }

    private func frame(_ kind: UInt8, _ flags: UInt8, _ stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), kind, flags, 0, 0, 0, stream] + payload
    }

    /// `:status: 200`, and `a: b` as a literal that enters the table.
    private let block: [UInt8] = [0x88, 0x40, 1, 97, 1, 98]

    @Test func `has them last, in its only frame, and leaves the table as it was`() throws {
        let second = frame(1, 5, 3, [0x88, 0xBE])  // names the entry that the first block made
        let passed = try blocks(frame(1, 4, 1, block))[0].forwarded(adding: added)
        let read = try blocks(Array(buffer: passed) + second)
        #expect(read[0].section.fields.map(\.name) == ["a", "x-request-id", "vedette-tap"])
        #expect(read[0].section.fields.map(\.value) == ["b", added[0].value, "1"])
        #expect(read[1].section.fields.map(\.name) == ["a"])
        #expect(!read[0].endsStream && read[1].endsStream)
        #expect(passed.readableBytes == 9 + block.count + 51 + 15)
    }

    @Test func `has them in a frame of their own behind padding`() throws {
        let padded = frame(1, 0x2D, 1, [2, 0, 0, 0, 0, 16] + block + [0, 0])
        let passed = try blocks(padded)[0].forwarded(adding: added)
        let read = try blocks(Array(buffer: passed))
        #expect(read.count == 1)
        #expect(read[0].section.fields.map(\.name) == ["a", "x-request-id", "vedette-tap"])
        #expect(read[0].endsStream)
        #expect(passed.readableBytes == padded.count + 9 + 51 + 15)
    }

    @Test func `has them in a frame of their own where the last one is full, and in the last of several`() throws {
        let long = [0x88, 0, 1, 120, 0x7F, 0x81, 0x7E] + [UInt8](repeating: 97, count: 16256)
        let full = frame(1, 4, 1, long)
        #expect(full.count - 9 + 51 + 15 <= 16384)
        #expect(try blocks(full)[0].forwarded(adding: added).readableBytes == full.count + 51 + 15)
        let over = frame(1, 4, 1, long + [UInt8](repeating: 0x88, count: 100))
        let passed = try blocks(over)[0].forwarded(adding: added)
        #expect(passed.readableBytes == over.count + 9 + 51 + 15)
        #expect(try blocks(Array(buffer: passed))[0].section.fields.last?.name == "vedette-tap")
        let split = frame(1, 1, 1, Array(block[..<3])) + frame(9, 4, 1, Array(block[3...]))
        let joined = try blocks(split)[0].forwarded(adding: added)
        #expect(joined.readableBytes == split.count + 51 + 15)
        #expect(try blocks(Array(buffer: joined))[0].section.fields.count == 3)
    }

    @Test func `carries values of any length`() throws {
        for length in [126, 127, 128, 254, 255, 256, 3000] {
            let value = String(repeating: "v", count: length)
            let passed = try blocks(frame(1, 4, 1, block))[0].forwarded(adding: [("x-a", value)])
            #expect(try blocks(Array(buffer: passed))[0].section.fields.last?.value == value)
        }
    }

    @Test func `is as it came where nothing is added`() throws {
        let bytes = frame(1, 4, 1, block)
        #expect(Array(buffer: try blocks(bytes)[0].forwarded(adding: [])) == bytes)
    }
}
