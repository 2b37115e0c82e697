import Statistics
import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Gradient-boosted trees on the logistic loss, over columns that were cut into at most 64 bins.
///
/// Splits, leaf values and gains are those of second-order boosting. Nothing is drawn but, where rows have more than 128
/// columns, the columns that a tree may split at.
///
/// - Complexity: O(*rounds* · *depth* · *n* · min(*d*, 128)) time, O(*n d*) bytes.
///
/// Source: J. H. Friedman (2001), "Greedy function approximation", Annals of Statistics 29; T. Chen and C. Guestrin
/// (2016), "XGBoost", KDD, arXiv:1603.02754, sections 2 and 3.
struct BoostedTrees: DomainClassifier {
    private static let rounds = 60
    private static let depth = 3
    private static let rate = 0.1
    /// Added to each sum of second derivatives: leaves of few rows say little.
    private static let ridge = 1.0
    /// The second derivatives that a leaf holds at least.
    private static let leastWeight = 1.0
    private static let mostBins = 64
    private static let mostColumns = 128

    private var trees: [Tree] = []
    private let base: Double

    /// Learns.
    init(learning examples: DomainRows, seed: UInt64) {
        let bins = ColumnBins(examples.rows, most: Self.mostBins)
        let count = examples.isWindow.count
        let share = min(max(Double(examples.isWindow.count { $0 }) / Double(count), 1e-6), 1 - 1e-6)
        base = log(share / (1 - share))
        var margins = [Double](repeating: base, count: count)
        var slopes = [(gradient: Double, weight: Double)](repeating: (0, 0), count: count)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<Self.rounds {
            for row in 0..<count {
                let p = 1 / (1 + exp(-margins[row]))
                slopes[row] = (p - (examples.isWindow[row] ? 1 : 0), p * (1 - p))
            }
            let columns =
                bins.count <= Self.mostColumns
                ? Array(0..<bins.count) : generator.sample(Self.mostColumns, of: bins.count).sorted()
            var tree = Tree()
            tree.grow(Array(0..<count), bins, columns, slopes, depth: Self.depth) { leaf, rows in
                for row in rows { margins[row] += leaf }
            }
            trees.append(tree)
        }
    }

    func probabilities(of rows: Tensor<Float>) -> [Double] {
        let width = rows.elementsPerRow
        return rows.withUnsafeBufferPointer { values in
            (0..<rows.rows).map { row in
                let start = row * width
                let margin = trees.reduce(base) { sum, tree in sum + tree.value { values[start + $0] } }
                return 1 / (1 + exp(-margin))
            }
        }
    }

    /// One tree; a node is a leaf where its column is −1.
    private struct Tree: Sendable {
        struct Node {
            var column = -1
            var threshold: Float = 0
            var left = 0
            var right = 0
            var value = 0.0
        }

        private var nodes: [Node] = []

        func value(_ at: (Int) -> Float) -> Double {
            var index = 0
            while nodes[index].column >= 0 {
                let node = nodes[index]
                index = at(node.column) <= node.threshold ? node.left : node.right
            }
            return nodes[index].value
        }

        /// Grows a node for some rows and returns its index.
        @discardableResult
        mutating func grow(
            _ rows: [Int],
            _ bins: ColumnBins,
            _ columns: [Int],
            _ slopes: [(gradient: Double, weight: Double)],
            depth: Int,
            leaf: (Double, [Int]) -> Void
        ) -> Int {
            let index = nodes.count
            nodes.append(Node())
            let all = rows.reduce((gradient: 0.0, weight: 0.0)) {
                ($0.gradient + slopes[$1].gradient, $0.weight + slopes[$1].weight)
            }
            guard depth > 0, let split = bins.bestSplit(rows, columns, slopes, all) else {
                nodes[index].value = -BoostedTrees.rate * all.gradient / (all.weight + BoostedTrees.ridge)
                leaf(nodes[index].value, rows)
                return index
            }
            nodes[index].column = split.column
            nodes[index].threshold = bins.edge(split.bin, of: split.column)
            let isLeft = rows.map { bins.code($0, split.column) <= split.bin }
            let left = zip(rows, isLeft).filter(\.1).map(\.0)
            let right = zip(rows, isLeft).filter { !$0.1 }.map(\.0)
            nodes[index].left = grow(left, bins, columns, slopes, depth: depth - 1, leaf: leaf)
            nodes[index].right = grow(right, bins, columns, slopes, depth: depth - 1, leaf: leaf)
            return index
        }
    }

    /// What a sum of gradients is worth.
    fileprivate static func worth(_ gradient: Double, _ weight: Double) -> Double {
        gradient * gradient / (weight + ridge)
    }

    fileprivate static func isLeaf(_ weight: Double) -> Bool { weight >= leastWeight }
}

/// Columns cut into bins at quantiles, a code for each value.
private struct ColumnBins {
    let count: Int
    private let rows: Int
    private var codes: [UInt8] = []  // column after column
    private var edges: [[Float]] = []  // the largest value of each bin but the last

    init(_ matrix: Tensor<Float>, most: Int) {
        count = matrix.elementsPerRow
        rows = matrix.rows
        codes.reserveCapacity(matrix.count)
        let (rows, count) = (rows, count)
        for column in 0..<count {
            let values = matrix.withUnsafeBufferPointer { source in (0..<rows).map { source[$0 * count + column] } }
            let sorted = values.sorted()
            var cuts: [Float] = []
            for bin in 1..<most {
                let cut = sorted[min(rows - 1, bin * rows / most)]
                if cut < sorted[rows - 1], cut != cuts.last { cuts.append(cut) }
            }
            for value in values {
                var low = 0
                var high = cuts.count
                while low < high {
                    let middle = (low + high) / 2
                    if value <= cuts[middle] { high = middle } else { low = middle + 1 }
                }
                codes.append(UInt8(low))
            }
            edges.append(cuts)
        }
    }

    func code(_ row: Int, _ column: Int) -> Int { Int(codes[column * rows + row]) }

    func edge(_ bin: Int, of column: Int) -> Float { edges[column][bin] }

    /// The split of some rows that gains most, nil where none gains.
    func bestSplit(
        _ indices: [Int],
        _ columns: [Int],
        _ slopes: [(gradient: Double, weight: Double)],
        _ all: (gradient: Double, weight: Double)
    ) -> (column: Int, bin: Int)? {
        var best: (column: Int, bin: Int)?
        var most = BoostedTrees.worth(all.gradient, all.weight) + 1e-9
        var gradients = [Double](repeating: 0, count: 256)
        var weights = gradients
        for column in columns {
            let bins = edges[column].count + 1
            guard bins > 1 else { continue }
            for bin in 0..<bins {
                gradients[bin] = 0
                weights[bin] = 0
            }
            let start = column * rows
            for row in indices {
                let bin = Int(codes[start + row])
                gradients[bin] += slopes[row].gradient
                weights[bin] += slopes[row].weight
            }
            var gradient = 0.0
            var weight = 0.0
            for bin in 0..<bins - 1 {
                gradient += gradients[bin]
                weight += weights[bin]
                guard BoostedTrees.isLeaf(weight), BoostedTrees.isLeaf(all.weight - weight) else { continue }
                let gain =
                    BoostedTrees.worth(gradient, weight)
                    + BoostedTrees.worth(all.gradient - gradient, all.weight - weight)
                if gain > most {
                    most = gain
                    best = (column, bin)
                }
            }
        }
        return best
    }
}
