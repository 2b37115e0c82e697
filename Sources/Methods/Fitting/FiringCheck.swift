/// Refuses a monitor that could never raise an alarm.
enum FiringCheck {
    /// Compares the level that the budget allows at a look with the smallest p-value that a window can get, and the
    /// least effect with the largest.
    ///
    /// How often looks come is known only where `at_most` bounds the time between them; elsewhere the level is the
    /// configured `p_val`, the most that any look may use.
    ///
    /// - Throws: `.neverFires` with both numbers.
    static func requireReachableAlarm(_ monitor: FittedMonitor) throws(MethodError) {
        let alert = monitor.configuration.alert
        switch monitor.method {
        case .instance: return
        case .sequential(let test): try require(alert.minEffect, atMost: test.largestEffect)
        case .window(let test): try requireReachableLevel(test, monitor)
        }
    }

    private static func requireReachableLevel(_ test: any WindowTest, _ monitor: FittedMonitor) throws(MethodError) {
        let window = monitor.configuration.monitor?.window ?? .standard
        let alert = monitor.configuration.alert
        let largestLevel = window.atMost.map { alert.budget.level(after: $0) } ?? 1
        let smallest = test.smallestPValue(rows: window.size)
        guard smallest <= min(largestLevel, test.significance) else {
            throw MethodError(
                .neverFires,
                "the smallest p-value of a window of \(window.size) rows is \(smallest), and an alarm needs \(min(largestLevel, test.significance))",
                remedy: "Use larger windows, more permutations, a larger budget or a longer at_most"
            )
        }
        try require(alert.minEffect, atMost: test.largestEffect)
    }

    private static func require(_ minEffect: Double, atMost largest: Double) throws(MethodError) {
        guard minEffect <= largest else {
            throw MethodError(
                .neverFires,
                "min_effect is \(minEffect), and no window can have an effect above \(largest)",
                remedy: "Choose a min_effect below that; vedette detect prints the effects of real windows"
            )
        }
    }
}
