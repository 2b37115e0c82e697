import Foundation
import Glibc
import Journal
import TestSupport
import Testing

@Suite struct `Journal recovery` {
    let folder = TemporaryDirectory()

    /// Fills a journal with records of text, closed as a process that ends would leave it.
    private func fill(_ count: Int, segmentBytes: Int = 1 << 20) async throws {
        let journal = try Journal(
            directory: folder.path,
            configuration: JournalConfiguration(segmentBytes: segmentBytes)
        )
        for number in 1...count { _ = try await journal.append([UInt8]("record \(number)")) }
        journal.close()
    }

    private func change(_ path: String, _ change: (inout [UInt8]) -> Void) throws {
        var bytes = try WholeFile.read(path, limit: 1 << 24)
        change(&bytes)
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: Data(bytes))
        try file.close()
    }

    @Test(arguments: [1, 31, 32, 33, 40])
    func `cuts a torn tail and counts the records that were promised`(torn: Int) async throws {
        try await fill(10)
        try change(folder.segments()[0]) { $0.removeLast(torn) }
        let journal = try Journal(directory: folder.path)
        defer { journal.close() }
        let gap = try #require(journal.recoveredGap)
        #expect(gap.records == 1)
        #expect(gap.first.rawValue == 10)

        // The gap stands in the journal, after the lost position, and a new record after it.
        try await journal.waitForRecords(after: JournalPosition(rawValue: 10))
        let position = try await journal.append([UInt8]("new"))
        #expect(position.rawValue == 12)
        let records = try journal.read(after: .start, limit: 100)
        #expect(records.map(\.position.rawValue) == Array(1...9) + [11, 12])
        #expect(records[9].kind == .gap)
        #expect(JournalGap(payload: records[9].payload) == gap)
    }

    @Test func `cuts bytes that were never promised and loses nothing`() async throws {
        try await fill(10)
        try change(folder.segments()[0]) { $0.append(contentsOf: [UInt8](repeating: 0xAB, count: 57)) }
        let journal = try Journal(directory: folder.path)
        defer { journal.close() }
        #expect(journal.recoveredGap == nil)
        #expect(try await journal.append([UInt8]("new")).rawValue == 11)
        #expect(try journal.read(after: .start, limit: 100).count == 11)
    }

    @Test func `finds a flipped bit in the last segment and admits all that followed`() async throws {
        try await fill(10)
        try change(folder.segments()[0]) { $0[40 + 5 * (32 + 8) + 35] ^= 0x10 }  // in the payload of record 6
        let journal = try Journal(directory: folder.path)
        defer { journal.close() }
        let gap = try #require(journal.recoveredGap)
        #expect(gap.records == 5)
        #expect(gap.first.rawValue == 6 && gap.last.rawValue == 10)
        #expect(gap.bytes > 0)
    }

    @Test func `steps over a broken segment and counts what it held`() async throws {
        try await fill(100, segmentBytes: 1024)
        let segments = try folder.segments()
        try #require(segments.count > 3)
        try change(segments[1]) { $0[60] ^= 0xFF }  // its first record
        let journal = try Journal(directory: folder.path)
        defer { journal.close() }
        var records: [JournalRecord] = []
        while let last = Optional(records.last?.position ?? .start), last < journal.last {
            records += try journal.read(after: last, limit: 7)
        }
        let gaps = records.filter { $0.kind == .gap }
        #expect(gaps.count == 1)
        let gap = try #require(gaps.first.flatMap { JournalGap(payload: $0.payload) })
        #expect(UInt64(records.count - 1) + gap.records == 100)
        #expect(records.map(\.position) == records.map(\.position).sorted())
        // Reading again gives the same, so a consumer that goes back sees the same world.
        #expect(try journal.read(after: .start, limit: 1000) == records)
    }

    @Test func `starts anew over a segment whose header was never written`() async throws {
        try await fill(3)
        let path = try folder.segments()[0].replacingOccurrences(of: "0001.segment", with: "0004.segment")
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
        let journal = try Journal(directory: folder.path)
        defer { journal.close() }
        #expect(try await journal.append([UInt8]("four")).rawValue == 4)
        #expect(try journal.read(after: .start, limit: 10).count == 4)
    }

    @Test func `refuses a format of another version by name`() async throws {
        try await fill(1)
        try change(folder.segments()[0]) { bytes in
            bytes[8] = 9
            let checksum = bytes[..<32].withUnsafeBytes { Checksum.of($0) }
            withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(32..<40, with: $0) }
        }
        let error = #expect(throws: JournalError.self) { _ = try Journal(directory: folder.path) }
        #expect(error?.code == .foreign)
        #expect(error?.message.contains("version 9") == true)
    }

    @Test(arguments: Durability.allCases)
    func `admits exactly what a kill took`(durability: Durability) async throws {
        var everAcknowledged = 0
        for _ in 0..<3 {
            let acknowledged = try Probe.appendUntilKilled(folder.path, durability: durability, afterLines: 200)
            let last = try #require(acknowledged.last)
            let journal = try Journal(directory: folder.path)
            let lost = journal.recoveredGap?.records ?? 0
            if durability != .none { #expect(lost == 0, "what was acknowledged was with the system before") }
            // What was said to be there is there, or in the gap.
            let found = try journal.read(after: .start, limit: 1 << 20, maximumBytes: 1 << 30)
            let positions = Set(found.map(\.position.rawValue))
            for (position, number) in acknowledged {
                let isLost =
                    journal.recoveredGap.map { $0.first.rawValue <= position && position <= $0.last.rawValue } ?? false
                #expect(positions.contains(position) || isLost, "\(position) \(number)")
            }
            #expect(journal.last.rawValue + lost >= last.position)
            everAcknowledged += acknowledged.count
            journal.close()
        }
        #expect(everAcknowledged >= 600)
    }
}

/// The process that is killed.
private enum Probe {
    /// Starts journal-probe, reads so many of its lines, kills it with SIGKILL, and returns all that it said.
    static func appendUntilKilled(
        _ folder: String,
        durability: Durability,
        afterLines count: Int
    ) throws -> [(position: UInt64, number: Int)] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("journal-probe")
        process.arguments = [folder, durability.rawValue]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        var text = Data()
        while text.lazy.filter({ $0 == 0x0A }).count < count {
            let more = pipe.fileHandleForReading.availableData
            if more.isEmpty { break }
            text.append(more)
        }
        kill(process.processIdentifier, SIGKILL)
        text.append(pipe.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ")
            guard parts.count == 2, let position = UInt64(parts[0]), let number = Int(parts[1]) else { return nil }
            return (position, number)
        }
    }
}
