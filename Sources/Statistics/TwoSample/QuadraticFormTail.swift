#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The laws that the Cramér–von Mises and Anderson–Darling statistics tend to: `Σ zⱼ² / μⱼ` of standard normal z.
///
/// With `D(u) = Π (1 − u / μⱼ)` the chance of more than x is `1/π Σ (−1)^(k+1) ∫ e^(−xu/2) / (u √|D(u)|) du`, each
/// integral from μ₂ₖ₋₁ to μ₂ₖ. The first term dominates the tail, so small p-values keep their digits, where one minus
/// the distribution function would have none. The ends of each interval are singular like an inverse root; the
/// substitution by a cosine makes the integrand smooth and even, for which the midpoint rule converges exponentially.
///
/// Source: N. V. Smirnov (1936), "Sur la distribution de ω²", Comptes rendus de l'Académie des sciences 202,
/// pp. 449–452; T. W. Anderson and D. A. Darling (1952), Annals of Mathematical Statistics 23, pp. 193–212.
package enum QuadraticFormTail {
    /// μⱼ = (jπ)²: the chance that the limit of the Cramér–von Mises statistic exceeds x.
    package static func cramerVonMises(_ x: Double) -> Double {
        guard x >= 0.003 else { return x.isNaN ? .nan : 1 }  // the chance below is under 1e−17
        // u = t² with t from (2k − 1)π to 2kπ; −sin t is sin s for s = t − (2k − 1)π.
        return sum(x, lowest: { Double(2 * $0 - 1) * .pi }, eigenvalue: { $0 * $0 }) { t, s in
            2 / t * (t / sin(s)).squareRoot()
        }
    }

    /// μⱼ = j(j + 1): the chance that the limit of the Anderson–Darling statistic exceeds x.
    package static func andersonDarling(_ x: Double) -> Double {
        guard x >= 0.03 else { return x.isNaN ? .nan : 1 }
        // u = z² − ¼ with t = πz from (2k − ½)π; |cos t| is sin s for s = t − (2k − ½)π, and du = 2t dt / π².
        return sum(x, lowest: { (Double(2 * $0) - 0.5) * .pi }, eigenvalue: { $0 * $0 / (.pi * .pi) - 0.25 }) { t, s in
            let u = t * t / (.pi * .pi) - 0.25
            return 2 * t / (.pi * .pi) / u * (.pi * u / sin(s)).squareRoot()
        }
    }

    private static let nodes = 128
    /// `s`, from 0 to π, and its slope times the step, at the midpoints.
    private static let grid: [(s: Double, weight: Double)] = (0..<nodes).map { index in
        let angle = (Double(index) + 0.5) * .pi / Double(nodes)
        // 1 − cos as 2 sin², because s near 0 has to keep its digits.
        let half = sin(angle / 2)
        return (.pi * half * half, .pi / 2 * sin(angle) * .pi / Double(nodes))
    }

    private static func sum(
        _ x: Double,
        lowest: (Int) -> Double,
        eigenvalue: (Double) -> Double,
        _ factor: (_ t: Double, _ s: Double) -> Double
    ) -> Double {
        var total = 0.0
        for k in 1...200 {
            let start = lowest(k)
            guard x * eigenvalue(start) / 2 < 745 else { break }  // all that follows is 0
            var integral = 0.0
            for (s, weight) in grid {
                let t = start + s
                // Near the upper end sin s is that of the distance to it.
                integral += weight * factor(t, s) * exp(-x * eigenvalue(t) / 2)
            }
            let term = integral / .pi
            total += k % 2 == 1 ? term : -term
            if term < total * 1e-17 { break }
        }
        return min(1, max(0, total))
    }
}
