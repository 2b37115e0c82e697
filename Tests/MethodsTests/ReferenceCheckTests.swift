import Methods
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `What is unusual about a reference` {
    let directory = TemporaryDirectory()

    func notes(_ rows: Tensor<Float>, _ keys: String = "") throws -> [String] {
        try Fitting.fit(
            MonitorConfiguration(parsing: "name = \"WindowMean\"\n" + keys, catalog: RowMeanFactory.catalog),
            catalog: RowMeanFactory.catalog,
            rows: rows,
            output: directory.file("monitor")
        ).notes
    }

    /// Rows of three columns, each value from its row's number and a normal draw.
    func rows(_ count: Int, seed: UInt64 = 3, _ value: (Int, Double) -> Double = { $1 }) throws -> Tensor<Float> {
        var generator = SeededGenerator(seed: seed)
        return try Tensor(
            shape: [count, 3],
            elements: (0..<count * 3).map { Float(value($0 / 3, generator.normal())) }
        )
    }

    @Test func `independent rows have nothing unusual`() throws {
        #expect(try notes(rows(400)).isEmpty)
    }

    @Test func `in random order hardly one in a thousand is said to have an order`() throws {
        var said = 0
        for seed in 0..<1000 {
            said += try notes(rows(120, seed: UInt64(seed))).isEmpty ? 0 : 1
        }
        #expect(said <= 5)  // 1 is promised on average; more than 5 has chance 0.0006 then
    }

    @Test func `repeated rows are counted, and those that land in two parts`() throws {
        let some = try rows(60)
        let twice = try Tensor.concatenatingRows([some, some])
        #expect(try notes(twice).contains { $0.hasPrefix("60 of 120 rows repeat") })
        let learned = try notes(twice, "[preprocess]\nmethod = \"standardise\"")
        #expect(learned.contains { $0.hasSuffix("also among those that were learned from") })
        #expect(!(try notes(twice)).contains { $0.hasSuffix("learned from") })
    }

    @Test func `columns that never vary are named`() throws {
        var rows = try rows(80)
        for row in 0..<80 { rows[row * 3 + 1] = 4 }
        #expect(try notes(rows) == ["1 of 3 features never vary in the reference: 1"])
    }

    @Test func `a level that moves is no stationary reference`() throws {
        let found = try notes(rows(400) { $1 + ($0 < 200 ? 0 : 1) })
        #expect(found.contains { $0.contains("not stationary") && $0.contains("KS distance") })
    }

    @Test func `rows that remember the one before are said to`() throws {
        var last = [0.0, 0.0, 0.0]
        var place = 0
        let walk = try rows(400) { _, draw in
            last[place % 3] = 0.6 * last[place % 3] + draw
            place += 1
            return last[(place - 1) % 3]
        }
        #expect(try notes(walk).contains { $0.contains("follow each other") })
    }

    @Test func `values that are missing or infinite are passed over`() throws {
        var rows = try rows(100)
        rows[4] = .nan
        rows[9] = .infinity
        _ = try notes(rows)
    }
}
