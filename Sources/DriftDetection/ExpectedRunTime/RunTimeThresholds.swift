import Methods

/// Thresholds of a statistic that moves with time, at which a clean stream is called drift with chance `1 / ert` at each
/// row, given that it was not before.
enum RunTimeThresholds {
    /// Returns the threshold of each time; the last one serves for all later times.
    ///
    /// - Parameters:
    ///   - runs: Simulated clean streams: the statistic at each time.
    ///   - expectedRunTime: Above 1.
    ///
    /// Source: O. Cobb, A. Van Looveren and J. Klaise (2022), "Sequential multivariate change detection with calibrated
    /// and memoryless false detection rates", AISTATS, arXiv:2108.00883.
    static func thresholds(_ runs: [[Double]], expectedRunTime: Double) throws(MethodError) -> [Double] {
        guard let times = runs.first?.count, Double(runs.count) >= 10 * expectedRunTime else {
            throw MethodError(
                .neverFires,
                "\(runs.count) simulated streams say nothing of one detection in \(expectedRunTime) rows",
                remedy:
                    "Set n_bootstraps to at least ten times ert; a hundred times brings the run time near what is asked"
            )
        }
        var alive = runs
        var thresholds: [Double] = []
        for time in 0..<times {
            let sorted = alive.map { $0[time] }.sorted()
            let fires = Int((Double(sorted.count) / expectedRunTime).rounded())
            let threshold = sorted[max(0, sorted.count - 1 - fires)]
            thresholds.append(threshold)
            alive = alive.filter { $0[time] <= threshold }
        }
        return thresholds
    }
}
