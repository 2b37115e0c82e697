/// Decision trees whose leaves add up to the margins of a model, whichever library grew them.
///
/// All nodes lie in one array, each tree breadth first, the two children of a split side by side: 16 bytes a node, and
/// the first levels of a tree share a few cache lines. An ensemble that exists can be walked without any check: every
/// index is within its array and every walk from a root ends at a leaf, because building refuses all else.
///
/// Comparisons are those of the library that grew the trees, to the last bit. Inputs are floats, so that `x < t` of
/// XGBoost and `Double(x) <= t` of LightGBM and scikit-learn each have a float `t'` with which `x <= t'` says the same
/// for every float `x`; that is the threshold which is stored.
public struct TreeEnsemble: Sendable {
    /// A split or a leaf.
    @frozen public struct Node: Sendable {
        /// The largest value that a split on numbers sends left; +∞ in a leaf.
        public var threshold: Float
        /// The feature in the low 28 bits, flags above it.
        package var featureAndFlags: UInt32
        /// The left child; of a leaf the leaf itself.
        package var left: UInt32
        /// Of a leaf where its values start in `leafValues`; of a split on categories its set in `categorySets`.
        package var payload: UInt32

        package static let featureMask: UInt32 = (1 << 28) - 1
        package static let missingLeft: UInt32 = 1 << 31
        package static let categorical: UInt32 = 1 << 30
        package static let beyondLeft: UInt32 = 1 << 29
        package static let zeroIsMissing: UInt32 = 1 << 28

        /// The index of the feature that a split looks at; 0 for a leaf.
        public var feature: Int { Int(featureAndFlags & Self.featureMask) }
        /// Whether a missing value (NaN) goes left: the split's default direction.
        public var sendsMissingLeft: Bool { featureAndFlags & Self.missingLeft != 0 }
        /// Whether the split asks for categories and not for an order.
        public var isCategorical: Bool { featureAndFlags & Self.categorical != 0 }
    }

    /// One tree of the sum.
    public struct Tree: Sendable, Hashable {
        /// Its nodes in `nodes`; the first one is the root.
        public let nodes: Range<Int>
        /// The number of splits on the longest way from the root to a leaf.
        public let depth: Int
        /// The margin that the first value of a leaf adds to.
        public let output: Int
        /// How many margins, from `output` on, a leaf adds to.
        public let width: Int
        /// Whether all splits compare numbers and know no missing value but NaN.
        package let isPlain: Bool
    }

    /// The categories that a split sends left, one bit each in words of 32.
    package struct CategorySet: Sendable {
        /// The category of the first bit.
        package var first: Int
        package var words: Range<Int>
    }

    /// What a leaf of a linear tree adds: `constant + Σ coefficient · x`, or its plain value when one of these is
    /// missing.
    public struct LinearLeaf: Sendable {
        /// The constant.
        public let constant: Double
        /// The features.
        public let features: [Int]
        /// Their coefficients.
        public let coefficients: [Double]
    }

    /// The number of values in a row.
    public let inputs: Int
    /// The number of margins of a row.
    public let outputs: Int
    /// What the sum starts from, one for each margin.
    public let base: [Double]
    /// What the sum is divided by: the number of trees for a forest that averages, else 1.
    public let divisor: Double
    /// Whether sums are rounded to 32 bits after every tree, as XGBoost does.
    public let accumulatesInSinglePrecision: Bool
    /// The trees in the order in which they are summed.
    public let trees: [Tree]
    /// The nodes of all trees.
    public let nodes: [Node]
    /// For each node how much of the training data came by, as rows, weights or Hessians, whichever the library counts.
    ///
    /// 0 everywhere when the library did not write it down.
    public let covers: [Double]
    /// The values of all leaves.
    public let leafValues: [Double]
    package let categorySets: [CategorySet]
    package let categoryWords: [UInt32]
    /// For trees with linear leaves one for each of `leafValues`, else empty.
    public let linearLeaves: [LinearLeaf]

    package init(
        inputs: Int,
        outputs: Int,
        base: [Double],
        divisor: Double,
        accumulatesInSinglePrecision: Bool,
        parts: TreeEnsembleBuilder.Parts
    ) {
        self.inputs = inputs
        self.outputs = outputs
        self.base = base
        self.divisor = divisor
        self.accumulatesInSinglePrecision = accumulatesInSinglePrecision
        trees = parts.trees
        nodes = parts.nodes
        covers = parts.covers
        leafValues = parts.leafValues
        categorySets = parts.categorySets
        categoryWords = parts.categoryWords
        linearLeaves = parts.linearLeaves
    }
}

extension TreeEnsemble {
    /// Whether a node is a leaf.
    public func isLeaf(_ node: Int) -> Bool { Int(nodes[node].left) == node }

    /// The left and the right child of a split; a leaf is its own left child.
    public func children(of node: Int) -> (left: Int, right: Int) {
        let left = Int(nodes[node].left)
        return (left, left + 1)
    }

    /// Where in `leafValues` a leaf's values are, as many as its tree's width.
    public func values(ofLeaf node: Int, in tree: Tree) -> Range<Int> {
        let start = Int(nodes[node].payload)
        return start..<start + tree.width
    }

    /// Whether a split sends a value of its feature left.
    public func goesLeft(_ value: Float, at node: Int) -> Bool {
        let split = nodes[node]
        if value.isNaN { return split.sendsMissingLeft }
        if split.isCategorical {
            // A category is a whole number; what has a fraction loses it, as in the libraries.
            let set = categorySets[Int(split.payload)]
            let bit = value >= 0 && value < 0x1p31 ? Int(value) - set.first : -1
            guard bit >= 0, bit >> 5 < set.words.count else { return split.featureAndFlags & Node.beyondLeft != 0 }
            return categoryWords[set.words.lowerBound + bit >> 5] >> UInt32(bit & 31) & 1 != 0
        }
        if split.featureAndFlags & Node.zeroIsMissing != 0, value.magnitude <= Self.zeroThreshold {
            return split.sendsMissingLeft
        }
        return value <= split.threshold
    }

    /// What counts as zero for LightGBM: `kZeroThreshold` of its include/LightGBM/meta.h.
    package static let zeroThreshold: Float = 1e-35

    /// The categories, of those that its set covers, that a split sends left; empty for a split on numbers.
    public func leftCategories(at node: Int) -> [Int] {
        guard nodes[node].isCategorical else { return [] }
        let set = categorySets[Int(nodes[node].payload)]
        return (0..<set.words.count * 32).filter {
            categoryWords[set.words.lowerBound + $0 >> 5] >> UInt32($0 & 31) & 1 != 0
        }.map { set.first + $0 }
    }

    /// Whether a split on categories sends those left that lie outside the range that its set covers.
    public func sendsOtherCategoriesLeft(at node: Int) -> Bool {
        nodes[node].featureAndFlags & Node.beyondLeft != 0
    }

    /// Whether a split takes zero for a missing value, as LightGBM does where it was told so.
    public func takesZeroForMissing(at node: Int) -> Bool {
        nodes[node].featureAndFlags & Node.zeroIsMissing != 0
    }

    /// The leaf that a row reaches.
    ///
    /// - Parameter row: As many values as `inputs`.
    /// - Complexity: O(depth).
    public func leaf(of tree: Tree, for row: UnsafeBufferPointer<Float>) -> Int {
        var node = tree.nodes.lowerBound
        while !isLeaf(node) {
            let (left, right) = children(of: node)
            node = goesLeft(row[nodes[node].feature], at: node) ? left : right
        }
        return node
    }
}
