#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The exact law of the two-sample Cramér–von Mises criterion for samples without ties.
///
/// Every order of the pooled values is a lattice path from (0, 0) to (n, m), and all are equally likely. The criterion
/// grows by the square of the distance from the diagonal at each point that a path meets; how many paths lead to each sum
/// follows from the two points before.
///
/// Source: Y. Xiao, A. Gordon and A. Yakovlev (2007), "A C++ program for the Cramér–von Mises two-sample test", Journal
/// of Statistical Software 17(8).
enum CramerVonMisesTwoSample {
    /// Whether the number of paths is whole in double precision and the sums are few enough to keep.
    static func isCountable(_ n: Int, _ m: Int) -> Bool { n * m <= 1_000 && n + m <= 50 }

    /// The chance of a criterion that is at least as large, from `gapSquares` of ``RankComparison``.
    static func survival(gapSquares: Double, _ n: Int, _ m: Int) -> Double {
        let multiple = n / greatestCommonDivisor(n, m) * m
        let (stepN, stepM) = (multiple / n, multiple / m)
        let product = Double(n * m)
        // A ten millionth for rounding: sums are whole.
        let bound = Int((1e-7 + Double(multiple * multiple) * gapSquares / (product * product)).rounded(.down))
        // paths[v]: for the current u, how many paths to (v, u) have each sum.
        var paths = [[Int: Double]](repeating: [:], count: n + 1)
        paths[0][0] = 1
        for u in 0...m {
            var left: [Int: Double] = [:]
            for v in 0...n {
                var here = left
                here.merge(paths[v]) { $0 + $1 }
                let distance = stepN * v - stepM * u
                let added = distance * distance
                left = [:]
                left.reserveCapacity(here.count)
                for (sum, count) in here { left[sum + added] = count }
                paths[v] = left
            }
        }
        var reached = 0.0
        var all = 0.0
        // In order of the sums, so that the same samples give the same bits in every process.
        for (sum, count) in paths[n].sorted(by: { $0.key < $1.key }) {
            all += count
            if sum >= bound { reached += count }
        }
        return reached / all
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        var (a, b) = (a, b)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }
}
