import Prediction

/// The trees of a booster, its `model` object.
struct XGBoostTrees {
    private let model: XGBoostField
    /// What DART multiplies each tree with; empty for plain boosting.
    private let weights: [Double]
    private let base: [Double]
    private let inputs: Int

    init(_ model: XGBoostField, weights: [Double], base: [Double], inputs: Int) {
        self.model = model
        self.weights = weights
        self.base = base
        self.inputs = inputs
    }

    /// - Throws: `.invalidModel` by tree and field.
    func ensemble(rounds: BoostingRounds, best: Int?) throws(PredictionError) -> TreeEnsemble {
        let trees = try model["trees"].elements
        let groups = try model["tree_info"].numbers(trees.count)
        guard weights.isEmpty || weights.count == trees.count else {
            throw .invalidModel("weight_drop has \(weights.count) weights for \(trees.count) trees")
        }
        let used = try count(of: trees.count, rounds: rounds, best: best)
        var builder = try TreeEnsembleBuilder(inputs: inputs, outputs: base.count)
        for (index, tree) in trees.prefix(used).enumerated() {
            let group = try groups.integer(at: index, of: "tree_info")
            let weight = weights.isEmpty ? nil : Float(weights[index])
            try XGBoostTree(tree, outputs: base.count).add(to: &builder, group: group, weight: weight)
        }
        return try builder.build(base: base, accumulatesInSinglePrecision: true)
    }

    /// The number of trees of the rounds in use.
    private func count(of all: Int, rounds: BoostingRounds, best: Int?) throws(PredictionError) -> Int {
        let wanted: Int
        switch rounds {
        case .all: return all
        case .best:
            guard let best else { return all }
            wanted = best + 1
        case .first(let number): wanted = number
        }
        if let starts = try model.optional("iteration_indptr")?.numbers(), wanted < starts.count {
            let count = try starts.integer(at: wanted, of: "iteration_indptr")
            guard count >= 0, count <= all else { throw .invalidModel("iteration_indptr[\(wanted)] is \(count)") }
            return count
        }
        let parallel = try model.optional("gbtree_model_param")?.optional("num_parallel_tree")?
            .integer(in: 0...Int(Int32.max))
        // Files without `iteration_indptr` are older than trees with vectors for leaves.
        let (trees, overflow) = wanted.multipliedReportingOverflow(by: max(parallel ?? 1, 1) * base.count)
        return overflow ? all : min(trees, all)
    }
}

/// One tree.
private struct XGBoostTree {
    private let path: String
    private let count: Int
    private let width: Int
    private let left: [Double]
    private let right: [Double]
    private let features: [Double]
    private let conditions: [Double]
    private let defaultLeft: [Double]
    private let covers: [Double]
    private let leafValues: [Double]
    /// Where a leaf's vector is: at its right child's index since 3.2, before at its own.
    private let leavesHaveOwnPlaces: Bool
    private let categories: XGBoostCategories?

    init(_ tree: XGBoostField, outputs: Int) throws(PredictionError) {
        path = tree.path
        let parameters = try tree["tree_param"]
        count = try parameters["num_nodes"].integer(in: 1...Int(Int32.max))
        let vector = try parameters.optional("size_leaf_vector")?.integer(in: 0...Int(Int32.max)) ?? 1
        width = max(vector, 1)
        guard width == 1 || width == outputs else {
            throw .invalidModel("\(path).tree_param.size_leaf_vector is \(vector), and there are \(outputs) outputs")
        }
        left = try tree["left_children"].numbers(count)
        right = try tree["right_children"].numbers(count)
        features = try tree["split_indices"].numbers(count)
        conditions = try tree["split_conditions"].numbers(count)
        defaultLeft = try tree["default_left"].numbers(count)
        covers = try tree.optional("sum_hessian")?.numbers(count) ?? []
        if width == 1 {
            leafValues = conditions
            leavesHaveOwnPlaces = false
        } else if let weights = tree.optional("leaf_weights") {
            leafValues = try weights.numbers()
            leavesHaveOwnPlaces = true
        } else {
            leafValues = try tree["base_weights"].numbers(count * width)
            leavesHaveOwnPlaces = false
        }
        categories = try XGBoostCategories(tree, nodes: count)
    }

