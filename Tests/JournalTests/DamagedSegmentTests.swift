import Foundation
import Journal
import TestSupport
import Testing

/// Damaged segments: a journal opens on each, hands out only what was written, and goes on.
@Suite struct `Damaged segments` {
    @Test func `give back what is sound, never anything else, and take new records`() async throws {
        let original = TemporaryDirectory()
        let configuration = JournalConfiguration(segmentBytes: 1 << 12)
        let journal = try Journal(directory: original.path, configuration: configuration)
        var written: Set<[UInt8]> = []
        for number in 1...120 {
            let record = [UInt8]("record \(number) " + String(repeating: "x", count: number))
            written.insert(record)
            _ = try await journal.append(record)
        }
        journal.close()
        let segments = try original.segments().map { path in
            (name: path.split(separator: "/").last.map(String.init) ?? "", bytes: bytes(ofFile: path))
        }
        #expect(segments.count > 2)
        let others = try Folder.names(in: original.path).filter { !$0.hasSuffix(".segment") && !$0.hasPrefix(".") }
            .map { (name: $0, bytes: bytes(ofFile: original.file($0))) }

        let all = segments.map(\.bytes)
        var generator = SplitMix(seed: 81)
        let fresh = [UInt8]("fresh")
        for _ in 0..<FuzzCases.count(or: 300) {
            let folder = TemporaryDirectory()
            for (name, bytes) in others { folder.write(bytes, to: name) }
            let hurt = Int.random(in: 0..<segments.count, using: &generator)
            for (index, (name, bytes)) in segments.enumerated() {
                folder.write(index == hurt ? FuzzCases.changed(bytes, among: all, using: &generator) : bytes, to: name)
            }
            let journal = try Journal(directory: folder.path, configuration: configuration)
            let position = try await journal.append(fresh)
            var last = JournalPosition.start
            var seen: [[UInt8]] = []
            while true {
                let records = try journal.read(after: last, limit: 1000)
                guard let end = records.last else { break }
                if zip(records, records.dropFirst()).contains(where: { $0.position >= $1.position }) {
                    Issue.record("positions do not rise")
                }
                last = end.position
                seen += records.filter { $0.kind == .event }.map(\.payload)
            }
            journal.close()
            if last != position || seen.last != fresh { Issue.record("the new record is not the last") }
            if let stranger = seen.dropLast().first(where: { !written.contains($0) }) {
                Issue.record("a record that nobody wrote: \(stranger)")
            }
        }
    }
}
