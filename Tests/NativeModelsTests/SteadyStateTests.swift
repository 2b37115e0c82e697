import Foundation
import Testing

/// What predictions cost in memory when as many have been made before, counted in a process of its own: in this one other
/// tests ask for memory all the time.
@Suite struct `A steady stream of predictions` {
    struct Load: CustomTestStringConvertible, Sendable {
        let name: String
        let rows: Int
        let threads: Int

        var testDescription: String { "\(name), \(rows) rows, \(threads) threads" }
    }

    static let loads =
        ["digits", "residual", "sequence", "table"].flatMap { name in
            [Load(name: name, rows: 1, threads: 1), Load(name: name, rows: 7, threads: 1)]
        } + [Load(name: "digits", rows: 1, threads: 4)]

    @Test(arguments: loads)
    func `allocates nothing`(load: Load) throws {
        let lines = try Self.counts(load)
        let (calls, phases, control) = (lines[0][0], lines[1], lines[2][0])
        // The counter counts: a call that makes a tensor needs at least its elements and its storage.
        #expect(control >= 2 * calls, "\(control) allocations in \(calls) calls")
        // And not much more than its tensor, the shape and the storage.
        #expect(control <= 10 * calls, "\(control) allocations in \(calls) calls")
        if load.threads == 1 {
            #expect(phases.dropFirst().allSatisfy { $0 == 0 }, "allocations in \(calls) calls: \(phases)")
        } else {
            // Threads need buffers of their own when they first happen to run at the same time, which may be late.
            #expect(phases.count { $0 == 0 } >= phases.count / 2, "allocations in \(calls) calls each: \(phases)")
        }
    }

    private static func counts(_ load: Load) throws -> [[Int]] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("allocation-probe")
        process.arguments = [load.name, "\(load.rows)", "\(load.threads)"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").compactMap { Int($0) } }
        try #require(lines.count == 3 && lines[1].count == 20, "\(text)")
        return lines
    }
}
