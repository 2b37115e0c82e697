import JSON
package import Methods
import Statistics

/// The detectors on streams, their parameters by river's names and defaults.
package enum StreamDetectors {
    /// One factory for each.
    package static let factories: [any MethodFactory] = [
        StreamDetectorFactory("PageHinkley", pageHinkley) { parameters, _, _ in
            StreamDetector(fresh: PageHinkley(parameters))
        },
        StreamDetectorFactory("CUSUM", usesReference: true, cusum) { parameters, _, reference in
            StreamDetector(
                fresh: CUSUM(parameters, mean: reference.mean, deviation: reference.standardDeviation)
            )
        },
        StreamDetectorFactory("ADWIN", adwin) { parameters, _, _ in StreamDetector(fresh: ADWIN(parameters)) },
        StreamDetectorFactory("KSWIN", kswin) { parameters, seed, _ throws(MethodError) in
            StreamDetector(fresh: try KSWIN(parameters, seed: seed))
        },
        StreamDetectorFactory("DDM", ddm) { parameters, _, _ in StreamDetector(fresh: DDM(parameters)) },
        StreamDetectorFactory("EDDM", eddm) { parameters, _, _ in StreamDetector(fresh: EDDM(parameters)) },
        StreamDetectorFactory("HDDMA", hddm) { parameters, _, _ in StreamDetector(fresh: HDDMA(parameters)) },
        StreamDetectorFactory("HDDMW", hddm + [lambda]) { parameters, _, _ in
            StreamDetector(fresh: HDDMW(parameters))
        },
    ]

    private static let mode = Parameter(
        "mode",
        .choice(["up", "down", "both"]),
        default: "both",
        "Which change of the mean counts."
    )

    private static let pageHinkley = [
        Parameter("min_instances", .integer(1...10_000_000), default: 30, "Values before it may fire."),
        Parameter("delta", .number(0...1e9), default: 0.005, "The change of the mean that is tolerated."),
        Parameter("threshold", .number(0...1e12), default: 50, "What the sum of deviations has to pass."),
        Parameter("alpha", .number(0...1), default: 0.9999, "How much of the sum a step keeps."),
        mode,
    ]

    private static let cusum = [
        Parameter(
            "delta",
            .number(0...1e9),
            default: 0.5,
            "Half the shift to be found, in the reference's deviations."
        ),
        Parameter("threshold", .number(0...1e12), default: 5, "What a sum has to pass, in the same unit."),
        mode,
    ]

    private static let adwin = [
        Parameter("delta", .number(1e-300...1), default: 0.002, "Significance of a cut."),
        Parameter("clock", .integer(1...1_000_000), default: 32, "Values from one trial to the next."),
        Parameter("max_buckets", .integer(1...1000), default: 5, "Buckets of one size before two are merged."),
        Parameter("min_window_length", .integer(1...1_000_000), default: 5, "The fewest values on a side of a cut."),
        Parameter("grace_period", .integer(0...1_000_000), default: 10, "Values before the first trial."),
    ]

    private static let kswin = [
        Parameter("alpha", .number(0...1), default: 0.005, "Significance of each test."),
        Parameter("window_size", .integer(2...100_000), default: 100, "Values in the window."),
        Parameter("stat_size", .integer(1...10_000), default: 30, "Newest values, and older ones drawn beside them."),
    ]

    private static let ddm = [
        Parameter("warm_start", .integer(0...10_000_000), default: 30, "Values before it may fire."),
        Parameter("drift_threshold", .number(0...1000), default: 3, "Deviations above the best rate that fire."),
    ]

    private static let eddm = [
        Parameter("warm_start", .integer(0...10_000_000), default: 30, "Errors before it may fire."),
        Parameter("beta", .number(0...1), default: 0.9, "The share of the largest distance below which it fires."),
    ]

    private static let hddm = [
        Parameter("drift_confidence", .number(1e-300...1), default: 0.001, "Significance of a change."),
        Parameter("two_sided_test", .flag, default: false, "Whether a fall of the mean counts too."),
    ]

    private static let lambda = Parameter(
        "lambda_val",
        .number(1e-6...1),
        default: 0.05,
        "The weight of the newest value."
    )
}
