import Methods

/// A reference column, sorted: what windows are compared with by Cramér and von Mises' criterion.
///
/// The criterion is `N w / (N + w)² · Σ (F − G)²` over all `N` reference values and all `w` of the window, `F` and `G`
/// being the shares of values that are at most so large, less its mean and over its standard deviation where both come
/// from one continuous distribution. The sum over the reference needs the ranks of the window's values alone.
///
/// Source: T. W. Anderson (1962), "On the distribution of the two-sample Cramér–von Mises criterion", Annals of
/// Mathematical Statistics 33; G. J. Ross and N. M. Adams (2012), "Two nonparametric control charts for detecting
/// arbitrary distribution changes", Journal of Quality Technology 44.
struct CramerVonMisesReference: StreamColumn {
    let windows: WindowSizes
    private let sorted: [OrderKey]
    /// For each place, the sum over it and all later ones of how many values are at most as large; only where values are
    /// equal, since otherwise it is a closed form.
    private let tail: [Double]
    /// `Σ F²` over the reference.
    private let squares: Double

    /// - Parameter sorted: Ascending, at least one.
    /// - Complexity: O(*N*).
    init(sorted: [OrderKey], windows: WindowSizes) {
        self.windows = windows
        let n = sorted.count
        let count = Double(n)
        guard (1..<n).contains(where: { sorted[$0] == sorted[$0 - 1] }) else {
            tail = []
            squares = (count + 1) * (2 * count + 1) / (6 * count)
            self.sorted = sorted
            return
        }
        var tail = [Double](repeating: 0, count: n + 1)
        var sum = 0.0
        var end = n
        for place in stride(from: n - 1, through: 0, by: -1) {
            if place + 1 < n, sorted[place] != sorted[place + 1] { end = place + 1 }
            tail[place] = tail[place + 1] + Double(end)
            sum += Double(end) * Double(end)
        }
        self.tail = tail
        self.sorted = sorted
        squares = sum / (count * count)
    }

    var emptyWindow: CramerVonMisesWindows { CramerVonMisesWindows(reference: self) }

    /// Where a value stands among the reference.
    func entry(_ key: OrderKey) -> CramerVonMisesWindows.Entry {
        let below = sorted.firstPlace { $0 >= key }
        var upTo = below
        while upTo < sorted.count, sorted[upTo] == key, upTo < below + 8 { upTo += 1 }
        if upTo == below + 8 { upTo = sorted.firstPlace { $0 > key } }
        return CramerVonMisesWindows.Entry(key: key, below: Int32(below), upTo: Int32(upTo))
    }

    /// The standardised criterion of a window.
    ///
    /// - Parameter window: Ascending.
    /// - Complexity: O(*w*).
    func statistic(_ window: UnsafeBufferPointer<CramerVonMisesWindows.Entry>) -> Double {
        let n = Double(sorted.count)
        let w = Double(window.count)
        let triangle = n * (n + 1) / 2
        var atReference = 0.0  // Σ over window values of the reference's ranks from there on
        var pairs = 0.0  // Σ over the reference of (window values up to there)²
        var atWindow = 0.0
        var start = 0
        while start < window.count {
            let entry = window[start]
            var end = start + 1
            while end < window.count, window[end].key == entry.key { end += 1 }
            let below = Double(entry.below)
            let count = Double(end - start)
            atReference += count * (tail.isEmpty ? triangle - below * (below + 1) / 2 : tail[Int(entry.below)])
            pairs += count * Double(end + start) * (n - below)
            let gap = Double(entry.upTo) / n - Double(end) / w
            atWindow += count * gap * gap
            start = end
        }
        let sum = squares - 2 * atReference / (n * w) + pairs / (w * w) + atWindow
        let total = n + w
        let mean = (1 + 1 / total) / 6
        let variance =
            (total + 1) * (4 * n * w * total - 3 * (n * n + w * w) - 2 * n * w) / (180 * total * total * n * w)
        return (sum * n * w / (total * total) - mean) / variance.squareRoot()
    }

