#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `P(D_n ≤ d)` by the first four terms of its expansion in `1/√n`, for large samples.
///
/// Source: W. Pelz and I. J. Good (1976), "Approximating the lower tail-areas of the Kolmogorov–Smirnov one-sample
/// statistic", Journal of the Royal Statistical Society B 38, pp. 152–156.
enum PelzGood {
    static func cumulative(_ d: Double, count: Int) -> Double {
        let n = Double(count)
        let z = n.squareRoot() * d
        let (z2, z4, z6, z8) = (z * z, pow(z, 4), pow(z, 6), pow(z, 8))
        let (pi2, pi4, pi6) = (Double.pi * .pi, pow(Double.pi, 4), pow(Double.pi, 6))
        guard -pi2 / (8 * z2) > -708 else { return 0 }  // below, every term underflows
        var sums = (0.0, 0.0, 0.0, 0.0)
        var extra = (0.0, 0.0)
        for k in stride(from: Int((16 * z / .pi).rounded(.up)), through: 1, by: -1) {
            let half = Double(k) - 0.5
            let (h2, h4, h6) = (half * half, pow(half, 4), pow(half, 6))
            let odd = exp(-pi2 * h2 / (2 * z2))
            sums.0 += odd
            sums.1 += (pi2 * h2 - z2) * odd
            sums.2 += (6 * z6 + 2 * z4 + pi2 * (2 * z4 - 5 * z2) * h2 + pi4 * (1 - 2 * z2) * h4) * odd
            sums.3 +=
                odd
                * (-30 * z6 - 90 * z8 + pi2 * (135 * z4 - 96 * z6) * h2 + pi4 * (212 * z4 - 60 * z2) * h4
                    + pi6 * (5 - 30 * z2) * h6)
            let whole = Double(k)
            let (w2, w4) = (whole * whole, pow(whole, 4))
            let even = exp(-pi2 * w2 / (2 * z2))
            extra.0 += w2 * even
            extra.1 += (3 * pi2 * w2 * z2 - pi4 * w4) * even
        }
        let root = (2 * Double.pi).squareRoot()
        let k0 = root / z * sums.0
        let k1 = root / (6 * z4) * sums.1
        let k2 = root / (72 * pow(z, 7)) * sums.2 - root * pi2 / (36 * pow(z, 3)) * extra.0
        let k3 = root / (6480 * pow(z, 10)) * sums.3 + root / (216 * z6) * extra.1
        return k0 + k1 / n.squareRoot() + k2 / n + k3 / (n * n.squareRoot())
    }
}