    func add(to builder: inout TreeEnsembleBuilder, group: Int, weight: Float?) throws(PredictionError) {
        var values = leafValues
        if let weight { values = values.map { Double(Float($0) * weight) } }
        let sets = try categories?.sets(addedTo: &builder) ?? [:]
        try builder.addTree(
            nodes: count,
            output: width == 1 ? group : 0,
            width: width,
            values: values
        ) { node throws(PredictionError) in
            let cover = covers.isEmpty ? 0 : covers[node]
            let leftChild = try left.integer(at: node, of: "\(path).left_children")
            let rightChild = try right.integer(at: node, of: "\(path).right_children")
            if leftChild == -1 {
                let place = leavesHaveOwnPlaces ? rightChild : node
                guard place >= 0, place < leafValues.count / width else {
                    throw .invalidModel(
                        "\(path), node \(node): there is no leaf \(place) of \(leafValues.count / width)"
                    )
                }
                return .leaf(values: place * width, cover: cover)
            }
            let split: TreeEnsembleBuilder.Split
            if let set = sets[node] {
                split = .inSet(set, beyondLeft: true)
            } else {
                // x < t for floats is x ≤ the float below t; below −∞ there is none, and nothing is below it.
                let threshold = Float(conditions[node])
                split = .atMost(threshold == -.infinity ? .nan : threshold.nextDown)
            }
            return .split(
                split,
                feature: try features.integer(at: node, of: "\(path).split_indices"),
                left: leftChild,
                right: rightChild,
                missingLeft: defaultLeft[node] != 0,
                cover: cover
            )
        }
    }
}

/// The splits on categories of a tree: for each such node a stretch of `categories`, which go right.
private struct XGBoostCategories {
    /// The nodes and their stretches.
    private let ranges: [(node: Int, range: Range<Int>)]
    private let categories: [Double]
    private let path: String

    /// The libraries' own bound: a float holds every whole number up to it.
    private static let largest = 1 << 24

    init?(_ tree: XGBoostField, nodes count: Int) throws(PredictionError) {
        guard let types = try tree.optional("split_type")?.numbers(), types.contains(where: { $0 != 0 }) else {
            return nil
        }
        path = tree.path
        let nodes = try tree["categories_nodes"].numbers()
        let starts = try tree["categories_segments"].numbers(nodes.count)
        let sizes = try tree["categories_sizes"].numbers(nodes.count)
        categories = try tree["categories"].numbers()
        var ranges: [(node: Int, range: Range<Int>)] = []
        for index in nodes.indices {
            let node = try nodes.integer(at: index, of: "\(path).categories_nodes")
            let start = try starts.integer(at: index, of: "\(path).categories_segments")
            let size = try sizes.integer(at: index, of: "\(path).categories_sizes")
            guard node >= 0, node < count, start >= 0, size >= 0, start <= categories.count,
                size <= categories.count - start
            else {
                throw .invalidModel(
                    "\(path).categories_nodes[\(index)]: node \(node) of \(count), \(size) categories from \(start) of \(categories.count)"
                )
            }
            ranges.append((node, start..<start + size))
        }
        let known = Set(ranges.map(\.node))
        if let lost = types.indices.first(where: { types[$0] != 0 && !known.contains($0) }) {
            throw .invalidModel("\(path), node \(lost) splits on categories and has none")
        }
        self.ranges = ranges
    }

    /// Adds the sets of all nodes, and returns their numbers by node.
    func sets(addedTo builder: inout TreeEnsembleBuilder) throws(PredictionError) -> [Int: Int] {
        var sets: [Int: Int] = [:]
        for (node, range) in ranges { sets[node] = try add(range, to: &builder) }
        return sets
    }

    /// Adds the complement of the categories in a stretch, which goes left, and returns the set's number.
    private func add(_ range: Range<Int>, to builder: inout TreeEnsembleBuilder) throws(PredictionError) -> Int {
        var chosen: [Int] = []
        for index in range {
            let category = try categories.integer(at: index, of: "\(path).categories")
            guard category >= 0, category < Self.largest else {
                throw .invalidModel("\(path).categories[\(index)] is \(category), and 0 to \(Self.largest - 1) can be")
            }
            chosen.append(category)
        }
        let first = (chosen.min() ?? 0) & ~31
        let last = chosen.max() ?? 0
        var words = [UInt32](repeating: .max, count: (last - first) / 32 + 1)
        for category in chosen { words[(category - first) >> 5] &= ~(1 << UInt32((category - first) & 31)) }
        return try builder.addCategories(words, from: first)
    }
}
