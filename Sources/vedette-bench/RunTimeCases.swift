import DriftDetection
import JSON
import Methods
import Statistics
import Tensors

/// How long the tests by expected run time run on clean streams, how far fitted ones are apart, and how late a change is
/// found.
enum RunTimeCases {
    private struct Setting {
        let method: String
        let keys: String
        let window: Int

        /// Two columns: normal and correlated, or of zeros and ones.
        func rows(_ count: Int, shift: Float, _ generator: inout SeededGenerator) -> [Float] {
            var rows: [Float] = []
            rows.reserveCapacity(2 * count)
            for _ in 0..<count {
                if method == "FETDriftOnline" {
                    rows.append(generator.uniform() < 0.2 + 0.3 * Double(shift) ? 1 : 0)
                    rows.append(generator.uniform() < 0.5 + 0.3 * Double(shift) ? 1 : 0)
                } else {
                    let first = Float(generator.normal())
                    rows.append(first + shift)
                    rows.append(0.6 * first + 0.8 * Float(generator.normal()) + shift)
                }
            }
            return rows
        }
    }

    private static let settings = [
        Setting(method: "MMDDriftOnline", keys: "window_size = 10", window: 10),
        Setting(method: "LSDDDriftOnline", keys: "window_size = 10", window: 10),
        Setting(method: "CVMDriftOnline", keys: "window_sizes = [10]", window: 10),
        Setting(method: "CVMDriftOnline", keys: "window_sizes = [5, 10, 20]", window: 20),
        Setting(method: "FETDriftOnline", keys: "window_sizes = [10]", window: 10),
        Setting(method: "FETDriftOnline", keys: "window_sizes = [10]\nalternative = \"greater\"", window: 10),
    ]

    /// Prints a line a setting: reference and stream drawn anew in each run; of one run in twenty the fitted test runs
    /// along twenty more streams, whose mean is its own run time.
    static func run(runs: Int, only method: String?, expected: Double) throws {
        for setting in settings where method == nil || method == setting.method {
            try run(setting, expected: expected, runs: runs)
        }
    }

    private static let streamsOfOne = 20

    private static func run(_ setting: Setting, expected: Double, runs: Int) throws {
        var times = Moments()
        var within = Moments()
        var means = Moments()
        var delays: [Double] = []
        let seeds = SeededGenerator(seed: UInt64(expected))
        for run in 0..<runs {
            var generator = seeds.split(stream: UInt64(run))
            let reference = Tensor(vector: setting.rows(300, shift: 0, &generator)).withShape([300, 2])
            let test = try SequentialCases.fitted(
                setting.method,
                "seed = \(run)\nert = \(expected)\n\(setting.keys)",
                rows: reference
            )
            times.add(time(test, setting, &generator))
            guard run % streamsOfOne == 0 else { continue }
            var own = Moments()
            for _ in 0..<streamsOfOne { own.add(time(test, setting, &generator)) }
            means.add(own.mean)
            within.add(own.variance / Double(streamsOfOne))
            delays.append(delay(test, setting, &generator))
        }
        delays.sort()
        // What is left of the spread of means when that of the streams is taken off.
        let between = max(0, means.variance - within.mean).squareRoot()
        let line: JSONObject = [
            "method": .string(setting.method), "keys": .string(setting.keys), "ert": .number(expected),
            "runs": .integer(Int64(runs)), "mean_run_time": .number(times.mean),
            "standard_error": .number(times.standardDeviation / Double(runs).squareRoot()),
            "spread_between_fitted": .number(between), "median_delay": .number(delays[delays.count / 2]),
        ]
        print(JSONValue.object(line).text)
    }

    private static func time(
        _ test: any SequentialTest,
        _ setting: Setting,
        _ generator: inout SeededGenerator
    ) -> Double {
        var state = test.start(run: generator.next())
        while !state.answer.isDrift {
            setting.rows(1, shift: 0, &generator).withUnsafeBufferPointer { state.take($0) }
        }
        return Double(state.answer.time)
    }

    /// Rows to a detection of a change by one deviation, or 0.3 in rate, after two windows of clean rows; a false
    /// detection on the way begins anew.
    private static func delay(
        _ test: any SequentialTest,
        _ setting: Setting,
        _ generator: inout SeededGenerator
    ) -> Double {
        var state = test.start(run: generator.next())
        for _ in 0..<2 * setting.window {
            setting.rows(1, shift: 0, &generator).withUnsafeBufferPointer { state.take($0) }
            if state.answer.isDrift { state = test.start(run: generator.next()) }
        }
        var rows = 0.0
        repeat {
            setting.rows(1, shift: 1, &generator).withUnsafeBufferPointer { state.take($0) }
            rows += 1
        } while !state.answer.isDrift
        return rows
    }

    /// What a row costs with a reference of 1,000 rows of 32 columns and a window of 20, answer included.
    static func update() throws {
        for (method, keys) in [
            ("MMDDriftOnline", "window_size = 20\nn_bootstraps = 10000"),
            ("LSDDDriftOnline", "window_size = 20\nn_bootstraps = 10000"), ("CVMDriftOnline", "window_sizes = [20]"),
            ("CVMDriftOnline", "window_sizes = [5, 10, 20]"), ("FETDriftOnline", "window_sizes = [20]"),
        ] {
            var generator = SeededGenerator(seed: 1)
            func rows() -> Tensor<Float> {
                let values = (0..<32_000).map { _ -> Float in
                    let value = Float(generator.normal())
                    return method == "FETDriftOnline" ? (value > 0.8 ? 1 : 0) : value
                }
                return Tensor(vector: values).withShape([1_000, 32])
            }
            let test = try SequentialCases.fitted(method, "ert = 1000\n\(keys)", rows: rows())
            let stream = rows().elements
            var state = test.start(run: 0)
            var best = Double.infinity
            for _ in 0..<20 {
                let started = Clock.cpuSeconds()
                for row in 0..<1_000 {
                    stream[row * 32..<(row + 1) * 32].withUnsafeBufferPointer { state.take($0) }
                    _ = state.answer.isDrift
                }
                best = min(best, (Clock.cpuSeconds() - started) / 1_000)
            }
            let line: JSONObject = [
                "method": .string(method), "keys": .string(keys), "seconds_per_row": .number(best),
            ]
            print(JSONValue.object(line).text)
        }
    }
}
