import Glibc
import Journal

/// A process to be killed: appends numbered records to a journal and says on standard output what was acknowledged.
///
/// usage: journal-probe DIRECTORY none|os|fsync [AT A TIME]
///        journal-probe DIRECTORY list                       what is there: a line a record, then `lost N` where some are
@main
struct Main {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments[2] != "list" else { return try list(arguments[1]) }
        let durability = Durability(rawValue: arguments[2]) ?? .os
        let atATime = arguments.count > 3 ? Int(arguments[3]) ?? 1 : 1
        let journal = try Journal(
            directory: arguments[1],
            configuration: JournalConfiguration(durability: durability, segmentBytes: 64 << 10)
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            for first in 0..<atATime {
                group.addTask { try await append(to: journal, numbers: stride(from: first, to: .max, by: atATime)) }
            }
            try await group.waitForAll()
        }
    }

    private static func append(to journal: Journal, numbers: StrideTo<Int>) async throws {
        for number in numbers {
            let position = try await journal.append(Array(String(number).utf8) + [UInt8](repeating: 0x2E, count: 200))
            say("\(position) \(number)")
        }
    }

    private static func list(_ directory: String) throws {
        let journal = try Journal(directory: directory)
        var position = JournalPosition.start
        while case let records = try journal.read(after: position, limit: 4096, maximumBytes: 1 << 24), !records.isEmpty
        {
            for record in records {
                let number = String(decoding: record.payload.prefix { $0 != 0x2E }, as: UTF8.self)
                say("\(record.position) \(number)")
            }
            position = records[records.count - 1].position
        }
        if let lost = journal.recoveredGap?.records { say("lost \(lost)") }
    }

    /// In one write, so that a kill cuts no line of those before.
    private static func say(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}
