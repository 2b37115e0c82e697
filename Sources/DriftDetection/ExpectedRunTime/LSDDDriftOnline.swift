package import Methods
package import Tensors

/// The least-squares density difference between a part of the reference and the newest rows, at each row, with
/// thresholds by expected run time.
///
/// Kernels are taken at centres that were drawn from the reference and take no further part. The window begins with rows
/// of the reference that are neither centres nor compared with, and takes the stream's in their place. Centres, the
/// compared part's mean kernels, the first window, λ and the thresholds are made once, when the test is fitted, and kept:
/// a test that is loaded, or goes on from a state, is the one that was fitted.
///
/// - Complexity: O(*c d + c² + W c*) a row for *c* centres and a window of *W*.
///
/// Sources: L. Bu, C. Alippi and D. Zhao (2018), IEEE TNNLS 29(2); O. Cobb, A. Van Looveren and J. Klaise (2022),
/// arXiv:2108.00883.
package struct LSDDDriftOnline: SequentialTest {
    let features: CentreFeatures
    /// What each square of a difference counts.
    let weights: [Double]
    /// The mean of the compared rows, in the eigenvectors.
    let referenceMean: [Double]
    /// The window's rows before the stream, row-major.
    let firstWindow: [Float]
    let windowSize: Int
    let thresholds: [Double]
    let expectedRunTime: Double

    package var width: Int { features.width }
    package let largestEffect = Double.infinity
    package let restartsAfterDetection = true

    /// What a fitted test is made of.
    package struct Parts {
        /// Rows in their own unit, shape `[c, d]`.
        package var centres: Tensor<Float>
        /// What is taken from each column, and what it is then divided by.
        package var offset: [Double]
        package var deviation: [Double]
        /// Widths of the kernel, in standard deviations.
        package var sigmas: [Double]
        /// λ.
        package var strength: Double
        /// The mean kernels of the compared rows with the centres.
        package var referenceKernels: [Double]
        /// Shape `[window, d]`, in their own unit.
        package var firstWindow: Tensor<Float>
        /// One a row, the last one for all later rows.
        package var thresholds: [Double]
        package var expectedRunTime: Double

        package init(
            centres: Tensor<Float>,
            offset: [Double],
            deviation: [Double],
            sigmas: [Double],
            strength: Double,
            referenceKernels: [Double],
            firstWindow: Tensor<Float>,
            thresholds: [Double],
            expectedRunTime: Double
        ) {
            self.centres = centres
            self.offset = offset
            self.deviation = deviation
            self.sigmas = sigmas
            self.strength = strength
            self.referenceKernels = referenceKernels
            self.firstWindow = firstWindow
            self.thresholds = thresholds
            self.expectedRunTime = expectedRunTime
        }
    }

    /// Puts a test together from parts that fit each other.
    ///
    /// - Throws: What the decomposition of the centres' kernels throws.
    /// - Complexity: O(*c³ + c² d*).
    package init(_ parts: Parts) throws {
        features = try CentreFeatures(
            centres: parts.centres.elements,
            offset: parts.offset,
            deviation: parts.deviation,
            sigmas: parts.sigmas
        )
        weights = features.difference.weights(parts.strength)
        referenceMean = features.difference.rotated(vector: parts.referenceKernels)
        firstWindow = parts.firstWindow.elements
        windowSize = parts.firstWindow.rows
        thresholds = parts.thresholds
        expectedRunTime = parts.expectedRunTime
    }

    package func start(run: UInt64) -> any SequentialState { LSDDWindow(test: self, rows: firstWindow, time: 0) }

    package func resume(from words: inout StateWordReader) throws(MethodError) -> any SequentialState {
        let rows = try words.floats(atMost: firstWindow.count)
        guard rows.count == firstWindow.count else { throw StateWordReader.foreign("its window has another size") }
        return LSDDWindow(test: self, rows: rows, time: try words.integer())
    }
}

/// The newest rows, with their features: each row keeps its place until it leaves.
private struct LSDDWindow: SequentialState {
    private let test: LSDDDriftOnline
    private var rows: [Float]
    private var time: Int
    /// Row-major `[window, centres]`.
    private var features: [Double]
    private var estimate = Double.nan

    init(test: LSDDDriftOnline, rows: [Float], time: Int) {
        self.test = test
        self.rows = rows
        self.time = time
        features = Array(repeating: 0, count: test.windowSize * test.features.count)
        for place in 0..<test.windowSize { map(place) }
        compare()
    }

    mutating func take(_ row: UnsafeBufferPointer<Float>) {
        let place = time % test.windowSize
        for column in 0..<test.width { rows[place * test.width + column] = row[column] }
        map(place)
        compare()
        time += 1
    }

    private mutating func map(_ place: Int) {
        rows.withUnsafeBufferPointer { rows in
            features.withUnsafeMutableBufferPointer { features in
                guard let row = rows.baseAddress, let target = features.baseAddress else { return }
                test.features.rotated(row + place * test.width, into: target + place * test.features.count)
            }
        }
    }

    /// The sums are made anew each time, in the order of places: nothing piles up over a million rows, and a state that
    /// is read back has the same ones.
    private mutating func compare() {
        let count = test.features.count
        estimate = features.withUnsafeBufferPointer { features in
            var sum = 0.0
            for centre in 0..<count {
                var mean = 0.0
                for place in 0..<test.windowSize { mean += features[place * count + centre] }
                let gap = test.referenceMean[centre] - mean / Double(test.windowSize)
                sum += test.weights[centre] * gap * gap
            }
            return sum
        }
    }

    var answer: SequentialAnswer {
        let threshold = time == 0 ? .infinity : test.thresholds[min(time, test.thresholds.count) - 1]
        // What passes the threshold once in `ert` rows is the width of what chance does.
        let margin = test.thresholds[test.thresholds.count - 1]
        return SequentialAnswer(
            isDrift: time > 0 && estimate > threshold,
            time: time,
            statistic: time == 0 ? .nan : estimate,
            threshold: threshold,
            expectedRunTime: test.expectedRunTime,
            effect: Effect(name: "lsdd", value: estimate, low: max(0, estimate - margin), high: estimate + margin)
        )
    }

    func write(to words: inout StateWords) {
        words.append(rows)
        words.append(time)
    }
}
