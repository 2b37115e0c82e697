import DriftDetection
import JSON
import Methods
import Tensors
import TestSupport
import Testing

@Suite struct `Detectors on streams` {
    @Test func `fire where river's fire, at the very index`() throws {
        let reference = try ReferenceValues.read("stream_detectors")
        let cases = try #require(reference["cases"]?.array)
        #expect(cases.count > 100)
        for item in cases {
            let method = try #require(item["method"]?.string)
            let stream = try #require(item["stream"]?.string)
            let keys = (item["keys"]?.object ?? [:]).map { "\($0.0) = \($0.1.text)" }.joined(separator: "\n")
            let values = Fixture.matrix(reference["streams"]?[stream], columns: 1)
            let test = try Fixture.sequential(method, keys, reference: values)
            let fires = try test.answers(to: values).enumerated().filter(\.element.isDrift).map(\.offset)
            #expect(fires == item["fires"]?.array?.compactMap(\.int), "\(method) \(keys) on \(stream)")
        }
    }

    @Test func `CUSUM has the run lengths of the textbook`() throws {
        // D. Montgomery, Introduction to Statistical Quality Control, table 9.3: two-sided, k = 1/2, h = 4: 168 rows
        // without a shift, 8.38 at one of a deviation.
        let reference = Tensor<Float>(vector: [-1, 1]).withShape([2, 1])  // mean 0, deviation √2
        let root = Float(2).squareRoot()
        let test = try Fixture.sequential("CUSUM", "threshold = 4", reference: reference)
        func meanRun(shift: Float, rows: Int) throws -> Double {
            let stream = Fixture.normal(rows, 1, shift: shift, seed: 9)
            let scaled = Tensor(vector: stream.elements.map { $0 * root }).withShape([rows, 1])
            let fired = try test.answers(to: scaled).count(where: \.isDrift)
            return Double(rows) / Double(fired)
        }
        // About 1,800 runs of 168 with a deviation near their mean: 2.4 % standard error; 24,000 of 8.4: below 1 %.
        #expect(abs(try meanRun(shift: 0, rows: 300_000) / 168 - 1) < 0.08)
        #expect(abs(try meanRun(shift: 1, rows: 200_000) / 8.38 - 1) < 0.03)
    }

    @Test func `draw other older values in another run, and the same ones again`() throws {
        let values = Fixture.normal(400, 1, seed: 4)
        func statistics(_ seed: Int) throws -> [Double] {
            let test = try Fixture.sequential("KSWIN", "seed = \(seed)", reference: values)
            return try test.answers(to: values).map(\.statistic).filter { !$0.isNaN }
        }
        #expect(try statistics(1).count > 100)  // the window is full from the 100th value of each run on
        #expect(try statistics(1) == statistics(1))
        #expect(try statistics(1) != statistics(2))
    }

    @Test func `refuse what they cannot take, and say what to do`() throws {
        let rows = Fixture.normal(10, 1, seed: 1)
        for (method, value) in [("DDM", 2), ("HDDMA", -0.5), ("ADWIN", Float.nan), ("PageHinkley", .infinity)] {
            let test = try Fixture.sequential(method, reference: rows)
            #expect(throws: MethodError.self) { try test.answers(to: Tensor(vector: [value]).withShape([1, 1])) }
        }
        #expect(throws: MethodError.self) { try Fixture.sequential("KSWIN", "stat_size = 60", reference: rows) }
        #expect(throws: MethodError.self) { try Fixture.sequential("DDM", reference: Fixture.normal(10, 2, seed: 1)) }
        #expect(throws: MethodError.self) {
            try Fixture.sequential("CUSUM", reference: Tensor<Float>(shape: [10, 1], repeating: 3))
        }
    }
}
