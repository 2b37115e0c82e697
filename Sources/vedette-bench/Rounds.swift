import JSON

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Measures rounds of work when it is told to, so that two programs can take turns.
///
/// The driver writes one line to standard input for each round; the answer is one JSON line with the CPU time and the
/// wall time of the round, in seconds. At the end of the input the program ends.
enum Rounds {
    /// Says that everything is warm.
    ///
    /// - Parameter weights: How many numbers the network learns, which both sides must agree on.
    static func announce(weights: Int) { answer(["weights": .integer(Int64(weights))]) }

    /// Waits for the next order; `false` when there are no more.
    static func wait() -> Bool { readLine() != nil }

    /// Runs rounds until the input ends.
    static func serve(_ round: () throws -> Void) rethrows {
        while wait() {
            let started = Started()
            try round()
            started.finish()
        }
    }

    /// The beginning of a round.
    struct Started {
        private let cpu = Clock.cpuSeconds()
        private let wall = Clock.wallSeconds()

        /// Answers how long it took.
        ///
        /// - Parameter calls: The seconds of each call, where single calls were timed: their median and the time that
        ///   one in a hundred passes are answered too.
        func finish(calls: [Double] = []) {
            var line: JSONObject = [
                "cpu": .number(Clock.cpuSeconds() - cpu), "wall": .number(Clock.wallSeconds() - wall),
            ]
            let sorted = calls.sorted()
            if !sorted.isEmpty {
                line["median"] = .number(sorted[sorted.count / 2])
                line["p99"] = .number(sorted[sorted.count * 99 / 100])
            }
            answer(line)
        }
    }

    private static func answer(_ line: JSONObject) {
        print(JSONValue.object(line).text)
        // Standard output is a pipe here, which the C library would only empty when it is full.
        fflush(nil)
    }
}
