import Prediction

/// One tree of a LightGBM file: `num_leaves − 1` splits, and leaves that a child names as `−1 − leaf`.
struct LightGBMTree {
    /// How a split treats what is missing, bits 2 and 3 of its decision type.
    private enum Missing: Int {
        /// NaN counts as 0.
        case none = 0
        /// NaN and 0 take the default direction.
        case zero = 1
        /// NaN takes the default direction.
        case nan = 2
    }

    private let section: LightGBMText.Section
    private let leaves: Int
    private let left: [Int]
    private let right: [Int]
    private let features: [Int]
    private let thresholds: [Double]
    private let decisions: [Int]
    private let splitCounts: [Double]
    private let leafCounts: [Double]
    private let leafValues: [Double]

    init(_ section: LightGBMText.Section) throws(PredictionError) {
        self.section = section
        leaves = try section.integer("num_leaves", in: 1...Int(Int32.max) / 2)
        leafValues = try section.numbers("leaf_value", count: leaves)
        // A tree of one leaf writes no counts that could be relied on.
        leafCounts = leaves > 1 && section.has("leaf_count") ? try section.numbers("leaf_count", count: leaves) : []
        let splits = leaves - 1
        guard splits > 0 else {
            (left, right, features, thresholds, decisions, splitCounts) = ([], [], [], [], [], [])
            return
        }
        left = try section.integers("left_child", count: splits)
        right = try section.integers("right_child", count: splits)
        features = try section.integers("split_feature", count: splits)
        thresholds = try section.numbers("threshold", count: splits)
        decisions =
            section.has("decision_type")
            ? try section.integers("decision_type", count: splits) : [Int](repeating: 0, count: splits)
        splitCounts = section.has("internal_count") ? try section.numbers("internal_count", count: splits) : []
    }

    func add(to builder: inout TreeEnsembleBuilder, output: Int) throws(PredictionError) {
        let splits = leaves - 1
        let sets = try categorySets(addedTo: &builder)
        try builder.addTree(
            nodes: splits + leaves,
            output: output,
            values: leafValues,
            linear: try linearLeaves()
        ) { node throws(PredictionError) in
            if node >= splits {
                let leaf = node - splits
                return .leaf(values: leaf, cover: leafCounts.isEmpty ? 0 : leafCounts[leaf])
            }
            let decision = decisions[node]
            let split: TreeEnsembleBuilder.Split
            var missingLeft = decision & 2 != 0
            if decision & 1 != 0 {
                guard let index = Int(exactly: thresholds[node]), sets.indices.contains(index) else {
                    throw .invalidModel("\(section.name), split \(node) has no categories")
                }
                // What is missing, negative or beyond the set is in no set, and so goes right.
                split = .inSet(sets[index], beyondLeft: false)
                missingLeft = false
            } else {
                guard let missing = Missing(rawValue: decision >> 2 & 3) else {
                    throw .invalidModel("\(section.name), split \(node) has the decision type \(decision)")
                }
                let threshold = Float(roundedDown: thresholds[node])
                split = missing == .zero ? .atMostWithoutZero(threshold) : .atMost(threshold)
                if missing == .none { missingLeft = 0 <= threshold }
            }
            return .split(
                split,
                feature: features[node],
                left: child(left[node]),
                right: child(right[node]),
                missingLeft: missingLeft,
                cover: splitCounts.isEmpty ? 0 : splitCounts[node]
            )
        }
    }

    /// The index of a child among splits and then leaves; what the file says wrong leads out of both.
    private func child(_ index: Int) -> Int {
        guard index < 0 else { return index < leaves - 1 ? index : -1 }
        return index >= -leaves ? leaves - 2 - index : -1
    }

    private func categorySets(addedTo builder: inout TreeEnsembleBuilder) throws(PredictionError) -> [Int] {
        let count = try section.integer("num_cat", in: 0...leaves, default: 0)
        guard count > 0, leaves > 1 else { return [] }
        let bounds = try section.integers("cat_boundaries", count: count + 1)
        let words = try section.integers("cat_threshold", count: max(bounds[count], 0))
        var sets: [Int] = []
        for index in 0..<count {
            guard bounds[index] >= 0, bounds[index] <= bounds[index + 1], bounds[index + 1] <= words.count else {
                throw .invalidModel(
                    "cat_boundaries of \(section.name) lead from \(bounds[index]) to \(bounds[index + 1])"
                )
            }
            var set: [UInt32] = []
            for word in words[bounds[index]..<bounds[index + 1]] {
                guard let bits = UInt32(exactly: word) else {
                    throw .invalidModel(
                        "cat_threshold of \(section.name) has \(word), and words of 32 bits belong there"
                    )
                }
                set.append(bits)
            }
            sets.append(try builder.addCategories(set))
        }
        return sets
    }

    /// The functions of a linear tree's leaves, empty for a tree of constants.
    private func linearLeaves() throws(PredictionError) -> [TreeEnsemble.LinearLeaf] {
        guard try section.integer("is_linear", in: 0...1, default: 0) == 1 else { return [] }
        let constants = try section.numbers("leaf_const", count: leaves)
        let counts = try section.integers("num_features", count: leaves)
        var total = 0
        for count in counts {
            guard count >= 0, count <= Int(Int32.max), total <= Int(Int32.max) else {
                throw .invalidModel("num_features of \(section.name) has \(count)")
            }
            total += count
        }
        let features = try section.integers("leaf_features", count: total)
        let coefficients = try section.numbers("leaf_coeff", count: total)
        var start = 0
        return (0..<leaves).map { leaf in
            defer { start += counts[leaf] }
            let terms = (start..<start + counts[leaf]).map { (features[$0], coefficients[$0]) }
            return TreeEnsemble.LinearLeaf(constant: constants[leaf], terms: terms)
        }
    }
}

extension Float {
    /// The largest float that is not above a number: `x <= result` for the same floats as `Double(x) <= number`.
    init(roundedDown number: Double) {
        let nearest = Float(number)
        self = Double(nearest) > number ? nearest.nextDown : nearest
    }
}
