import Foundation
import JSON
import Journal
import Synchronization

/// The journal with records of 1 KB, by what an acknowledgement waits for, and a plain file beside it.
enum JournalCases {
    private static let recordBytes = 1024
    /// Records that wait for their acknowledgement at a time: what a listener with so many connections gives.
    private static let underWay = 256

    /// - Parameter seconds: How long each case runs.
    static func run(seconds: Double) async throws {
        for durability in Durability.allCases {
            // Without durability nothing is waited for, and the journal would only show how soon its memory is full.
            if durability != .none {
                try await inFolder { folder in
                    let journal = try open(folder, durability)
                    let count = try await appendOneByOne(to: journal, seconds: seconds)
                    report("one by one, \(underWay) under way", durability.rawValue, count)
                    journal.close()
                }
            }
            try await inFolder { folder in
                let journal = try open(folder, durability)
                let count = await appendBatches(to: journal, seconds: seconds)
                report("in batches of 100", durability.rawValue, count)
                journal.close()
            }
        }
        try await inFolder { folder in
            report("a file, 100 records a write", "os", try write(to: folder, seconds, sync: false))
        }
        try await inFolder { folder in
            report("a file, 100 records a sync", "fsync", try write(to: folder, seconds, sync: true))
        }
    }

    private static func open(_ folder: String, _ durability: Durability) throws -> Journal {
        try Journal(
            directory: folder,
            configuration: JournalConfiguration(durability: durability, capacityBytes: 8 << 30)
        )
    }

    private static func appendOneByOne(to journal: Journal, seconds: Double) async throws -> Measured {
        let started = Measured.Start()
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<underWay {
                group.addTask {
                    var count = 0
                    let record = [UInt8](repeating: 0x61, count: recordBytes)
                    while started.wall < seconds {
                        _ = try await journal.append(record)
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return started.finish(count)
    }

    private static func appendBatches(to journal: Journal, seconds: Double) async -> Measured {
        let started = Measured.Start()
        let batch = [[UInt8]](repeating: [UInt8](repeating: 0x61, count: recordBytes), count: 100)
        var count = 0
        while started.wall < seconds { count += await journal.append(contentsOf: batch).count }
        return started.finish(count)
    }

    /// The limit: the same bytes with nothing done to them.
    private static func write(to folder: String, _ seconds: Double, sync: Bool) throws -> Measured {
        let path = folder + "/plain"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        guard let file = FileHandle(forWritingAtPath: path) else { throw UsageError("\(path) cannot be written") }
        let started = Measured.Start()
        let batch = Data(repeating: 0x61, count: 100 * recordBytes)
        var count = 0
        while started.wall < seconds {
            try file.write(contentsOf: batch)
            if sync { try file.synchronize() }
            count += 100
        }
        return started.finish(count)
    }

    private static func report(_ name: String, _ durability: String, _ measured: Measured) {
        let line: JSONValue = [
            "case": .string(name), "durability": .string(durability),
            "records_per_second": .number((Double(measured.count) / measured.wall).rounded()),
            "cpu_microseconds_per_record": .number(measured.cpu / Double(max(1, measured.count)) * 1e6),
        ]
        print(line.text)
    }

    private static func inFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "journal-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    /// How much was done, and what it took in seconds.
    private struct Measured {
        struct Start {
            private let startedWall = Clock.wallSeconds()
            private let startedCPU = Clock.cpuSeconds()

            var wall: Double { Clock.wallSeconds() - startedWall }

            func finish(_ count: Int) -> Measured {
                Measured(count: count, wall: wall, cpu: Clock.cpuSeconds() - startedCPU)
            }
        }

        var count: Int
        var wall: Double
        var cpu: Double
    }
}
