import Methods
import Statistics
import Tensors

/// Clean streams made of the reference: some rows stand for the stream, the others are compared with.
struct LSDDSimulation {
    private let features: CentreFeatures
    private let windowSize: Int
    private let count: Int
    /// Each row's features, row-major.
    private let mapped: [Double]
    private let total: [Double]

    /// - Parameter rows: Those that are no centres.
    /// - Complexity: O(*n c (d + c)*) time, O(*n c*) memory.
    init(rows: Tensor<Float>, features: CentreFeatures, windowSize: Int) {
        let width = features.count
        var mapped = [Double](repeating: 0, count: rows.rows * width)
        rows.withUnsafeBufferPointer { values in
            mapped.withUnsafeMutableBufferPointer { target in
                guard let values = values.baseAddress, let target = target.baseAddress else { return }
                for row in 0..<rows.rows {
                    features.rotated(values + row * features.width, into: target + row * width)
                }
            }
        }
        var total = [Double](repeating: 0, count: width)
        for row in 0..<rows.rows { for place in 0..<width { total[place] += mapped[row * width + place] } }
        self.features = features
        self.windowSize = windowSize
        count = rows.rows
        self.mapped = mapped
        self.total = total
    }

    /// The mean kernels of some rows, not turned into the eigenvectors, which another machine may order otherwise.
    func meanKernels(of range: Range<Int>, _ rows: Tensor<Float>) -> [Double] {
        var sum = [Double](repeating: 0, count: features.count)
        var kernels = sum
        rows.withUnsafeBufferPointer { values in
            kernels.withUnsafeMutableBufferPointer { kernels in
                guard let values = values.baseAddress, let target = kernels.baseAddress else { return }
                for row in range {
                    features.kernels(of: values + row * features.width, into: target)
                    for place in sum.indices { sum[place] += target[place] }
                }
            }
        }
        return sum.map { $0 / Double(range.count) }
    }

    /// The differences of means at the first full window of so many streams, row-major: what λ is chosen by.
    func firstDifferences(_ runs: Int, seed: UInt64) -> [Double] {
        var differences: [Double] = []
        for run in 1...runs {
            let others = others(run, seed)
            eachDifference(others, starts: 1...1) { differences += $0 }
        }
        return differences
    }

    /// The statistic at the rows 1 to `windowSize` of so many streams.
    ///
    /// - Complexity: O(*W c*) a stream.
    func runs(_ runs: Int, weights: [Double], seed: UInt64, progress: FittingProgress) -> [[Double]] {
        (1...runs).map { run in
            if run % 1_000 == 0 { progress("thresholds", Double(run) / Double(runs)) }
            var statistics: [Double] = []
            statistics.reserveCapacity(windowSize)
            eachDifference(others(run, seed), starts: 1...windowSize) { difference in
                var sum = 0.0
                for place in weights.indices { sum += weights[place] * difference[place] * difference[place] }
                statistics.append(sum)
            }
            return statistics
        }
    }

    private func others(_ run: Int, _ seed: UInt64) -> [Int] {
        var generator = SeededGenerator(seed: seed).split(stream: 23).split(stream: UInt64(run))
        return generator.sample(2 * windowSize, of: count)
    }

    /// The difference of means of the compared rows and the window that begins at each of the starts.
    private func eachDifference(_ others: [Int], starts: ClosedRange<Int>, _ body: (_ difference: [Double]) -> Void) {
        let width = features.count
        var outside = total
        var window = [Double](repeating: 0, count: width)
        var difference = window
        for (position, row) in others.enumerated() {
            for place in 0..<width {
                let value = mapped[row * width + place]
                outside[place] -= value
                if position >= starts.lowerBound, position < starts.lowerBound + windowSize { window[place] += value }
            }
        }
        let compared = Double(count - others.count)
        for start in starts {
            if start > starts.lowerBound {
                for place in 0..<width {
                    window[place] += mapped[others[start + windowSize - 1] * width + place]
                    window[place] -= mapped[others[start - 1] * width + place]
                }
            }
            for place in 0..<width {
                difference[place] = outside[place] / compared - window[place] / Double(windowSize)
            }
            body(difference)
        }
    }
}
