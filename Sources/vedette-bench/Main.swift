import Foundation

/// Our side of the comparisons in scripts/bench.
///
///     vedette-bench                    the payload path, as JSON lines
///     vedette-bench decoding           the decoder of payloads in each dialect, as JSON lines
///     vedette-bench json               what the JSON reader makes of texts; see scripts/reference/json
///     vedette-bench kernels            the inner loops that are written by hand, as JSON lines
///     vedette-bench journal SECONDS    the journal and a plain file, each case for so long, as JSON lines
///     vedette-bench nets CASE STEPS    one case of scripts/bench/nets: prints `ready`, then one JSON line per line read
///     vedette-bench drift FOLDER METHOD WINDOWS [SETTINGS]   one case of scripts/bench/drift, told in the same way
///     vedette-bench drift-sizes …                    how often tests of columns flag clean windows, as a table
///     vedette-bench test-sizes …                     how often joint tests of windows do
///     vedette-bench drift-pairs FOLDER METHOD [SETTINGS]   our side of scripts/bench/drift-power
///     vedette-bench dependence …                     how often tests flag clean windows whose rows depend on each other
///     vedette-bench detectable WINDOWS               how often changes are found that a verdict says it would find
///     vedette-bench drift-power WINDOWS [METHOD …]   how often joint tests find listed changes, as a table
///     vedette-bench trees FOLDER ROWS BATCH CALLS    one case of scripts/bench/trees, told in the same way
///     vedette-bench anytime RUNS       how often clean streams are ever called drift, and how late a shift is found
///     vedette-bench run-lengths ROWS   rows to a false detection of the detectors on streams
///     vedette-bench run-times RUNS [METHOD [ERT]]    rows to the first false detection of the tests by expected run time
///     vedette-bench online             what a row costs them
@main
struct Main {
    static func main() async {
        do {
            try await run()
        } catch {
            // An error that escapes looks like a crash.
            FileHandle.standardError.write(Data("vedette-bench: \(error)\n".utf8))
            exit(64)
        }
    }

    private static func run() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        switch arguments.first {
        case nil: try PayloadCases.run()
        case "decoding": try DecodingCases.run()
        case "json": JSONCases.run()
        case "kernels": KernelCases.run()
        case "journal": try await JournalCases.run(seconds: arguments.dropFirst().first.flatMap(Double.init) ?? 3)
        case "nets": try NetCases.run(Array(arguments.dropFirst()))
        case "trees": try TreeCases.run(Array(arguments.dropFirst()))
        case "anytime": try SequentialCases.anytime(runs: arguments.dropFirst().first.flatMap { Int($0) } ?? 400)
        case "run-times":
            let rest = Array(arguments.dropFirst())
            try RunTimeCases.run(
                runs: rest.first.flatMap { Int($0) } ?? 2_000,
                only: rest.dropFirst().first,
                expected: rest.dropFirst(2).first.flatMap(Double.init) ?? 50
            )
        case "online": try RunTimeCases.update()
        case "run-lengths":
            try SequentialCases.runLengths(rows: arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000_000)
        case "drift": try DriftCases.run(Array(arguments.dropFirst()))
        case "drift-sizes": try DriftSizeCases.run(Array(arguments.dropFirst()))
        case "test-sizes": try TestSizeCases.run(Array(arguments.dropFirst()))
        case "drift-pairs": try DriftPairCases.run(Array(arguments.dropFirst()))
        case "dependence": try DependenceCases.run(Array(arguments.dropFirst()))
        case "detectable": try DetectableCases.run(Array(arguments.dropFirst()))
        case "drift-power": try DriftPowerCases.run(Array(arguments.dropFirst()))
        case let other?:
            throw UsageError(
                "there is no benchmark \(other); there are decoding, json, kernels, journal, nets, trees, anytime, run-lengths, run-times, online, drift, drift-pairs, drift-sizes, test-sizes, dependence, detectable and drift-power"
            )
        }
    }
}

/// What was wrong with the command line.
struct UsageError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
