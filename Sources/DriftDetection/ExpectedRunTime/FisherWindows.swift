import Methods
import Statistics

/// A reference column of zeros and ones: what windows are compared with by Fisher's exact test.
///
/// The statistic of a window is 1 less its p-value, smoothed over time as `(1 − λ) · before + λ · now`, which tells apart
/// what the few values of a discrete test do not.
///
/// Source: G. J. Ross, D. K. Tasoulis and N. M. Adams (2013), "Sequential monitoring of a Bernoulli sequence when the
/// pre-change parameter is unknown", Computational Statistics 28.
struct FisherReference: StreamColumn {
    /// What is asked of each window.
    struct Question: Sendable, Equatable {
        let windows: WindowSizes
        let alternative: FisherExact.Alternative
        /// λ, above 0 and at most 1.
        let smoothing: Double
    }

    let question: Question
    let rate: Double
    let count: Int
    /// For each size the statistic by the ones in the window, before it is smoothed.
    let tables: [[Double]]

    /// - Complexity: O(Σ *w²*).
    init(ones: Int, of count: Int, question: Question) {
        self.question = question
        self.count = count
        rate = Double(ones) / Double(count)
        tables = question.windows.sizes.map { size in
            (0...size).map { inWindow in
                1
                    - FisherExact.pValue(
                        successes: (inWindow, ones),
                        failures: (size - inWindow, count - ones),
                        alternative: question.alternative
                    )
            }
        }
    }

    var emptyWindow: FisherWindows { FisherWindows(reference: self) }
}

/// The newest zeros and ones of a column, counted in windows of several sizes.
///
/// - Complexity: O(windows) a value.
struct FisherWindows: StreamWindow {
    private let reference: FisherReference
    private var newest: [Bool]
    private var count = 0
    private var ones: [Int]
    /// The smoothed statistic of each window; NaN until it is full.
    private var smoothed: [Double]

    init(reference: FisherReference) {
        self.reference = reference
        let windows = reference.question.windows
        newest = Array(repeating: false, count: windows.largest)
        ones = windows.sizes.map { _ in 0 }
        smoothed = windows.sizes.map { _ in .nan }
    }

    mutating func take(_ key: OrderKey) {
        let isOne = key > 0
        let smoothing = reference.question.smoothing
        for (place, size) in reference.question.windows.sizes.enumerated() {
            if count >= size, newest[(count - size) % newest.count] { ones[place] -= 1 }
            if isOne { ones[place] += 1 }
            guard count + 1 >= size else { continue }
            let now = reference.tables[place][ones[place]]
            let before = smoothed[place]
            smoothed[place] = before.isNaN ? now : (1 - smoothing) * before + smoothing * now
        }
        newest[count % newest.count] = isOne
        count += 1
    }

    var statistic: Double {
        var largest = smoothed[0]
        for value in smoothed where value > largest { largest = value }
        return largest
    }

    var effect: (value: Double, margin: Double) {
        let sizes = reference.question.windows.sizes
        guard let full = sizes.indices.last(where: { count >= sizes[$0] }) else { return (0, 1) }
        let size = Double(sizes[full])
        let rate = Double(ones[full]) / size
        // Half a one more on each side, so that a rate of 0 is not without doubt.
        func variance(_ rate: Double, _ count: Double) -> Double {
            let moved = (rate * count + 0.5) / (count + 1)
            return moved * (1 - moved) / count
        }
        let variances = variance(rate, size) + variance(reference.rate, Double(reference.count))
        return (abs(rate - reference.rate), 1.959964 * variances.squareRoot())
    }

    func write(to words: inout StateWords) {
        let kept = min(count, newest.count)
        words.append((count - kept..<count).map { newest[$0 % newest.count] ? 1 : 0 as Float })
        words.append(count)
        words.append(smoothed)
    }

    mutating func restore(from words: inout StateWordReader) throws(MethodError) {
        let kept = try words.floats(atMost: newest.count)
        let count = try words.integer()
        let smoothed = try words.numbers(atMost: self.smoothed.count)
        guard kept.count == min(count, newest.count), smoothed.count == self.smoothed.count else {
            throw StateWordReader.foreign("its window has another size")
        }
        self = FisherWindows(reference: reference)
        self.count = count - kept.count
        for (place, value) in kept.enumerated() { newest[(self.count + place) % newest.count] = value > 0 }
        for (place, size) in reference.question.windows.sizes.enumerated() {
            ones[place] = kept.suffix(size).count { $0 > 0 }
        }
        self.count = count
        self.smoothed = smoothed
    }
}
