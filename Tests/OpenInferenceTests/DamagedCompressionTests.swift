import OpenInference
import TestSupport
import Testing

/// Damaged compressed bodies: each inflates within its bound, or is refused by an error that says what is wrong.
@Suite struct `Damaged compressed bodies` {
    static let limit = 1 << 16

    @Test func `inflate within the bound, or are refused`() {
        let body = Array(#"{"inputs":[{"name":"x","shape":[4],"datatype":"FP32","data":[0.5,1,-2e9,NaN]}]}"#.utf8)
        let noise = (0..<3000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
        // Some hundred bytes each that inflate to four times the bound.
        let zeros = [UInt8](repeating: 0, count: 4 * Self.limit)
        let files = [body, noise, zeros].flatMap { content in
            [Compression.deflate(content, as: .gzip), Compression.deflate(content, as: .zlib)]
        }
        let members = [files[0] + files[0], files[0] + files[2] + files[4]]
        let slow = FuzzCases.each(of: files + members, seed: 53, or: 3000) { bytes in
            do throws(OpenInferenceError) {
                let content = try Compression.inflatedIfCompressed(bytes, limit: Self.limit)
                // What does not begin as compressed data passes as it is.
                if content.count > Self.limit, content != bytes { Issue.record("\(content.count) bytes came out") }
            } catch {
                if ![.compression, .tooLarge].contains(error.code) || error.remedy.isEmpty { Issue.record("\(error)") }
            }
        }
        #expect(slow.isEmpty)
    }

    /// Ten thousand empty members would cost a reset of the inflater each.
    @Test func `of very many members end in time`() throws {
        let member = Compression.deflate([], as: .gzip)
        var bytes: [UInt8] = []
        for _ in 0..<100_000 { bytes += member }
        let slow = FuzzCases.each(of: [bytes], seed: 54, or: 1, share: .max, change: { file, _ in file }) { bytes in
            let content = try? Compression.inflate(bytes, limit: Self.limit)
            if content?.isEmpty != true { Issue.record("members without content gave \(content?.count ?? -1) bytes") }
        }
        #expect(slow.isEmpty)
    }
}
