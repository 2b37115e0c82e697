import Glibc
import Journal
import Synchronization
import TestSupport
import Testing

@Suite struct `Append-only journal` {
    let folder = TemporaryDirectory()
    /// Records come from files, from memory, and from one after the other.
    static let tails = [0, 300, 4 << 20]

    @Test(arguments: Durability.allCases)
    func `gives back what was appended, in order, with dense positions`(durability: Durability) async throws {
        let journal = try Journal(directory: folder.path, configuration: JournalConfiguration(durability: durability))
        defer { journal.close() }
        for number in 1...100 {
            let position = try await journal.append(
                [UInt8]("record \(number)"),
                kind: number % 10 == 0 ? .tick : .event
            )
            #expect(position.rawValue == UInt64(number))
        }
        try await journal.waitForRecords(after: JournalPosition(rawValue: 99))
        let records = try journal.read(after: .start, limit: 1000)
        #expect(records.map(\.position.rawValue) == Array(1...100))
        #expect(records.map(\.payload.text) == (1...100).map { "record \($0)" })
        #expect(records.filter { $0.kind == .tick }.count == 10)
        #expect(zip(records, records.dropFirst()).allSatisfy { $0.receivedAt <= $1.receivedAt })
    }

    @Test func `goes on after it was closed and opened`() async throws {
        for round in 0..<3 {
            let journal = try Journal(directory: folder.path)
            #expect(journal.recoveredGap == nil)
            #expect(journal.last.rawValue == UInt64(round))
            #expect(try await journal.append([UInt8]("round \(round)")).rawValue == UInt64(round + 1))
            journal.close()
        }
        let journal = try Journal(directory: folder.path)
        defer { journal.close() }
        #expect(try journal.read(after: .start, limit: 10).map(\.payload.text) == ["round 0", "round 1", "round 2"])
    }

    @Test(arguments: tails)
    func `takes appends of many at once, each with a position of its own`(tail: Int) async throws {
        let journal = try Journal(
            directory: folder.path,
            configuration: JournalConfiguration(segmentBytes: 4096, tailBytes: tail)
        )
        defer { journal.close() }
        let positions = try await withThrowingTaskGroup(of: (Int, JournalPosition).self) { group in
            for number in 0..<500 {
                group.addTask { (number, try await journal.append([UInt8](String(number)))) }
            }
            return try await group.reduce(into: [Int: JournalPosition]()) { $0[$1.0] = $1.1 }
        }
        let records = try journal.read(after: .start, limit: 1000)
        #expect(records.count == 500)
        for (number, position) in positions {
            #expect(records[Int(position.rawValue) - 1].payload.text == String(number))
        }
        #expect(try folder.segments().count > 1)
    }

    @Test func `appends without a task, for event loops`() async throws {
        let journal = try Journal(directory: folder.path)
        defer { journal.close() }
        let position = await withCheckedContinuation { continuation in
            journal.append([UInt8]("from a loop")) { continuation.resume(returning: $0) }
        }
        #expect(try position.get().rawValue == 1)
    }

