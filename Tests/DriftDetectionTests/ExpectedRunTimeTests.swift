import DriftDetection
import JSON
import Methods
import Statistics
import Tensors
import TestSupport
import Testing

/// What the tests by expected run time promise, and what they refuse.
@Suite struct `A test by expected run time` {
    /// Correlated columns for CVM and LSDD, rates of which one is rare for FET.
    private static func rows(_ method: String, _ count: Int, shift: Float = 0, seed: UInt64) -> Tensor<Float> {
        var generator = SeededGenerator(seed: seed)
        let values = (0..<count).flatMap { _ -> [Float] in
            let first = Float(generator.normal())
            guard method == "FETDriftOnline" else {
                return [first + shift, 0.8 * first + 0.6 * Float(generator.normal()) + shift]
            }
            return [
                generator.uniform() < 0.1 + 0.3 * Double(shift) ? 1 : 0,
                generator.uniform() < 0.5 + 0.2 * Double(shift) ? 1 : 0,
            ]
        }
        return Tensor(vector: values).withShape([count, 2])
    }

    static let methods = [
        ("CVMDriftOnline", "window_sizes = [5, 10]"), ("FETDriftOnline", "window_sizes = [10]"),
        ("LSDDDriftOnline", "window_size = 10"),
    ]

    @Test(arguments: methods)
    func `runs as long as asked on average, and sees a shift soon`(method: String, keys: String) throws {
        var total = 0
        let draws = 200 as UInt64
        var delays: [Int] = []
        for draw in 0..<draws {
            let test = try Fixture.sequential(
                method,
                "seed = \(draw)\nert = 60\n\(keys)\(method == "LSDDDriftOnline" ? "\nn_bootstraps = 2000" : "")",
                reference: Self.rows(method, 300, seed: 2 * draw + 1)
            )
            let stream = Self.rows(method, 3_000, seed: 2 * draw + 2)
            total += try test.answers(to: stream).first(where: \.isDrift)?.time ?? 3_000
            if draw < 20 {
                let moved = try test.answers(to: Self.rows(method, 200, shift: 1.5, seed: 7))
                let found = moved.first { $0.isDrift }
                delays.append(try #require(found).time)
            }
        }
        // The mean of 200 run times, each spread about as widely as it is long, is off by a fourteenth; three of these.
        #expect(abs(Double(total) / Double(draws) / 60 - 1) < 0.22, "\(total / Int(draws))")
        #expect(delays.sorted()[10] <= 15, "\(delays)")
    }

    @Test func `says which columns moved, and nothing before a window is full`() throws {
        let test = try Fixture.sequential(
            "CVMDriftOnline",
            "ert = 100\nwindow_sizes = [10]",
            reference: Fixture.normal(200, 3, seed: 1)
        )
        var state = test.start(run: 0)
        let stream = Fixture.normal(30, 3, seed: 2)
        for row in 0..<30 {
            var values = stream[row: row].elements
            values[1] += 3
            values.withUnsafeBufferPointer { state.take($0) }
            let finding = state.finding
            if row < 9 {
                #expect(finding.features.isEmpty && finding.statistic.isNaN && !finding.isDrift)
            } else {
                #expect(finding.features.max { $0.effect < $1.effect }?.column == 1)
                #expect(finding.features.count == 3 && finding.statistic == finding.features[1].statistic)
            }
        }
        #expect(state.answer.isDrift)
    }

    @Test func `finds a falling rate as well as a rising one unless told otherwise`() throws {
        var generator = SeededGenerator(seed: 5)
        let reference = Tensor(vector: (0..<400).map { _ in generator.uniform() < 0.5 ? 1 : 0 as Float })
            .withShape([400, 1])
        let none = Tensor(vector: [Float](repeating: 0, count: 60)).withShape([60, 1])
        for (alternative, finds) in [("two-sided", true), ("less", true), ("greater", false)] {
            let test = try Fixture.sequential(
                "FETDriftOnline",
                "ert = 200\nalternative = \"\(alternative)\"",
                reference: reference
            )
            #expect(try test.answers(to: none).contains(where: \.isDrift) == finds, "\(alternative)")
        }
    }

    @Test func `is loaded as it was fitted`() throws {
        for (method, keys) in Self.methods {
            let folder = TemporaryDirectory()
            let configuration = try MonitorConfiguration(
                parsing: "name = \"\(method)\"\nert = 30\n\(keys)",
                catalog: Fixture.catalog
            )
            let report = try Fitting.fit(
                configuration,
                catalog: Fixture.catalog,
                rows: Self.rows(method, 120, seed: 1),
                output: folder.file("monitor")
            )
            let loaded = try Fixture.catalog.load(Artefact(reading: folder.file("monitor"), catalog: Fixture.catalog))
            guard case .sequential(let fresh) = report.monitor.method, case .sequential(let again) = loaded.method
            else { throw CancellationError() }
            let stream = Self.rows(method, 150, seed: 2)
            #expect("\(try fresh.answers(to: stream))" == "\(try again.answers(to: stream))")
        }
    }

    static let refused = [
        ("CVMDriftOnline", "ert = 10\nwindow_sizes = [20]"), ("CVMDriftOnline", "ert = 100\nn_bootstraps = 500"),
        ("CVMDriftOnline", "window_sizes = []"), ("CVMDriftOnline", "window_sizes = [200]"),
        ("FETDriftOnline", "ert = 100"), ("LSDDDriftOnline", "ert = 100\nn_bootstraps = 500"),
        ("LSDDDriftOnline", "ert = 20\nwindow_size = 60"), ("LSDDDriftOnline", "ert = 20\nsigma = [0]"),
    ]

    @Test(arguments: refused)
    func `refuses what cannot be calibrated`(method: String, keys: String) throws {
        // For FETDriftOnline the rows themselves are what is wrong.
        let error = #expect(throws: MethodError.self) {
            try Fixture.sequential(method, keys, reference: Fixture.normal(100, 2, seed: 1))
        }
        #expect(error?.remedy.isEmpty == false)
    }

    @Test func `refuses a rate of which the reference knows one value only`() throws {
        let rows = Tensor(vector: [Float](repeating: 0, count: 100)).withShape([100, 1])
        let error = #expect(throws: MethodError.self) {
            try Fixture.sequential("FETDriftOnline", "ert = 100", reference: rows)
        }
        #expect(error?.code == .neverFires)
    }
}
