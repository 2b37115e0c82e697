/// Moore and Penrose's inverse of a small symmetric matrix, by its eigenvalues, with numpy's rule of what counts as 0.
struct SymmetricPseudoinverse {
    /// How many eigenvalues are not 0.
    let rank: Int
    private let size: Int
    private let inverses: [Double]  // of the eigenvalues, 0 for 0
    private let vectors: [Double]  // columns, row-major

    /// - Parameter matrix: Row-major, shape `[size, size]`, symmetric.
    /// - Complexity: O(*size*³) a sweep of Jacobi's rotations, of which a handful suffice.
    ///
    /// Source: C. G. J. Jacobi (1846), Journal für die reine und angewandte Mathematik 30, pp. 51–94.
    init(_ matrix: [Double], size: Int) {
        var a = matrix
        var vectors = [Double](repeating: 0, count: size * size)
        for i in 0..<size { vectors[i * size + i] = 1 }
        for _ in 0..<60 {
            var rest = 0.0
            for i in 0..<size { for j in 0..<i { rest += a[i * size + j] * a[i * size + j] } }
            if rest == 0 { break }
            for p in 0..<size {
                for q in (p + 1)..<max(size, p + 1) where a[p * size + q] != 0 {
                    Self.rotate(&a, &vectors, p, q, size)
                }
            }
        }
        let values = (0..<size).map { a[$0 * size + $0] }
        // numpy.linalg.pinv cuts at 1e−15 of the largest.
        let cut = 1e-15 * (values.map(abs).max() ?? 0)
        inverses = values.map { abs($0) > cut ? 1 / $0 : 0 }
        rank = inverses.count { $0 != 0 }
        self.size = size
        self.vectors = vectors
    }

    /// `vᵀ A⁺ v`.
    func quadraticForm(_ v: [Double]) -> Double {
        (0..<size).reduce(0.0) { sum, column in
            let projection = (0..<size).reduce(0.0) { $0 + vectors[$1 * size + column] * v[$1] }
            return sum + inverses[column] * projection * projection
        }
    }

    private static func rotate(_ a: inout [Double], _ v: inout [Double], _ p: Int, _ q: Int, _ size: Int) {
        let theta = (a[q * size + q] - a[p * size + p]) / (2 * a[p * size + q])
        let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
        let c = 1 / (t * t + 1).squareRoot()
        let s = t * c
        for k in 0..<size {
            let (x, y) = (a[k * size + p], a[k * size + q])
            a[k * size + p] = c * x - s * y
            a[k * size + q] = s * x + c * y
        }
        for k in 0..<size {
            let (x, y) = (a[p * size + k], a[q * size + k])
            a[p * size + k] = c * x - s * y
            a[q * size + k] = s * x + c * y
        }
        a[p * size + q] = 0
        a[q * size + p] = 0
        for k in 0..<size {
            let (x, y) = (v[k * size + p], v[k * size + q])
            v[k * size + p] = c * x - s * y
            v[k * size + q] = s * x + c * y
        }
    }
}
