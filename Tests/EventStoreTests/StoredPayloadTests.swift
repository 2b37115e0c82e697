import EventStore
import TestSupport
import Testing

@Suite struct `Stored payload` {
    /// `zstd -3 -c` of these 320 bytes, zstd 1.5.4: a frame with a checksum, which ours leave out.
    private static let foreign = "28b52ffd6440007d0000407665646574746520010035530b175d2e176b"

    private static let text = Array(String(repeating: "vedette ", count: 40).utf8)

    private static func bytes(_ digits: String) -> [UInt8] {
        let digits = Array(digits.utf8)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
        }
    }

    @Test func `reads frames of the zstd program`() {
        #expect(Zstandard.decompress(Self.bytes(Self.foreign)) == Self.text)
    }

    @Test func `compresses what gets shorter, and gives it back`() throws {
        let payload = StoredPayload(Self.text)
        #expect(payload.form == .compressed && payload.bytes.count < 60)
        #expect(try payload.data == Self.text)
    }

    @Test(arguments: [0, 1, 127, 128, 129, 1000, 100_000])
    func `leaves what would not get shorter as it is`(count: Int) throws {
        var random = SplitMix(seed: UInt64(count))
        let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        let payload = StoredPayload(noise)
        #expect(payload == StoredPayload(form: .plain, bytes: noise))
        #expect(try payload.data == noise)
    }

    @Test func `every length comes back whole`() throws {
        for count in stride(from: 0, to: 3000, by: 7) {
            let data = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 3) }
            #expect(try StoredPayload(data).data == data)
        }
    }

    /// Of many threads each finds its own working memory.
    @Test func `compresses on many threads at once`() async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<64 {
                group.addTask {
                    let data = (0..<5000).map { UInt8(truncatingIfNeeded: $0 / (number + 1)) }
                    return try StoredPayload(data).data == data
                }
            }
            for try await isWhole in group { #expect(isWhole) }
        }
    }

    @Test func `says that a damaged frame is damaged`() throws {
        let frame = StoredPayload(Self.text).bytes
        // Cut anywhere, no frame at all, nothing, and a frame that claims more than there may be.
        let bomb: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0]
        let cut: [[UInt8]] = frame.indices.map { Array(frame.prefix($0)) }
        for bytes in cut + [Self.text, bomb] {
            let error = #expect(throws: EventStoreError.self) {
                try StoredPayload(form: .compressed, bytes: bytes).data
            }
            #expect(error?.code == .corrupt)
        }
    }

    @Test func `gives back at most what it may, or nothing, from damaged frames`() throws {
        let contents = [
            Self.text, (0..<2000).map { UInt8(truncatingIfNeeded: $0 / 7) }, [UInt8](repeating: 7, count: 1 << 18),
        ]
        let frames = [Self.bytes(Self.foreign)] + contents.compactMap { Zstandard.compress($0, limit: $0.count) }
        #expect(frames.count == 4)
        let limit = 1 << 16
        var damaged = 0
        let slow = FuzzCases.each(of: frames, seed: 91, or: 3000) { frame in
            guard let content = Zstandard.decompress(frame, limit: limit) else { return damaged += 1 }
            if content.count > limit { Issue.record("\(content.count) bytes came out") }
        }
        #expect(damaged > 0)
        #expect(slow.isEmpty)
    }
}
