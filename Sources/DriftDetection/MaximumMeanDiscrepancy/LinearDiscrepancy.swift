import Methods
import Statistics
import Tensors

/// The squared maximum mean discrepancy by random features, in time and memory linear in the rows.
///
/// With features of norm 1 the unbiased estimate is `(‖S_x‖² − n) / n(n−1) + (‖S_y‖² − m) / m(m−1) − 2 S_x · S_y / nm`
/// for sums S of features. The reference's sum is known from fitting; of the reference only the rows that permutations call
/// the window are mapped. Given the features the test is exact, whatever their number: they only decide what it can see.
struct LinearDiscrepancy {
    private let sample: SplitSample
    private let features: RandomFeatures
    private let total: [Double]
    private let referenceSum: [Double]
    private let windowSum: [Double]

    /// Reference rows whose features the interval of the effect is computed from, at most.
    private static let varianceRows = 2_000

    /// - Parameter referenceSum: The sum of the reference rows' features.
    init(_ sample: SplitSample, _ features: RandomFeatures, referenceSum: [Double]) throws {
        self.sample = sample
        self.features = features
        self.referenceSum = referenceSum
        let window = try sample.window.map { try FeatureSums.total($0, features) } ?? []
        windowSum = window
        total = zip(referenceSum, window).map(+)
    }

    private var n: Double { Double(sample.reference.rows) }
    private var m: Double { Double(sample.window?.rows ?? 0) }

    /// The estimates of several memberships.
    func squared(_ memberships: Memberships) throws -> [Double] {
        let sums = try FeatureSums.sums(sample, memberships, features)
        let width = features.width
        return (0..<memberships.count).map { way in squared(sums[way * width..<(way + 1) * width]) }
    }

    private func squared(_ window: ArraySlice<Double>) -> Double {
        var within = 0.0
        var other = 0.0
        var cross = 0.0
        for (y, all) in zip(window, total) {
            let x = all - y
            within += y * y
            other += x * x
            cross += x * y
        }
        return (other - n) / (n * (n - 1)) + (within - m) / (m * (m - 1)) - 2 * cross / (n * m)
    }

    /// The discrepancy with its interval, as ``Discrepancy/effect(null:)``, the reference's variance from at most 2,000
    /// rows that lie evenly in it.
    func effect(_ squared: Double, null: [Double]) throws -> Effect {
        guard let window = sample.window else { preconditionFailure("an effect is that of a window") }
        let step = max(1, sample.reference.rows / Self.varianceRows)
        let indices = Array(stride(from: 0, to: sample.reference.rows, by: step))
        let reference = try heights(sample.reference.selectingRows(indices), own: referenceSum, n, windowSum, m)
        let fromWindow = try heights(window, own: windowSum, m, referenceSum, n)
        let variance = 4 * (reference.variance / n + fromWindow.variance / m)
        return Discrepancy.effect(squared, variance: variance, null: null)
    }

    /// Each row's mean similarity to its own sample less that to the other.
    private func heights(
        _ rows: Tensor<Float>,
        own: [Double],
        _ ownRows: Double,
        _ other: [Double],
        _ otherRows: Double
    ) throws -> Moments {
        let width = features.width
        let block = 256
        let values = UnsafeMutablePointer<Float>.allocate(capacity: block * width)
        defer { values.deallocate() }
        var moments = Moments()
        for first in stride(from: 0, to: rows.rows, by: block) {
            let count = min(block, rows.rows - first)
            try features.fill(rows.rows(first..<first + count), into: values)
            for row in 0..<count {
                var height = -1 / (ownRows - 1)  // a row's similarity to itself does not count
                for index in 0..<width {
                    height +=
                        Double(values[row * width + index]) * (own[index] / (ownRows - 1) - other[index] / otherRows)
                }
                moments.add(height)
            }
        }
        return moments
    }
}
