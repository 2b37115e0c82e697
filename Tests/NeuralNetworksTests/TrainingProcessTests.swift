import Foundation
import Testing

/// What only a process of its own can show: training on one core and on two, and what it asks the heap for.
@Suite struct `A training process` {
    @Test func `gives the same weights on one core as on two`() throws {
        let one = try #require(try Probe.lines(cores: 1))
        guard let two = try Probe.lines(cores: 2) else { return }  // a machine with one core has nothing to compare
        #expect(one.map(\.name) == two.map(\.name))
        for (alone, together) in zip(one, two) { #expect(alone.weights == together.weights, "\(alone.name)") }
        #expect(Set(one.map(\.weights)).count == one.count)
    }

    /// What a step may ask the heap for.
    ///
    /// OpenBLAS takes, and gives back at once, a piece for each small product with a transposed side: a net here has one
    /// in its last layer, and attention two more for each of 4 heads of each of 16 rows. On two cores each stretch that
    /// is computed in parts takes a few boxes of at most 64 bytes. Activations of a batch take 49 KB and more.
    @Test(arguments: [1, 2])
    func `asks the heap for next to nothing in a step, and for no large piece`(cores: Int) throws {
        guard let lines = try Probe.lines(cores: cores) else { return #expect(cores > 1) }
        for line in lines {
            let (calls, bytes) = line.name == "attention" ? (2 * 4 * 16 + 4, 240_000) : (4, 16_000)
            #expect(line.calls <= (calls + 40 * (cores - 1)) * Probe.countedSteps, "\(line)")
            #expect(line.bytes <= (bytes + 4_000 * (cores - 1)) * Probe.countedSteps, "\(line)")
        }
    }
}

/// The process that is measured.
private enum Probe {
    /// The steps that training-probe counts.
    static let countedSteps = 7

    struct Line {
        let name: String
        let weights: String
        let calls: Int
        let bytes: Int
    }

    struct Failure: Error {
        let status: Int32
    }

    /// What it says of training on so many cores; `nil` where there are fewer.
    static func lines(cores: Int) throws -> [Line]? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("training-probe")
        process.arguments = [String(cores)]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let printed = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        if process.terminationStatus == 69 { return nil }
        guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
        return try String(decoding: printed, as: UTF8.self).split(separator: "\n").map { line in
            let parts = line.split(separator: " ").map(String.init)
            try #require(parts.count == 4)
            return Line(
                name: parts[0],
                weights: parts[1],
                calls: try #require(Int(parts[2])),
                bytes: try #require(Int(parts[3]))
            )
        }
    }
}
