import Methods

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A row as its kernels with fixed centres, in the eigenvectors of the centres' own kernels: the density difference of
/// two samples is then a weighted sum of squares of the difference of their means.
///
/// In double precision: what λ damps little, single precision would drown.
struct CentreFeatures: Sendable {
    let count: Int
    let width: Int
    private let offset: [Double]
    private let deviation: [Double]
    /// Standardised centres, row-major.
    private let centres: [Double]
    private let gammas: [Double]
    let difference: DensityDifference

    /// - Parameters:
    ///   - centres: Rows in their own unit, row-major.
    ///   - offset: What is taken from each column.
    ///   - deviation: What it is then divided by.
    /// - Throws: What the decomposition throws.
    /// - Complexity: O(*c³ + c² d*).
    init(centres: [Float], offset: [Double], deviation: [Double], sigmas: [Double]) throws {
        let width = offset.count
        let count = centres.count / width
        let standardised = centres.enumerated().map { (Double($1) - offset[$0 % width]) / deviation[$0 % width] }
        func kernels(_ gammas: [Double]) -> [Double] {
            (0..<count * count).map { place in
                var squares = 0.0
                for column in 0..<width {
                    let gap =
                        standardised[place / count * width + column] - standardised[place % count * width + column]
                    squares += gap * gap
                }
                return gammas.reduce(0) { $0 + exp(-$1 * squares) } / Double(gammas.count)
            }
        }
        // Of the width √2 σ.
        difference = try DensityDifference(kernels: kernels(sigmas.map { 1 / (4 * $0 * $0) }))
        gammas = sigmas.map { 1 / (2 * $0 * $0) }
        self.centres = standardised
        self.offset = offset
        self.deviation = deviation
        self.count = count
        self.width = width
    }

    /// Writes the kernels of a row with the centres.
    ///
    /// - Complexity: O(*c d*).
    func kernels(of row: UnsafePointer<Float>, into target: UnsafeMutablePointer<Double>) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { scaled in
            for column in 0..<width { scaled[column] = (Double(row[column]) - offset[column]) / deviation[column] }
            centres.withUnsafeBufferPointer { centres in
                for centre in 0..<count {
                    var squares = 0.0
                    let start = centre * width
                    for column in 0..<width {
                        let gap = scaled[column] - centres[start + column]
                        squares += gap * gap
                    }
                    var sum = 0.0
                    for gamma in gammas { sum += exp(-gamma * squares) }
                    target[centre] = sum / Double(gammas.count)
                }
            }
        }
    }

    /// Writes what a row's kernels are in the eigenvectors.
    ///
    /// - Complexity: O(*c d + c²*).
    func rotated(_ row: UnsafePointer<Float>, into target: UnsafeMutablePointer<Double>) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { kernels in
            guard let base = kernels.baseAddress else { return }
            self.kernels(of: row, into: base)
            difference.rotate(base, into: target)
        }
    }
}
