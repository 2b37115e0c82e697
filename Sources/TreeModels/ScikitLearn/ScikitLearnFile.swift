import Prediction
import Tensors

/// A model that `scripts/export/scikit_learn.py` wrote: named arrays in a safetensors file, its settings beside them.
///
/// `docs/reference/tree-models.md` describes the format.
struct ScikitLearnFile {
    private let tensors: [String: AnyTensor]
    private let metadata: [String: String]

    /// The model of the file.
    ///
    /// - Throws: `.invalidModel` by field.
    static func model(_ bytes: [UInt8]) throws(PredictionError) -> ForeignModel {
        let file: Safetensors
        do throws(TensorError) { file = try Safetensors.read(bytes: bytes, name: "the file") } catch {
            throw .invalidModel(error.message, remedy: error.remedy, cause: error)
        }
        return try ScikitLearnFile(tensors: file.tensors, metadata: file.metadata).model()
    }

    private func model() throws(PredictionError) -> ForeignModel {
        guard metadata["format"] == "vedette-scikit-learn", metadata["format_version"] == "1" else {
            throw .invalidModel(
                "the file's metadata has no format = vedette-scikit-learn of format_version = 1",
                remedy: "Write it with scripts/export/scikit_learn.py of this version"
            )
        }
        switch try text("kind") {
        case "trees":
            return ForeignModel(
                body: .trees(try ensemble()),
                transform: try transform()
            )
        case "linear": return ForeignModel(body: .linear(try weights()), transform: try transform())
        case let kind: throw .invalidModel("kind in the metadata is \(kind.prefix(64)), and trees or linear can be")
        }
    }

    private func transform() throws(PredictionError) -> MarginTransform {
        switch try text("link") {
        case "identity": return .identity
        case "binary": return .binary(slope: try number("slope", default: 1))
        case "softmax": return .softmax
        case "one-against-rest": return .oneAgainstRest
        case "exponential": return .exponential
        case "clamped": return .clamped
        case let link: throw .invalidModel("link in the metadata is \(link.prefix(64)), which is not known")
        }
    }

    private func weights() throws(PredictionError) -> LinearWeights {
        let intercepts = try numbers("intercepts")
        let coefficients = try numbers("coefficients")
        let shape = tensors["coefficients"]?.shape ?? []
        guard shape.count == 2, shape[1] == intercepts.count else {
            throw .invalidModel("coefficients are \(shape), and [features, \(intercepts.count)] belongs there")
        }
        return try LinearWeights(
            inputs: shape[0],
            outputs: shape[1],
            coefficients: coefficients,
            intercepts: intercepts
        )
    }

    // MARK: Trees

    private func ensemble() throws(PredictionError) -> TreeEnsemble {
        let base = try numbers("base")
        let inputs = try whole("inputs")
        var builder = try TreeEnsembleBuilder(inputs: inputs, outputs: base.count)
        let sizes = try integers("tree_nodes")
        let outputs = try integers("tree_output", count: sizes.count)
        let nodes = try ScikitLearnNodes(self)
        let sets = try categorySets(addedTo: &builder)
        var start = 0
        for (tree, size) in sizes.enumerated() {
            guard size >= 1, size <= nodes.count - start else {
                throw .invalidModel("tree_nodes[\(tree)] is \(size), and \(nodes.count - start) nodes are left")
            }
            let range = start..<start + size
            try builder.addTree(
                nodes: size,
                output: outputs[tree],
                width: nodes.width,
                values: Array(nodes.values[range.lowerBound * nodes.width..<range.upperBound * nodes.width])
            ) { node throws(PredictionError) in try nodes.node(node, at: start + node, sets: sets) }
            start += size
        }
        guard start == nodes.count else { throw .invalidModel("\(nodes.count - start) nodes belong to no tree") }
        return try builder.build(base: base, divisor: try number("divisor", default: 1))
    }

    private func categorySets(addedTo builder: inout TreeEnsembleBuilder) throws(PredictionError) -> [Int] {
        guard let tensor = tensors["category_words"] else { return [] }
        guard tensor.shape.count == 2, case .uint32(let words) = tensor else {
            throw .invalidModel("category_words are \(tensor.datatype.rawValue) \(tensor.shape), not U32 [sets, words]")
        }
        let all = words.elements
        let width = words.elementsPerRow
        var sets: [Int] = []
        for set in 0..<words.rows { sets.append(try builder.addCategories(all[set * width..<(set + 1) * width])) }
        return sets
    }