    @Test func `reads what stays in memory after its file is gone`() async throws {
        let journal = try Journal(directory: folder.path, configuration: JournalConfiguration(tailBytes: 64))
        defer { journal.close() }
        for number in 1...9 { _ = try await journal.append([UInt8](repeating: UInt8(number), count: 16)) }
        for segment in try folder.segments() { #expect(truncate(segment, 0) == 0) }
        let kept = try journal.read(after: JournalPosition(rawValue: 5), limit: 100)
        #expect(kept.map(\.payload) == (6...9).map { [UInt8](repeating: UInt8($0), count: 16) })
        let older = try journal.read(after: JournalPosition(rawValue: 4), limit: 100)
        #expect(older.map(\.kind) == [.gap], "no more is in memory than was asked for")
        try journal.discard(through: JournalPosition(rawValue: 7))
        let rest = try journal.read(after: JournalPosition(rawValue: 7), limit: 100)
        #expect(rest.map(\.position.rawValue) == [8, 9])
    }

    @Test(arguments: tails)
    func `reads on from any position across segments`(tail: Int) async throws {
        let journal = try Journal(
            directory: folder.path,
            configuration: JournalConfiguration(segmentBytes: 2048, tailBytes: tail)
        )
        defer { journal.close() }
        for number in 1...200 { _ = try await journal.append([UInt8]("record \(number)")) }
        for after in [0, 1, 37, 100, 199, 200] {
            let records = try journal.read(after: JournalPosition(rawValue: UInt64(after)), limit: 1000)
            #expect(records.map(\.position.rawValue) == (after..<200).map { UInt64($0 + 1) })
        }
        #expect(try journal.read(after: .start, limit: 7).count == 7)
        #expect(try journal.read(after: .start, limit: 1000, maximumBytes: 1).count == 1)
    }

    @Test(arguments: tails)
    func `is full at its bound and takes records again once some are discarded`(tail: Int) async throws {
        let journal = try Journal(
            directory: folder.path,
            configuration: JournalConfiguration(capacityBytes: 16 << 10, segmentBytes: 2 << 10, tailBytes: tail)
        )
        defer { journal.close() }
        var appended = 0
        let error = await #expect(throws: JournalError.self) {
            while true {
                _ = try await journal.append([UInt8](repeating: 1, count: 100))
                appended += 1
            }
        }
        #expect(error?.code == .full)
        #expect(error?.remedy.isEmpty == false)
        #expect(journal.bytes <= 16 << 10)
        #expect(appended > 90)

        try journal.discard(through: JournalPosition(rawValue: UInt64(appended / 2)))
        #expect(journal.first.rawValue > 1)
        #expect(journal.first.rawValue <= UInt64(appended / 2) + 1)
        _ = try await journal.append([UInt8](repeating: 2, count: 100))
        let kept = try journal.read(after: JournalPosition(rawValue: UInt64(appended / 2)), limit: 1000)
        #expect(kept.count == appended - appended / 2 + 1)
    }

    @Test func `takes many records in one call, in order, also more than may wait at a time`() async throws {
        let journal = try Journal(directory: folder.path, configuration: JournalConfiguration(pendingBytes: 4 << 10))
        defer { journal.close() }
        let payloads = (0..<500).map { [UInt8]("\($0)") + [UInt8](repeating: 0x2E, count: $0 == 250 ? 20_000 : 100) }
        async let others = (0..<100).concurrently { _ = try await journal.append([UInt8]("other \($0)")) }
        #expect(await journal.append(contentsOf: payloads) == [Bool](repeating: true, count: payloads.count))
        try await others
        let records = try journal.read(after: .start, limit: 1000)
        #expect(records.count == 600)
        #expect(records.map(\.payload).filter { !$0.text.hasPrefix("other") } == payloads)
    }

    @Test func `says of each record of a call whether it was taken`() async throws {
        let journal = try Journal(directory: folder.path, configuration: JournalConfiguration(capacityBytes: 64 << 10))
        let small = [UInt8](repeating: 1, count: 1000)
        let kept = await journal.append(contentsOf: [small, [UInt8](repeating: 2, count: 40_000), small])
        #expect(kept == [true, false, true])  // the one in the middle is more than a quarter of the journal
        let rest = await journal.append(contentsOf: [[UInt8]](repeating: small, count: 100))
        let room = rest.count { $0 }
        #expect(room > 50 && room < 64 && rest.prefix(room).allSatisfy { $0 })
        #expect(try journal.read(after: .start, limit: 1000).count == 2 + room)
        journal.close()
        #expect(await journal.append(contentsOf: [small]) == [false])
        #expect(await journal.append(contentsOf: []).isEmpty)
    }

