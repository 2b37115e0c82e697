package import Methods
package import Tensors

/// The maximum mean discrepancy between a part of the reference and the newest rows, at each row, with thresholds by
/// expected run time.
///
/// The window begins with rows of the reference that are not compared with, and takes the stream's in their place. The
/// compared part, the first window, the thresholds and the kernel's width are made once, when the test is fitted, and
/// kept.
///
/// - Complexity: O(*R* · *d* + *W* · *d* + *W²*) a row for *R* compared rows and a window of *W*.
///
/// Source: O. Cobb, A. Van Looveren and J. Klaise (2022), arXiv:2108.00883.
package struct MMDDriftOnline: SequentialTest {
    let reference: BlockedRows
    /// The mean kernel of two different compared rows.
    let referenceMean: Double
    /// The window's rows before the stream, row-major.
    let firstWindow: [Float]
    let windowSize: Int
    let kernel: GaussianKernel
    let thresholds: [Double]
    let expectedRunTime: Double

    package var width: Int { reference.width }
    package let largestEffect = 2.0.squareRoot()
    package let restartsAfterDetection = true

    /// Puts a test together from what fitting kept.
    ///
    /// - Parameters:
    ///   - compared: Shape `[n, d]`.
    ///   - referenceMean: The mean kernel of two different compared rows.
    ///   - firstWindow: Shape `[window, d]`.
    ///   - thresholds: One a row, the last one for all later rows.
    package init(
        compared: Tensor<Float>,
        referenceMean: Double,
        firstWindow: Tensor<Float>,
        kernel: GaussianKernel,
        thresholds: [Double],
        expectedRunTime: Double
    ) {
        reference = BlockedRows(compared.elements, width: compared.elementsPerRow)
        self.referenceMean = referenceMean
        self.firstWindow = firstWindow.elements
        windowSize = firstWindow.rows
        self.kernel = kernel
        self.thresholds = thresholds
        self.expectedRunTime = expectedRunTime
    }

    package func start(run: UInt64) -> any SequentialState { MMDWindow(test: self, rows: firstWindow, time: 0) }

    package func resume(from words: inout StateWordReader) throws(MethodError) -> any SequentialState {
        let rows = try words.floats(atMost: firstWindow.count)
        guard rows.count == firstWindow.count else { throw StateWordReader.foreign("its window has another size") }
        return MMDWindow(test: self, rows: rows, time: try words.integer())
    }
}

/// The newest rows, with their kernels: each row keeps its place until it leaves.
private struct MMDWindow: SequentialState {
    private let test: MMDDriftOnline
    private var rows: [Float]
    private var time: Int
    /// For each place, the sum of its kernels with the compared rows.
    private var cross: [Double]
    /// The kernels of each two places; 0 on the diagonal.
    private var within: [Double]

    init(test: MMDDriftOnline, rows: [Float], time: Int) {
        self.test = test
        self.rows = rows
        self.time = time
        cross = Array(repeating: 0, count: test.windowSize)
        within = Array(repeating: 0, count: test.windowSize * test.windowSize)
        for place in 0..<test.windowSize { measure(place) }
    }

    mutating func take(_ row: UnsafeBufferPointer<Float>) {
        let place = time % test.windowSize
        for column in 0..<test.width { rows[place * test.width + column] = row[column] }
        measure(place)
        time += 1
    }

    private mutating func measure(_ place: Int) {
        let size = test.windowSize
        rows.withUnsafeBufferPointer { rows in
            guard let base = rows.baseAddress else { return }
            let row = base + place * test.width
            cross[place] = test.reference.kernelSum(row, test.kernel)
            for other in 0..<size where other != place {
                let kernel = test.kernel.similarity(row, base + other * test.width, width: test.width)
                within[place * size + other] = kernel
                within[other * size + place] = kernel
            }
        }
    }

    private var squared: Double {
        let size = Double(test.windowSize)
        return test.referenceMean + within.reduce(0, +) / (size * (size - 1))
            - 2 * cross.reduce(0, +) / (size * Double(test.reference.count))
    }

    var answer: SequentialAnswer {
        let statistic = time == 0 ? Double.nan : squared
        let threshold = time == 0 ? .infinity : test.thresholds[min(time, test.thresholds.count) - 1]
        let effect = max(0, squared).squareRoot()
        // What passes the threshold once in `ert` rows is the width of what chance does.
        let margin = max(0, test.thresholds[test.thresholds.count - 1])
        return SequentialAnswer(
            isDrift: time > 0 && statistic > threshold,
            time: time,
            statistic: statistic,
            threshold: threshold,
            expectedRunTime: test.expectedRunTime,
            effect: Effect(
                name: "mmd",
                value: effect,
                low: max(0, squared - margin).squareRoot(),
                high: max(0, squared + margin).squareRoot()
            )
        )
    }

    func write(to words: inout StateWords) {
        words.append(rows)
        words.append(time)
    }
}
