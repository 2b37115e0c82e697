import Testing
import VedetteCommands

@Suite struct `Demonstration split` {
    @Test func `uses every row once`() throws {
        let split = try DemoSplit(count: 1797, trains: true, seed: 7)
        let rows = split.parts.flatMap(\.rows)
        #expect(rows.count == 1797)
        #expect(Set(rows) == Set(0..<1797))
        #expect(split.parts.allSatisfy { $0.rows.count >= 100 })
    }

    @Test func `is decided by the seed`() throws {
        let split = try DemoSplit(count: 1797, trains: true, seed: 1)
        #expect(split.clean == (try DemoSplit(count: 1797, trains: true, seed: 1).clean))
        #expect(split.clean != (try DemoSplit(count: 1797, trains: true, seed: 2).clean))
    }

    @Test func `leaves all rows to detectors and traffic where the data set has training rows of its own`() throws {
        let split = try DemoSplit(count: 3000, trains: false, seed: 7)
        #expect(split.training == nil)
        #expect(split.reference.count == DemoSplit.referenceLimit)
    }

    @Test func `refuses too few rows`() {
        #expect(throws: CommandError.self) { try DemoSplit(count: 600, trains: true, seed: 7) }
    }
}