    // MARK: Fields

    private func text(_ key: String) throws(PredictionError) -> String {
        guard let text = metadata[key] else { throw .invalidModel("the file's metadata has no \(key)") }
        return text
    }

    private func number(_ key: String, default fallback: Double? = nil) throws(PredictionError) -> Double {
        if let fallback, metadata[key] == nil { return fallback }
        let text = try text(key)
        // Nothing here is below 0, or beyond the whole numbers that a double holds.
        guard let number = Double(text), number >= 0, number <= 0x1p53 else {
            throw .invalidModel("\(key) in the metadata is \(text.prefix(40)), and a number belongs there")
        }
        return number
    }

    private func whole(_ key: String) throws(PredictionError) -> Int {
        let number = try number(key)
        guard let whole = Int(exactly: number) else {
            throw .invalidModel("\(key) in the metadata is \(number), and a whole number belongs there")
        }
        return whole
    }

    func has(_ name: String) -> Bool { tensors[name] != nil }

    /// The numbers of a tensor, as many as `count` where it is given.
    func numbers(_ name: String, count: Int? = nil) throws(PredictionError) -> [Double] {
        guard let tensor = tensors[name] else { throw .invalidModel("the file has no \(name)") }
        guard count == nil || tensor.count == count else {
            throw .invalidModel("\(name) is \(tensor.shape), and \(count ?? 0) numbers belong there")
        }
        do throws(TensorError) { return try tensor.converted(to: Double.self).elements } catch {
            throw .invalidModel("\(name): \(error.message)", cause: error)
        }
    }

    /// The whole numbers of a tensor, as many as `count` where it is given.
    func integers(_ name: String, count: Int? = nil) throws(PredictionError) -> [Int] {
        var integers: [Int] = []
        for number in try numbers(name, count: count) {
            guard let integer = Int(exactly: number) else { throw .invalidModel("\(name) has \(number)") }
            integers.append(integer)
        }
        return integers
    }

    fileprivate var valueShape: [Int] { tensors["value"]?.shape ?? [] }
}

/// The nodes of all trees, one after the other; indices of children count within a tree, −1 marks a leaf.
private struct ScikitLearnNodes {
    let count: Int
    /// The number of values of a leaf.
    let width: Int
    let values: [Double]
    private let left: [Int]
    private let right: [Int]
    private let features: [Int]
    private let thresholds: [Double]
    private let missingLeft: [Double]
    private let covers: [Double]
    private let sets: [Int]
    private let beyondLeft: [Double]

    init(_ file: ScikitLearnFile) throws(PredictionError) {
        left = try file.integers("left")
        count = left.count
        right = try file.integers("right", count: count)
        features = try file.integers("feature", count: count)
        thresholds = try file.numbers("threshold", count: count)
        missingLeft = try file.numbers("missing_left", count: count)
        covers = try file.numbers("cover", count: count)
        let shape = file.valueShape
        guard shape.count == 2, shape[0] == count, shape[1] >= 1 else {
            throw .invalidModel("value is \(shape), and [\(count), values of a leaf] belongs there")
        }
        width = shape[1]
        values = try file.numbers("value")
        sets = file.has("category_set") ? try file.integers("category_set", count: count) : []
        beyondLeft = file.has("category_set") ? try file.numbers("beyond_left", count: count) : []
    }

    /// - Parameters:
    ///   - index: The node's index within its tree.
    ///   - place: Its index among all nodes.
    func node(_ index: Int, at place: Int, sets known: [Int]) throws(PredictionError) -> TreeEnsembleBuilder.SourceNode
    {
        guard left[place] != -1 else { return .leaf(values: index * width, cover: covers[place]) }
        let split: TreeEnsembleBuilder.Split
        if !sets.isEmpty, sets[place] != -1 {
            guard known.indices.contains(sets[place]) else {
                throw .invalidModel("category_set[\(place)] is \(sets[place]), and there are \(known.count) sets")
            }
            split = .inSet(known[sets[place]], beyondLeft: beyondLeft[place] != 0)
        } else {
            split = .atMost(Float(roundedDown: thresholds[place]))
        }
        return .split(
            split,
            feature: features[place],
            left: left[place],
            right: right[place],
            missingLeft: missingLeft[place] != 0,
            cover: covers[place]
        )
    }
}
