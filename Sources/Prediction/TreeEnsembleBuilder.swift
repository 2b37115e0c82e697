/// Puts the trees of a file into a ``TreeEnsemble``, one after the other, and refuses what could not be walked.
///
/// Memory is bounded by what the caller already holds: at most one node for each node of the file.
package struct TreeEnsembleBuilder {
    /// A node as a library's file tells of it.
    package enum SourceNode {
        /// A leaf, and where its values start among the tree's.
        case leaf(values: Int, cover: Double)
        /// A split and its children.
        case split(Split, feature: Int, left: Int, right: Int, missingLeft: Bool, cover: Double)
    }

    /// How a split decides.
    package enum Split {
        /// Values up to this one go left.
        case atMost(Float)
        /// The same, where zero is a missing value.
        case atMostWithoutZero(Float)
        /// The categories of a set go left; what lies beyond its last bit goes where `beyondLeft` says.
        case inSet(Int, beyondLeft: Bool)
    }

    /// What has been built.
    package struct Parts {
        var trees: [TreeEnsemble.Tree] = []
        var nodes: [TreeEnsemble.Node] = []
        var covers: [Double] = []
        var leafValues: [Double] = []
        var categorySets: [TreeEnsemble.CategorySet] = []
        var categoryWords: [UInt32] = []
        var linearLeaves: [TreeEnsemble.LinearLeaf] = []
    }

    /// Nodes are counted in 31 bits.
    private static let mostNodes = 1 << 31
    /// 256 MB of category sets, which a small file could ask for by naming a large category again and again.
    package static let mostCategoryWords = 1 << 26

    private let inputs: Int
    private let outputs: Int
    private var parts = Parts()

    /// - Throws: `.invalidModel` for a number of inputs or outputs that no model has.
    package init(inputs: Int, outputs: Int) throws(PredictionError) {
        guard inputs >= 1, inputs <= TreeEnsemble.Node.featureMask, outputs >= 1, outputs <= 1 << 20 else {
            throw PredictionError(
                .invalidModel,
                "the model is said to have \(inputs) features and \(outputs) outputs",
                remedy: "Give a model of 1 to \(TreeEnsemble.Node.featureMask) features and up to \(1 << 20) outputs"
            )
        }
        self.inputs = inputs
        self.outputs = outputs
    }

    /// How many trees there are.
    package var treeCount: Int { parts.trees.count }

    /// Adds a set of categories and returns its number, which ``Split/inSet(_:beyondLeft:)`` takes.
    ///
    /// - Parameters:
    ///   - words: One bit for each category, from `first` on; set where it goes left.
    ///   - first: The category of the first bit.
    /// - Throws: `.invalidModel` when all sets together become too large.
    package mutating func addCategories(
        _ words: some Collection<UInt32>,
        from first: Int = 0
    ) throws(PredictionError) -> Int {
        let start = parts.categoryWords.count
        guard words.count <= Self.mostCategoryWords - start else {
            throw invalid(
                "takes the sets of categories beyond \(Self.mostCategoryWords * 4) bytes",
                "Number the categories from 0 without gaps"
            )
        }
        parts.categoryWords += words
        parts.categorySets.append(TreeEnsemble.CategorySet(first: first, words: start..<parts.categoryWords.count))
        return parts.categorySets.count - 1
    }

    /// Adds a tree.
    ///
    /// - Parameters:
    ///   - count: How many nodes the file has for it; the first is the root. Nodes that no way leads to are left out.
    ///   - output: The margin that the first value of a leaf adds to.
    ///   - width: How many values a leaf has.
    ///   - values: Where a leaf finds its values; those of no leaf are left out.
    ///   - linear: For a tree with linear leaves one for each of `values`.
    ///   - node: Tells of a node by its index in the file.
    /// - Throws: `.invalidModel` naming tree and node for an index that leads out of the file or to a node that has been
    ///   reached before, for a feature that there is not, for a value that is not finite.
    package mutating func addTree(
        nodes count: Int,
        output: Int,
        width: Int = 1,
        values: [Double],
        linear: [TreeEnsemble.LinearLeaf] = [],
        node: (Int) throws(PredictionError) -> SourceNode
    ) throws(PredictionError) {
        let start = parts.nodes.count
        guard count >= 1, count <= Self.mostNodes - start else {
            throw invalid("has \(count) nodes", "Give trees of at least one node, up to \(Self.mostNodes) together")
        }
        guard output >= 0, width >= 1, width <= outputs, output <= outputs - width else {
            throw invalid("adds to output \(output) of \(outputs)", "Give as many outputs as the trees add to")
        }
        guard linear.isEmpty || linear.count == values.count else {
            throw invalid("has \(linear.count) linear leaves of \(values.count)", "Save the model again")
        }

        // The sources of the nodes laid out so far, and how deep each lies: what a breadth-first walk has yet to read.
        var sources: [Int32] = [0]
        var depths: [Int32] = [0]
        var reached = [Bool](repeating: false, count: count)
        reached[0] = true
        var isPlain = true
        var next = 0
        while next < sources.count {
            let source = Int(sources[next])
            let position = start + next
            switch try node(source) {
            case .leaf(let value, let cover):
                guard value >= 0, value <= values.count - width else {
                    throw invalid(source, "has no value", "Give every leaf its value")
                }
                parts.nodes.append(.leaf(at: position, values: parts.leafValues.count))
                parts.covers.append(cover)
                try addLeaf(values[value..<value + width], linear: linear.isEmpty ? nil : linear[value], of: source)
            case .split(let split, let feature, let left, let right, let missingLeft, let cover):
                guard feature >= 0, feature < inputs else {
                    throw invalid(source, "splits on feature \(feature) of \(inputs)", "Give the features' number")
                }
                for child in [left, right] {
                    guard child >= 0, child < count else {
                        throw invalid(source, "leads to node \(child) of \(count)", "Save the model again")
                    }
                    guard !reached[child] else {
                        throw invalid(source, "leads to node \(child), which is reached twice", "Save the model again")
                    }
                    reached[child] = true
                    sources.append(Int32(child))
                    depths.append(depths[next] + 1)
                }
                let children = start + sources.count - 2
                let result = try layOut(split, feature: feature, left: children, missingLeft: missingLeft, of: source)
                isPlain = isPlain && result.featureAndFlags & TreeEnsemble.Node.special == 0
                parts.nodes.append(result)
                parts.covers.append(cover)
            }
            next += 1
        }
        parts.trees.append(
            TreeEnsemble.Tree(
                nodes: start..<parts.nodes.count,
                depth: Int(depths.last ?? 0),
                output: output,
                width: width,
                isPlain: isPlain
            )
        )
    }

    /// The ensemble of the trees that were added.
    ///
    /// - Throws: `.invalidModel` when the trees do not reach all outputs, or a base value or the divisor is not finite.
    package func build(
        base: [Double],
        divisor: Double = 1,
        accumulatesInSinglePrecision: Bool = false
    ) throws(PredictionError) -> TreeEnsemble {
        guard base.count == outputs, base.allSatisfy(\.isFinite), divisor.isFinite, divisor != 0 else {
            throw PredictionError(
                .invalidModel,
                "the sum of \(outputs) outputs starts from \(base.prefix(8)) and is divided by \(divisor)",
                remedy: "Give one finite base value for each output"
            )
        }
        // Each output has leaves of its own; otherwise a small file could ask for a large answer.
        guard outputs <= max(parts.leafValues.count, 1) else {
            throw PredictionError(
                .invalidModel,
                "the model is said to have \(outputs) outputs, and \(parts.trees.count) trees do not reach them",
                remedy: "Save the model again, after training it"
            )
        }
        return TreeEnsemble(
            inputs: inputs,
            outputs: outputs,
            base: base,
            divisor: divisor,
            accumulatesInSinglePrecision: accumulatesInSinglePrecision,
            parts: parts
        )
    }

    private mutating func addLeaf(
        _ values: ArraySlice<Double>,
        linear: TreeEnsemble.LinearLeaf?,
        of source: Int
    ) throws(PredictionError) {
        if let wrong = values.first(where: { !$0.isFinite }) {
            throw invalid(source, "has the leaf value \(wrong)", "Give a model that was trained to finite values")
        }
        guard parts.leafValues.count + values.count <= UInt32.max else {
            throw invalid("takes the leaves beyond \(UInt32.max)", "Give fewer or smaller trees")
        }
        if linear != nil || !parts.linearLeaves.isEmpty {
            // One for each value, also of the trees that have none: there the leaf is its value.
            for value in parts.leafValues.dropFirst(parts.linearLeaves.count) {
                parts.linearLeaves.append(TreeEnsemble.LinearLeaf(constant: value, terms: []))
            }
            for value in values {
                let leaf = linear ?? TreeEnsemble.LinearLeaf(constant: value, terms: [])
                guard leaf.constant.isFinite, leaf.coefficients.allSatisfy(\.isFinite),
                    leaf.features.allSatisfy({ $0 >= 0 && $0 < inputs })
                else { throw invalid(source, "has a linear function that cannot be computed", "Save the model again") }
                parts.linearLeaves.append(leaf)
            }
        }
        parts.leafValues += values
    }

    private func layOut(
        _ split: Split,
        feature: Int,
        left: Int,
        missingLeft: Bool,
        of source: Int
    ) throws(PredictionError) -> TreeEnsemble.Node {
        typealias Node = TreeEnsemble.Node
        var result = Node(threshold: .nan, featureAndFlags: UInt32(feature), left: UInt32(left), payload: 0)
        if missingLeft { result.featureAndFlags |= Node.missingLeft }
        switch split {
        case .atMost(let threshold): result.threshold = threshold
        case .atMostWithoutZero(let threshold):
            result.threshold = threshold
            result.featureAndFlags |= Node.zeroIsMissing
        case .inSet(let set, let beyondLeft):
            guard parts.categorySets.indices.contains(set) else {
                throw invalid(source, "has no categories", "Save the model again")
            }
            result.payload = UInt32(set)
            result.featureAndFlags |= Node.categorical
            if beyondLeft { result.featureAndFlags |= Node.beyondLeft }
        }
        return result
    }

    private func invalid(_ problem: String, _ remedy: String) -> PredictionError {
        PredictionError(.invalidModel, "tree \(parts.trees.count) \(problem)", remedy: remedy)
    }

    private func invalid(_ node: Int, _ problem: String, _ remedy: String) -> PredictionError {
        PredictionError(.invalidModel, "tree \(parts.trees.count), node \(node) \(problem)", remedy: remedy)
    }
}

extension TreeEnsemble.Node {
    /// The flags that a walk over plain numbers does not look at.
    fileprivate static let special = categorical | beyondLeft | zeroIsMissing

    /// A leaf sends every value, and what is missing, to itself, so that a walk may go on without harm.
    fileprivate static func leaf(at position: Int, values: Int) -> Self {
        Self(threshold: .infinity, featureAndFlags: missingLeft, left: UInt32(position), payload: UInt32(values))
    }
}

extension TreeEnsemble.LinearLeaf {
    package init(constant: Double, terms: [(feature: Int, coefficient: Double)]) {
        self.init(constant: constant, features: terms.map(\.feature), coefficients: terms.map(\.coefficient))
    }
}