    /// The largest gap between the two shares.
    func gap(_ window: UnsafeBufferPointer<CramerVonMisesWindows.Entry>) -> Double {
        let n = Double(sorted.count)
        let w = Double(window.count)
        var largest = 0.0
        var start = 0
        while start < window.count {
            let entry = window[start]
            var end = start + 1
            while end < window.count, window[end].key == entry.key { end += 1 }
            let before = Double(entry.below) / n - Double(start) / w
            let after = Double(entry.upTo) / n - Double(end) / w
            largest = max(largest, abs(before), abs(after))
            start = end
        }
        return largest
    }

    var margin: Double {
        // Massart's inequality for both sides, as for the tests of windows.
        let logTerm = 2.1910133173369406  // ln(4 / 0.05) / 2
        return (logTerm / Double(sorted.count)).squareRoot() + (logTerm / Double(windows.largest)).squareRoot()
    }
}

/// The newest values of a column, sorted, in windows of several sizes.
///
/// - Complexity: O(log *N* + Σ *w*) a value.
struct CramerVonMisesWindows: StreamWindow {
    /// A value and where it stands among the reference.
    struct Entry: Sendable {
        let key: OrderKey
        /// Reference values that are smaller.
        let below: Int32
        /// Reference values that are at most as large.
        let upTo: Int32
    }

    private let reference: CramerVonMisesReference
    /// The newest values; a value keeps its place until it leaves.
    private var newest: [OrderKey]
    private var count = 0
    /// The values of each window, ascending.
    private var sorted: [[Entry]]
    private(set) var statistic = Double.nan

    init(reference: CramerVonMisesReference) {
        self.reference = reference
        newest = Array(repeating: 0, count: reference.windows.largest)
        sorted = reference.windows.sizes.map { size in
            var window: [Entry] = []
            window.reserveCapacity(size)
            return window
        }
    }

    mutating func take(_ key: OrderKey) {
        let entry = reference.entry(key)
        var largest = Double.nan
        for (place, size) in reference.windows.sizes.enumerated() {
            if sorted[place].count == size {
                sorted[place].replace(newest[(count - size) % newest.count], by: entry)
            } else {
                sorted[place].insert(entry, at: sorted[place].firstPlace { $0.key >= key })
            }
            guard sorted[place].count == size else { continue }
            let value = sorted[place].withUnsafeBufferPointer { reference.statistic($0) }
            largest = largest >= value ? largest : value
        }
        newest[count % newest.count] = key
        count += 1
        statistic = largest
    }

    var effect: (value: Double, margin: Double) {
        let sizes = reference.windows.sizes
        guard let full = sizes.indices.last(where: { sorted[$0].count == sizes[$0] }) else { return (0, 1) }
        return (sorted[full].withUnsafeBufferPointer { reference.gap($0) }, reference.margin)
    }

    func write(to words: inout StateWords) {
        let kept = min(count, newest.count)
        words.append((count - kept..<count).map { Float(bitPattern: UInt32(bitPattern: newest[$0 % newest.count])) })
        words.append(count)
    }

    mutating func restore(from words: inout StateWordReader) throws(MethodError) {
        let kept = try words.floats(atMost: newest.count)
        let count = try words.integer()
        guard kept.count == min(count, newest.count) else {
            throw StateWordReader.foreign("its window has another size")
        }
        self = CramerVonMisesWindows(reference: reference)
        self.count = count - kept.count
        for value in kept { take(OrderKey(bitPattern: value.bitPattern)) }
    }
}

extension Array where Element == CramerVonMisesWindows.Entry {
    /// Takes one of the entries of a key out and another in, the order kept.
    fileprivate mutating func replace(_ key: OrderKey, by entry: Element) {
        let old = firstPlace { $0.key >= key }
        var place = old
        if entry.key > key {
            while place + 1 < count, self[place + 1].key < entry.key {
                self[place] = self[place + 1]
                place += 1
            }
        } else {
            while place > 0, self[place - 1].key > entry.key {
                self[place] = self[place - 1]
                place -= 1
            }
        }
        self[place] = entry
    }
}

extension Array {
    /// The first place from which on a condition holds, in an array in which it holds from some place on.
    func firstPlace(where holds: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
