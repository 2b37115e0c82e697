import Prediction

/// A model file of LightGBM, the text that `save_model` writes.
///
/// Source: `GBDT::LoadModelFromString` of src/boosting/gbdt_model_text.cpp and `Tree::Tree(const char*, size_t*)` of
/// src/io/tree.cpp, release 4.6; how splits decide is in include/LightGBM/tree.h.
enum LightGBMFile {
    /// The model of a file.
    ///
    /// - Parameter rounds: How many rounds of boosting to use.
    /// - Throws: `.invalidModel` by tree and key.
    static func model(_ bytes: UnsafeRawBufferPointer, rounds: BoostingRounds) throws(PredictionError) -> ForeignModel {
        let text = try LightGBMText(bytes)
        let header = text.header
        let classes = try header.integer("num_class", in: 1...mostOutputs)
        let outputs = try header.integer("num_tree_per_iteration", in: 1...mostOutputs, default: classes)
        let inputs = try header.integer("max_feature_idx", in: 0...Int(TreeEnsemble.Node.featureMask) - 1) + 1
        if let sizes = header.text("tree_sizes")?.split(separator: " "), sizes.count != text.trees.count {
            throw .invalidModel("the header tells of \(sizes.count) trees, and the file has \(text.trees.count)")
        }
        guard text.trees.count % outputs == 0 else {
            throw .invalidModel("\(text.trees.count) trees do not make whole rounds of \(outputs)")
        }
        var used = text.trees.count / outputs
        if case .first(let number) = rounds { used = min(number, used) }

        var builder = try TreeEnsembleBuilder(inputs: inputs, outputs: outputs)
        for (index, section) in text.trees.prefix(used * outputs).enumerated() {
            try LightGBMTree(section).add(to: &builder, output: index % outputs)
        }
        let ensemble = try builder.build(
            base: [Double](repeating: 0, count: outputs),
            divisor: header.has("average_output") ? Double(max(used, 1)) : 1
        )
        let transform = try MarginTransform(lightGBM: header.text("objective"), outputs: outputs)
        return ForeignModel(body: .trees(ensemble), transform: transform)
    }

    private static let mostOutputs = 1 << 20
}
