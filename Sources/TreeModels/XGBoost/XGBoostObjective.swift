import Prediction

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What an objective of XGBoost makes of margins, and of `base_score`, which a file holds in the unit of the output.
///
/// Source: `PredTransform` and `ProbToMargin` of src/objective, releases 1.6 to 3.5.
struct XGBoostObjective {
    let transform: MarginTransform
    /// From the output's unit to the margin's, computed in 32 bits as there.
    let margin: @Sendable (Float) -> Float

    /// - Parameters:
    ///   - version: The release that wrote the file.
    ///   - outputs: How many margins there are.
    /// - Throws: `.invalidModel` for an objective that is not known, since its outputs cannot be.
    init(_ name: String, version: (major: Int, minor: Int), outputs: Int) throws(PredictionError) {
        switch name {
        case "binary:logistic":
            transform = outputs == 1 ? .binary(slope: 1) : .logistic(slope: 1)
            margin = Self.logit
        case "reg:logistic":
            transform = .logistic(slope: 1)
            margin = Self.logit
        case "binary:hinge":
            transform = .hinge
            margin = { $0 }
        case "multi:softmax", "multi:softprob":
            transform = .softmax
            margin = { $0 }
        case "count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft":
            transform = .exponential
            margin = { logf($0) }
        case "reg:quantileerror":
            // Since 3.4 the quantiles of a row are sorted.
            transform = version >= (3, 4) && outputs > 1 ? .ascending : .identity
            margin = { $0 }
        case "reg:expectileerror":
            transform = outputs > 1 ? .expectiles : .identity
            margin = { $0 }
        case "reg:squarederror", "reg:linear", "reg:squaredlogerror", "reg:pseudohubererror", "reg:absoluteerror",
            "binary:logitraw", "rank:pairwise", "rank:ndcg", "rank:map":
            transform = .identity
            margin = { $0 }
        default:
            throw .invalidModel(
                "learner.objective.name is \(name.prefix(64)), which is not known",
                remedy: "Train with one of XGBoost's own objectives, or export the model to ONNX"
            )
        }
    }

    /// The margins that the sum starts from.
    func base(_ scores: [Float], outputs: Int) throws(PredictionError) -> [Double] {
        guard scores.count == 1 || scores.count == outputs else {
            throw .invalidModel("learner.learner_model_param.base_score has \(scores.count) values for \(outputs)")
        }
        var base = (0..<outputs).map { margin(scores[scores.count == 1 ? 0 : $0]) }
        if transform == .expectiles {
            // There a file holds the expectiles, and the margins are the steps between them.
            for index in base.indices.dropFirst().reversed() {
                let step = max(base[index] - base[index - 1] - 1e-6, 1e-6)
                base[index] = step + logf(-expm1f(-step))
            }
        }
        guard base.allSatisfy(\.isFinite) else {
            throw .invalidModel("learner.learner_model_param.base_score is \(scores.prefix(8)), outside the objective")
        }
        return base.map(Double.init)
    }

    @Sendable private static func logit(_ probability: Float) -> Float {
        -logf(1 / min(max(probability, 1e-6), 1 - 1e-6) - 1)
    }
}
