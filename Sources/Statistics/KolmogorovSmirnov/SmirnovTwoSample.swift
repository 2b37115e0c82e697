/// The exact distribution of the two-sided two-sample statistic, for samples without ties.
///
/// Under the null hypothesis every order of the pooled values is equally likely: a random lattice path from (0, 0) to
/// (n, m). The p-value is the share of paths that reach a point where the two functions lie `D` apart.
enum SmirnovTwoSample {
    /// Whether all gaps are multiples of one fraction that fits into 32 bits.
    static func isCountable(_ n: Int, _ m: Int) -> Bool {
        let divisor = greatestCommonDivisor(n, m)
        return Double(n / divisor) * Double(m) < 2_147_483_648
    }

    /// The chance of a gap of at least `d`.
    static func survival(_ d: Double, _ n: Int, _ m: Int) -> Double {
        let divisor = greatestCommonDivisor(n, m)
        let multiple = n / divisor * m
        let steps = Int((d * Double(multiple)).rounded(.toNearestOrEven))  // D is a whole multiple of 1 / lcm
        guard steps > 0 else { return 1 }
        return n == m ? square(n, steps) : outside(n, m, divisor, steps)
    }

    /// Equal sizes, by reflection: `2 Σ (−1)^(k+1) C(2n, n − kh) / C(2n, n)`, nested so that nothing cancels.
    ///
    /// Source: B. V. Gnedenko and V. S. Korolyuk (1951), Doklady Akademii Nauk SSSR 80, pp. 525–528.
    private static func square(_ n: Int, _ h: Int) -> Double {
        var result = 0.0
        for k in stride(from: n / h, through: 0, by: -1) {
            var ratio = 1.0  // C(2n, n − (k+1)h) / C(2n, n − kh)
            for j in 0..<h {
                ratio = Double(n - k * h - j) * ratio / Double(n + k * h + j + 1)
            }
            result = ratio * (1 - result)
        }
        return 2 * result
    }

    /// Any sizes: the share of paths to (x, y) that have been outside, from its two predecessors.
    ///
    /// The last step came along x with chance x / (x + y). All terms are positive, so small p-values keep their digits.
    ///
    /// Source: J. L. Hodges (1958), Arkiv för Matematik 3, pp. 469–486, "inside method", turned round to shares.
    private static func outside(_ n: Int, _ m: Int, _ divisor: Int, _ h: Int) -> Double {
        let (big, small) = (max(n, m), min(n, m))
        let (stepX, stepY) = (small / divisor, big / divisor)  // |x · stepX − y · stepY| ≥ h is outside
        // share[y] for the current x; everything outside of the band counts 1.
        var share = [Double](repeating: 1, count: small + 1)
        share.withUnsafeMutableBufferPointer { share in
            for x in 0...big {
                // The y strictly inside: (x · stepX − h) / stepY < y < (x · stepX + h) / stepY.
                let low = max(0, floorDivision(x * stepX - h, stepY) + 1)
                let high = min(small, floorDivision(x * stepX + h - 1, stepY))
                if low > 0, low <= small + 1 { share[low - 1] = 1 }
                guard low <= high else { continue }
                for y in low...high {
                    guard x + y > 0 else {
                        share[0] = 0
                        continue
                    }
                    let fromLeft = x > 0 ? share[y] * Double(x) : 0
                    let fromBelow = y > 0 ? share[y - 1] * Double(y) : 0
                    share[y] = (fromLeft + fromBelow) / Double(x + y)
                }
            }
        }
        return share[small]
    }

    private static func floorDivision(_ a: Int, _ b: Int) -> Int {
        let quotient = a / b
        return a % b < 0 ? quotient - 1 : quotient
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        var (a, b) = (a, b)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }
}
