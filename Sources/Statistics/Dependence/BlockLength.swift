#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How long a block of a series has to be before blocks are about independent of each other.
public enum BlockLength {
    /// The length at which the circular block bootstrap estimates the variance of a mean with the least error.
    ///
    /// `(2 G² / D)^(1/3) n^(1/3)` with `G = Σ λ(k/M) |k| R(k)` and `D = 4/3 (Σ λ(k/M) R(k))²` over autocovariances R,
    /// weighted by a flat top that ends at `M`, twice the lag after which no correlation stands out. The same as
    /// `arch.bootstrap.optimal_block_length`, and not rounded.
    ///
    /// - Parameter series: Finite numbers in the order of time.
    /// - Returns: At most `min(3 √n, n/3)` rounded up; 1 for fewer than 10 values or where all are equal.
    /// - Complexity: O(*n* √*n*), less where correlations fade soon.
    ///
    /// Source: D. N. Politis and H. White (2004), "Automatic block-length selection for the dependent bootstrap",
    /// Econometric Reviews 23, pp. 53–70; A. Patton, D. N. Politis and H. White (2009), the correction, Econometric
    /// Reviews 28, pp. 372–375.
    public static func circular(_ series: [Double]) -> Double {
        let count = series.count
        guard count >= 10 else { return 1 }
        let size = Double(count)
        let mean = series.reduce(0, +) / size
        let values = series.map { $0 - mean }
        let squares = values.reduce(0) { $0 + $1 * $1 }
        guard squares > 0 else { return 1 }

        let run = max(5, Int(log10(size)))  // correlations in a row that have to be small
        let bound = 2 * (log10(size) / size).squareRoot()
        let largestLag = Int(size.squareRoot().rounded(.up)) + run
        var covariances: [Double] = []
        var small = 0
        var quiet: Int?
        for lag in 0...largestLag {
            // Enough is known once twice the quiet lag has been reached.
            if let quiet, lag > 2 * max(quiet, 1) { break }
            let product = (lag..<count).reduce(0.0) { $0 + values[$1] * values[$1 - lag] }
            covariances.append(product / size)
            // As many correlations as `run` before this lag were small.
            if lag >= run, quiet == nil, small >= run { quiet = lag - run }
            let later = values[(lag + 1)...].reduce(0) { $0 + $1 * $1 }
            let earlier = values[..<(count - lag - 1)].reduce(0) { $0 + $1 * $1 }
            let correlation = abs(product) / (later * earlier).squareRoot()
            small = correlation < bound ? small + 1 : 0  // no number is small
        }
        let window = min(quiet.map { 2 * max($0, 1) } ?? largestLag, largestLag)
        var weighted = 0.0
        var total = covariances[0]
        for lag in 1...window where lag < covariances.count {
            let share = Double(lag) / Double(window)
            let weight = share <= 0.5 ? 1 : 2 * (1 - share)
            weighted += 2 * weight * Double(lag) * covariances[lag]
            total += 2 * weight * covariances[lag]
        }
        let most = min(3 * size.squareRoot(), size / 3).rounded(.up)
        guard total != 0 else { return most }
        return min(most, cbrt(2 * weighted * weighted / (4 / 3 * total * total)) * cbrt(size))
    }
}
