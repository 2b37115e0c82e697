import DriftDetection
import Foundation
import JSON
import Methods
import Statistics
import Tensors

/// Simulations of what the sequential tests promise, and of what they do where they promise nothing.
///
/// Every run draws its own reference and its own stream.
enum SequentialCases {
    private static let catalog = MethodCatalog(DriftDetection.factories)

    /// How often clean streams of 10,000 rows are ever called drift, a look after each row, beside a fixed test that is
    /// repeated every 50 rows; and after how many rows a shift is found that comes after 2,000 clean ones.
    static func anytime(runs: Int) throws {
        for reference in [200, 1_000, 10_000] {
            for (method, keys) in [
                ("ConformalMartingaleDrift", "p_val = 0.05"),
                ("ConformalMartingaleDrift", "p_val = 0.05\nbag_size = 500"),
                ("BettingDrift", "p_val = 0.05"), ("EDetector", "ert = 10000"),
            ] where reference <= 500 || !keys.contains("500") {
                let alarms = try (0..<runs).count { run in
                    try first(method, keys, run: run, reference: reference, clean: 10_000, moved: 0, shift: 0) != nil
                }
                var line: JSONObject = [
                    "method": .string(method), "keys": .string(keys), "reference": .integer(Int64(reference)),
                    "rows": 10_000, "ever_alarmed": .number(Double(alarms) / Double(runs)),
                ]
                for shift in [0.5, 1.0] as [Float] {
                    let delays = try (0..<min(runs, 100)).map { run in
                        try delay(method, keys, run: run, reference: reference, shift: shift)
                    }.sorted()
                    line["median_delay_\(shift)"] = .number(delays[delays.count / 2])
                }
                answer(line)
            }
            let alarms = (0..<runs).count { fixedTestAlarms(run: $0, reference: reference) }
            answer([
                "method": "KS of the last 200 rows, every 50", "reference": .integer(Int64(reference)), "rows": 10_000,
                "ever_alarmed": .number(Double(alarms) / Double(runs)),
            ])
        }
    }

    /// The mean rows from one false detection to the next of the detectors on streams, and the rows to a change.
    static func runLengths(rows: Int) throws {
        let errors = ["PageHinkley", "ADWIN", "KSWIN", "DDM", "EDDM", "HDDMA", "HDDMW"]
        for (method, stream) in errors.map({ ($0, "errors") })
            + ["PageHinkley", "CUSUM", "ADWIN", "KSWIN"].map({ ($0, "normal") })
        {
            var line: JSONObject = ["method": .string(method), "stream": .string(stream)]
            let test = try fitted(method, "seed = 1", rows: values(1_000, stream, moved: false, seed: 1))
            let clean = try test.answers(to: values(rows, stream, moved: false, seed: 2)).count { $0.isDrift }
            line["rows_per_false_detection"] = clean == 0 ? .null : .number(Double(rows) / Double(clean))
            let delays = try (0..<100).compactMap { run -> Double? in
                let before = values(500, stream, moved: false, seed: UInt64(3 + 2 * run))
                let after = values(2_000, stream, moved: true, seed: UInt64(4 + 2 * run))
                let joined = Tensor(vector: before.elements + after.elements).withShape([2_500, 1])
                return try test.answers(to: joined).enumerated().first { $0.offset >= 500 && $0.element.isDrift }
                    .map { Double($0.offset - 499) }
            }.sorted()
            line["found"] = .number(Double(delays.count) / 100)
            line["median_delay"] = delays.isEmpty ? .null : .number(delays[delays.count / 2])
            answer(line)
        }
    }

    // MARK: Runs

    private static func delay(_ method: String, _ keys: String, run: Int, reference: Int, shift: Float) throws -> Double
    {
        // A betting test ends with its reference, so the change comes at half of it where that is short.
        let clean = method == "BettingDrift" ? min(2_000, reference / 2) : 2_000
        let found = try first(method, keys, run: run, reference: reference, clean: clean, moved: 2_000, shift: shift)
        guard let found else { return .infinity }
        return Double(found - clean + 1)
    }

    /// The first row at which drift is called, `clean` rows being as the reference and `moved` shifted; a detection
    /// before the change does not count for a delay.
    private static func first(
        _ method: String,
        _ keys: String,
        run: Int,
        reference: Int,
        clean: Int,
        moved: Int,
        shift: Float
    ) throws -> Int? {
        let rows = normal(reference, seed: UInt64(3 * run + 1))
        let test = try fitted(method, "seed = \(run)\n\(keys)", rows: rows)
        let stream =
            normal(clean, seed: UInt64(3 * run + 2)).elements
            + normal(moved, seed: UInt64(3 * run + 3)).elements.map { $0 + shift }
        var state = test.start(run: 0)
        for (index, value) in stream.enumerated() {
            withUnsafePointer(to: value) { state.take(UnsafeBufferPointer(start: $0, count: 1)) }
            if state.answer.isDrift, moved == 0 || index >= clean { return index }
        }
        return nil
    }

    private static func fixedTestAlarms(run: Int, reference: Int) -> Bool {
        let rows = normal(reference, seed: UInt64(3 * run + 1)).elements.map(Double.init).sorted()
        let stream = normal(10_000, seed: UInt64(3 * run + 2)).elements.map(Double.init)
        return stride(from: 200, through: 10_000, by: 50).contains { end in
            let statistic = KolmogorovSmirnov.statistic(
                sortedReference: rows,
                sortedTest: stream[end - 200..<end].sorted()
            )
            return KolmogorovSmirnov.pValue(
                statistic: statistic,
                referenceCount: reference,
                testCount: 200,
                method: .asymptotic
            ).pValue <= 0.05
        }
    }

    /// A sequential test, fitted and loaded the way that every monitor takes.
    static func fitted(_ name: String, _ keys: String, rows: Tensor<Float>) throws -> any SequentialTest {
        guard case .sequential(let test) = try method(name, keys, rows: rows) else {
            throw UsageError("\(name) is not sequential")
        }
        return test
    }

    /// A method, fitted and loaded the way that every monitor takes.
    static func method(_ method: String, _ keys: String, rows: Tensor<Float>) throws -> FittedMethod {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vedette-bench-\(UUID().uuidString)")
            .path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let configuration = try MonitorConfiguration(parsing: "name = \"\(method)\"\n\(keys)", catalog: catalog)
        let report = try Fitting.fit(configuration, catalog: catalog, rows: rows, output: folder)
        return report.monitor.method
    }

    private static func normal(_ count: Int, seed: UInt64) -> Tensor<Float> {
        values(count, "normal", moved: false, seed: seed)
    }

    /// Errors at a rate of 0.1, or 0.3 after the change; or standard normal numbers, moved by 1.
    private static func values(_ count: Int, _ stream: String, moved: Bool, seed: UInt64) -> Tensor<Float> {
        var generator = SeededGenerator(seed: seed)
        let values = (0..<count).map { _ -> Float in
            if stream == "errors" { return generator.uniform() < (moved ? 0.3 : 0.1) ? 1 : 0 }
            return Float(generator.normal()) + (moved ? 1 : 0)
        }
        return Tensor(vector: values).withShape([count, 1])
    }

    private static func answer(_ line: JSONObject) { print(JSONValue.object(line).text) }
}
