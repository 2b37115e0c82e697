import Testing
import VedetteCommands

@Suite struct `Demonstration split` {
    @Test func `uses every row once`() {
        let split = DemoSplit(count: 1797, seed: 7)
        let rows = split.parts.flatMap(\.rows)
        #expect(rows.count == 1797)
        #expect(Set(rows) == Set(0..<1797))
        #expect(split.parts.allSatisfy { $0.rows.count >= 100 })
    }

    @Test func `is decided by the seed`() {
        #expect(DemoSplit(count: 500, seed: 1).clean == DemoSplit(count: 500, seed: 1).clean)
        #expect(DemoSplit(count: 500, seed: 1).clean != DemoSplit(count: 500, seed: 2).clean)
    }
}
