import Glibc
import Journal

/// A process to be killed: appends numbered records to a journal and says on standard output what was acknowledged.
///
/// usage: journal-probe DIRECTORY none|os|fsync
@main
struct Main {
    static func main() async throws {
        let arguments = CommandLine.arguments
        let durability = Durability(rawValue: arguments[2]) ?? .os
        let journal = try Journal(
            directory: arguments[1],
            configuration: JournalConfiguration(durability: durability, segmentBytes: 64 << 10)
        )
        var number = 0
        while true {
            number += 1
            let position = try await journal.append(Array(String(number).utf8) + [UInt8](repeating: 0x2E, count: 200))
            let line = Array("\(position) \(number)\n".utf8)
            _ = line.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        }
    }
}
