import Crypto
import Statistics
import Tensors

/// Looks for what makes a reference a poor measure: repeated rows, columns that never vary, and rows whose order matters.
///
/// None of it is refused, since it may be as it should be; each finding is a note for whoever fits the monitor. Order is
/// looked for in the features that windows are compared in, column by column, at one level for all columns together.
///
/// - Complexity: O(values) for the hashes; order is looked for in at most ``mostColumns`` columns and ``mostRows`` rows.
struct ReferenceCheck {
    /// What was found, one sentence each.
    let notes: [String]

    /// Columns whose order is looked at; of more, as many are taken evenly.
    static let mostColumns = 256
    /// Rows whose order is looked at; of more, the first.
    static let mostRows = 20_000
    /// The chance that a reference in random order is said to have one, all columns and both questions together.
    static let level = 1e-3

    /// - Parameters:
    ///   - rows: All reference rows as they were given, in the order of their file.
    ///   - parts: The rows of each part.
    ///   - features: The features that windows are compared with, if they are, in the order of the file.
    init(_ rows: Tensor<Float>, parts: [SplitPart: [Int]], features: Tensor<Float>?) {
        var notes = Self.repetitions(rows, parts)
        if let features {
            notes += Self.constants(features)
            notes += Self.order(features)
        }
        self.notes = notes
    }

    // MARK: Repeated rows

    private static func repetitions(_ rows: Tensor<Float>, _ parts: [SplitPart: [Int]]) -> [String] {
        let hashes = RowHashes.of(rows)
        let distinct = Set(hashes).count
        guard distinct < rows.rows else { return [] }
        var notes = [
            "\(rows.rows - distinct) of \(rows.rows) rows repeat an earlier row: tests count them as independent ones"
        ]
        let places = parts.mapValues { indices in Set(indices.map { hashes[$0] }) }
        guard let learned = places[.features], parts.count > 1, Set(parts.values).count == parts.count else {
            return notes
        }
        let shared = places.filter { $0.key != .features }.reduce(0) { count, part in
            count + (parts[part.key] ?? []).count { learned.contains(hashes[$0]) }
        }
        if shared > 0 {
            notes.append("\(shared) rows to compare with are also among those that were learned from")
        }
        return notes
    }

    // MARK: Columns

    private static func constants(_ features: Tensor<Float>) -> [String] {
        guard features.rows > 1 else { return [] }
        let width = features.elementsPerRow
        let constant = features.withUnsafeBufferPointer { values in
            (0..<width).filter { column in
                (1..<features.rows).allSatisfy { values[$0 * width + column] == values[column] }
            }
        }
        guard !constant.isEmpty else { return [] }
        let named = constant.prefix(5).map(String.init).joined(separator: ", ") + (constant.count > 5 ? ", …" : "")
        return ["\(constant.count) of \(width) features never vary in the reference: \(named)"]
    }

    // MARK: Order

    private static func order(_ features: Tensor<Float>) -> [String] {
        let count = min(features.rows, mostRows)
        guard count >= 40 else { return [] }
        let width = features.elementsPerRow
        let step = max(1, width / mostColumns)
        let columns = Array(stride(from: 0, to: width, by: step).prefix(mostColumns))
        let threshold = level / Double(2 * columns.count)
        var halves: (column: Int, distance: Double, pValue: Double)?
        var neighbours: (column: Int, correlation: Double)?
        for column in columns {
            let values = features.withUnsafeBufferPointer { all in
                (0..<count).map { Double(all[$0 * width + column]) }
            }
            guard values.allSatisfy(\.isFinite), values.contains(where: { $0 != values[0] }) else { continue }
            let (first, second) = (values[..<(count / 2)].sorted(), values[(count / 2)...].sorted())
            let gap = KolmogorovSmirnov.pValue(
                statistic: KolmogorovSmirnov.statistic(sortedReference: first, sortedTest: second),
                referenceCount: first.count,
                testCount: second.count,
                method: .asymptotic
            )
            if gap.pValue <= threshold, gap.pValue < halves?.pValue ?? 1 {
                halves = (column, gap.statistic, gap.pValue)
            }
            // In random order the coefficient is about normal with variance 1 / n, whatever the values are.
            let correlation = serialCorrelation(values)
            let pValue = 2 * Normal.survival(abs(correlation) * Double(count).squareRoot())
            if pValue <= threshold, abs(correlation) > abs(neighbours?.correlation ?? 0) {
                neighbours = (column, correlation)
            }
        }
        var notes: [String] = []
        if let halves {
            notes.append(
                "the reference is not stationary: the first and the second half of its rows differ most in feature \(halves.column) (KS distance \(rounded(halves.distance))); windows of either will look drifted"
            )
        }
        if let neighbours {
            notes.append(
                "rows that follow each other are alike: the correlation is \(rounded(neighbours.correlation)) in feature \(neighbours.column); if traffic is like that too, the levels of tests which count rows as independent do not hold: permutation = \"blocks\" is for such rows"
            )
        }
        return notes
    }

    /// The correlation between each value and the next one.
    private static func serialCorrelation(_ values: [Double]) -> Double {
        let mean = values.reduce(0, +) / Double(values.count)
        var (products, squares) = (0.0, 0.0)
        for index in values.indices {
            squares += (values[index] - mean) * (values[index] - mean)
            if index > 0 { products += (values[index] - mean) * (values[index - 1] - mean) }
        }
        return squares > 0 ? products / squares : 0
    }

    private static func rounded(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
}
