import Prediction

/// A model file of XGBoost: JSON, or since 2.1 by default UBJSON; told apart by the first bytes.
///
/// Source: https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html and `LoadModel` of src/learner.cc,
/// src/gbm/gbtree_model.cc and src/tree/tree_model.cc, releases 1.6 to 3.5.
enum XGBoostFile {
    /// The model of a file.
    ///
    /// - Parameter rounds: How many rounds of boosting to use.
    /// - Throws: `.invalidModel` by field.
    static func model(_ bytes: UnsafeRawBufferPointer, rounds: BoostingRounds) throws(PredictionError) -> ForeignModel {
        let root = XGBoostField(value: try value(bytes), path: "")
        // A snapshot, as pickling makes one, holds the model beside the settings.
        let learner = try (root.optional("Model") ?? root)["learner"]
        let version = Self.version(root.optional("Model") ?? root)
        let parameters = try learner["learner_model_param"]
        let inputs = try parameters["num_feature"].integer(in: 1...Int(TreeEnsemble.Node.featureMask))
        let classes = try parameters["num_class"].integer(in: 0...mostOutputs)
        let targets = try parameters.optional("num_target")?.integer(in: 0...mostOutputs) ?? 1
        let outputs = max(classes, targets, 1)
        let objective = try XGBoostObjective(
            try learner["objective"]["name"].text,
            version: version,
            outputs: outputs
        )
        let scores = try baseScores(try parameters["base_score"].text)
        let base = try objective.base(scores, outputs: outputs)

        let booster = try learner["gradient_booster"]
        let body: ForeignModel.Body
        switch try booster["name"].text {
        case "gblinear": body = .linear(try linear(booster, inputs: inputs, outputs: outputs, base: base))
        case "dart":
            let model = try booster["gbtree"]["model"]
            let trees = XGBoostTrees(model, weights: try booster["weight_drop"].numbers(), base: base, inputs: inputs)
            body = .trees(try trees.ensemble(rounds: rounds, best: bestRound(learner)))
        case "gbtree":
            let model = try booster["model"]
            // Since 3.3 what DART multiplies trees with is here.
            let weights = try model.optional("weight_drop")?.numbers() ?? []
            let trees = XGBoostTrees(model, weights: weights, base: base, inputs: inputs)
            body = .trees(try trees.ensemble(rounds: rounds, best: bestRound(learner)))
        case let name:
            throw .invalidModel("learner.gradient_booster.name is \(name.prefix(64)), which is not known")
        }
        return ForeignModel(body: body, transform: objective.transform)
    }

    private static let mostOutputs = 1 << 20

    private static func value(_ bytes: UnsafeRawBufferPointer) throws(PredictionError) -> XGBoostValue {
        let start = bytes.first { ![0x20, 0x0A, 0x0D, 0x09].contains($0) }
        guard start == UInt8(ascii: "{") else {
            throw .invalidModel(
                "the file is neither JSON nor UBJSON: it does not begin with {",
                remedy: "Save it with XGBoost 1.6 or later as .json or .ubj: booster.save_model(\"model.ubj\")"
            )
        }
        // JSON goes on with white space, a quotation mark or a brace; UBJSON with the length of the first key.
        if bytes.count >= 2, bytes[0] == start, "iUIlL#$NZ".utf8.contains(bytes[1]) {
            var reader = UBJSONReader(bytes)
            return try reader.readFile()
        }
        return try XGBoostValue(json: bytes)
    }

    private static func version(_ root: XGBoostField) -> (major: Int, minor: Int) {
        guard let numbers = try? root.optional("version")?.numbers(), numbers.count >= 2 else { return (0, 0) }
        return (Int(exactly: numbers[0]) ?? 0, Int(exactly: numbers[1]) ?? 0)
    }

    /// `"5E-1"`, and since 3.1 `"[5E-1]"` or `"[2E-1,3E-1,5E-1]"`.
    private static func baseScores(_ text: String) throws(PredictionError) -> [Float] {
        let inner = text.hasPrefix("[") && text.hasSuffix("]") ? text.dropFirst().dropLast() : text[...]
        var scores: [Float] = []
        for part in inner.split(separator: ",") {
            guard let score = Float(part.filter { $0 != " " }), score.isFinite else {
                throw .invalidModel("learner.learner_model_param.base_score is \(text.prefix(64))")
            }
            scores.append(score)
        }
        return scores
    }

    /// The round that early stopping found best, counted from 0.
    private static func bestRound(_ learner: XGBoostField) throws(PredictionError) -> Int? {
        try learner.optional("attributes")?.optional("best_iteration")?.integer(in: 0...Int(Int32.max))
    }

    /// The weights `[inputs + 1, outputs]` of a linear booster, the last row its biases.
    private static func linear(
        _ booster: XGBoostField,
        inputs: Int,
        outputs: Int,
        base: [Double]
    ) throws(PredictionError) -> LinearWeights {
        let weights = try booster["model"]["weights"].numbers((inputs + 1) * outputs)
        // XGBoost adds the first base score to every output here.
        let biases = (0..<outputs).map { Double(Float(weights[inputs * outputs + $0]) + Float(base[0])) }
        return try LinearWeights(
            inputs: inputs,
            outputs: outputs,
            coefficients: Array(weights.prefix(inputs * outputs)),
            intercepts: biases,
            isSinglePrecision: true,
            skipsMissing: true
        )
    }
}