    @Test(arguments: [Durability.none, .os, .fsync])
    func `records that came together stay together, and those that are refused are named with the reason`(
        durability: Durability
    ) async throws {
        let journal = try Journal(
            directory: folder.path,
            configuration: JournalConfiguration(durability: durability, capacityBytes: 64 << 10)
        )
        @Sendable func append(_ payloads: [[UInt8]]) async -> [(index: Int, code: JournalError.Code)] {
            await withCheckedContinuation { continuation in
                journal.append(together: payloads) { refusals in
                    continuation.resume(returning: refusals.map { ($0.index, $0.error.code) })
                }
            }
        }
        let groups = (0..<20).map { group in (0..<10).map { [UInt8]("\(group) \($0)") } }
        try await (0..<20).concurrently { #expect(await append(groups[$0]).isEmpty) }
        // Without durability they are acknowledged before they are written.
        while try journal.read(after: .start, limit: 1000).count < 200 {
            try await journal.waitForRecords(
                after: try journal.read(after: .start, limit: 1000).last?.position ?? .start
            )
        }
        let texts = try journal.read(after: .start, limit: 1000).map(\.payload.text)
        #expect(texts.count == 200)
        for start in stride(from: 0, to: 200, by: 10) {
            let group = texts[start].split(separator: " ")[0]
            #expect(Array(texts[start..<start + 10]) == (0..<10).map { "\(group) \($0)" })
        }
        let small = [UInt8](repeating: 1, count: 1000)
        let large = await append([small, [UInt8](repeating: 2, count: 40_000), small])
        #expect(large.map(\.index) == [1] && large.map(\.code) == [.tooLarge])
        let full = await append([[UInt8]](repeating: small, count: 100))
        let room = 100 - full.count
        #expect(room > 30 && room < 64 && full.map(\.index) == Array(room..<100))
        #expect(full.allSatisfy { $0.code == .full })
        journal.close()
        #expect(try journal.read(after: .start, limit: 1000).count == 202 + room)
        #expect(await append([small]).map(\.code) == [.closed])
    }

    @Test func `refuses a record that is too large for it`() async throws {
        let journal = try Journal(directory: folder.path, configuration: JournalConfiguration(capacityBytes: 1 << 20))
        defer { journal.close() }
        let error = await #expect(throws: JournalError.self) {
            _ = try await journal.append([UInt8](repeating: 0, count: 1 << 20))
        }
        #expect(error?.code == .tooLarge)
        _ = try await journal.append([UInt8](repeating: 0, count: 200 << 10))  // larger than a segment, and taken
        #expect(try journal.read(after: .start, limit: 1).first?.payload.count == 200 << 10)
    }

    @Test func `wakes a reader that waits at the tail`() async throws {
        let journal = try Journal(directory: folder.path)
        defer { journal.close() }
        async let first = {
            var iterator = journal.records(after: .start).makeAsyncIterator()
            return try await iterator.next()
        }()
        _ = try await journal.append([UInt8]("awaited"))
        #expect(try await first?.payload.text == "awaited")
    }

    @Test func `lets a waiting reader go when it is cancelled or the journal closes`() async throws {
        let journal = try Journal(directory: folder.path)
        let cancelled = Task { try await journal.waitForRecords(after: .start) }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }

        let closed = Task { try await journal.waitForRecords(after: .start) }
        journal.close()
        let error = await #expect(throws: JournalError.self) { try await closed.value }
        #expect(error?.code == .closed)
        await #expect(throws: JournalError.self) { _ = try await journal.append([]) }
    }

    @Test func `belongs to one process at a time`() throws {
        let journal = try Journal(directory: folder.path)
        defer { journal.close() }
        // flock is per open file, so a second one in this process stands for another process.
        let error = #expect(throws: JournalError.self) { _ = try Journal(directory: folder.path) }
        #expect(error?.code == .inUse)
    }

    @Test(arguments: tails)
    func `never tears a record that readers see while it is written`(tail: Int) async throws {
        let journal = try Journal(
            directory: folder.path,
            configuration: JournalConfiguration(segmentBytes: 8192, tailBytes: tail)
        )
        defer { journal.close() }
        async let appended: Void = {
            for number in 0..<2000 { _ = try journal.enqueue([UInt8](String(number)), kind: .event) }
        }()
        var expected = 0
        for try await record in journal.records(after: .start) {
            #expect(record.payload.text == String(expected))
            expected += 1
            if expected == 2000 { break }
        }
        try await appended
    }
}
