import Statistics
import TestSupport
import Testing

@Suite struct `Seeded generator` {
    @Test func `gives the published stream of a seed`() {
        // scripts/reference/generator_values.c, seed 0
        var generator = SeededGenerator(seed: 0)
        let first = (0..<4).map { _ in generator.next() }
        #expect(first == [0x5317_5d61_490b_23df, 0x61da_6f3d_c380_d507, 0x5c0f_df91_ec9a_7bfc, 0x02ee_bf8c_3bbe_5e1a])
        for _ in 4..<1_000 { _ = generator.next() }
        #expect(generator.next() == 0x6c0a_adb8_b3ce_bba2)
    }

    @Test func `repeats itself for one seed and not for another`() {
        var (a, b, c) = (SeededGenerator(seed: 9), SeededGenerator(seed: 9), SeededGenerator(seed: 10))
        let first = (0..<100).map { _ in a.next() }
        #expect(first == (0..<100).map { _ in b.next() })
        #expect(Set(first).isDisjoint(with: (0..<100).map { _ in c.next() }))
    }

    @Test func `splits into streams by number, without moving on`() {
        let generator = SeededGenerator(seed: 1)
        var streams = (0..<50).map { generator.split(stream: $0) }
        #expect(generator == SeededGenerator(seed: 1))
        #expect(Set(streams.indices.map { streams[$0].next() }).count == 50)
        var again = generator.split(stream: 7)
        var seventh = generator.split(stream: 7)
        #expect(again.next() == seventh.next())
    }

    @Test func `draws uniform numbers, normal numbers and indices of the right distributions`() throws {
        var generator = SeededGenerator(seed: 21)
        let uniform = Moments((0..<20_000).map { _ in generator.uniform() })
        #expect(abs(uniform.mean - 0.5) < 5 * (1.0 / 12 / 20_000).squareRoot())
        #expect(try #require(uniform.minimum) >= 0)
        #expect(try #require(uniform.maximum) < 1)
        let normal = (0..<5_000).map { _ in generator.normal() }
        let uniformised = normal.map(Normal.cumulative)
        let grid = (0..<5_000).map { (Double($0) + 0.5) / 5_000 }
        #expect(try KolmogorovSmirnov.statistic(reference: grid, test: uniformised) < 0.028)  // 1.95 / √5000: 0.1 %
        var counts = [0, 0, 0, 0, 0, 0]
        for _ in 0..<6_000 { counts[generator.index(below: 6)] += 1 }
        let chiSquared = counts.reduce(0.0) { $0 + (Double($1) - 1_000) * (Double($1) - 1_000) / 1_000 }
        #expect(ChiSquared.survival(chiSquared, degreesOfFreedom: 5) > 1e-4)
    }

    @Test func `permutations and samples hold each number once`() {
        var generator = SeededGenerator(seed: 22)
        #expect(generator.permutation(0) == [])
        #expect(generator.permutation(1) == [0])
        #expect(generator.permutation(500).sorted() == Array(0..<500))
        let sample = generator.sample(20, of: 50)
        #expect(Set(sample).count == 20)
        #expect(sample.allSatisfy { (0..<50).contains($0) })
        var orders: [[Int]: Int] = [:]
        for _ in 0..<6_000 { orders[generator.permutation(3), default: 0] += 1 }
        #expect(orders.count == 6)
        #expect(orders.values.allSatisfy { abs($0 - 1_000) < 150 })  // 5 standard deviations of 29
    }
}
