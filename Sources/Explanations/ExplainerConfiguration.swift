package import Methods
package import Prediction
import TOML
package import Tensors

/// An `explainer.toml`, read strictly.
///
/// ```toml
/// name = "IntegratedGradients"
/// n_steps = 50
/// baseline = "zeros"
///
/// [model]
/// name = "digits"
/// ```
package struct ExplainerConfiguration: Sendable, Equatable {
    /// The explainers that there are.
    package static let methods = ["IntegratedGradients"]

    /// The explainer, by the name that the field knows it under.
    package var method: String
    /// Nodes of the quadrature.
    package var steps: Int
    /// Rows that go through the model at once.
    package var batchSize: Int
    /// The input from which attributions are counted.
    package var baseline: Baseline
    /// The output to explain; nil explains the largest.
    package var target: Int?
    /// The file of background rows, beside the configuration.
    package var background: String?
    /// Whose answers are explained; nil in a file that only serves `vedette explain`.
    package var model: Selection?

    /// Whose answers an explainer explains.
    package struct Selection: Sendable, Hashable {
        /// The model's namespace.
        package var namespace: String
        /// The model's name.
        package var name: String
        /// The only version that is explained; nil explains every version.
        package var version: String?
        /// The request tensor that holds the rows; nil where the model has one input.
        package var input: String?
    }

    /// Reads a configuration.
    ///
    /// - Throws: `.invalidConfiguration`, `.unknownKey` or `.unknownMethod`, each naming key, value and what may stand
    ///   there.
    package init(parsing text: String) throws(MethodError) {
        let top = try TableReader(configuration: text)
        method = try top.text("name")
        guard ExplainerConfiguration.methods.contains(method) else {
            throw MethodError(
                .unknownMethod,
                "no explainer here is named \(method)",
                remedy: "Explainers here: \(ExplainerConfiguration.methods.joined(separator: ", "))"
            )
        }
        steps = try top.integer("n_steps", in: 1...1_000, default: 50)
        _ = try top.choice("method", of: ["gausslegendre"], default: "gausslegendre")
        batchSize = try top.integer("internal_batch_size", in: 1...100_000, default: 100)
        baseline = try ExplainerConfiguration.baseline(top)
        target = try ExplainerConfiguration.target(top)
        background = try top.optionalText("background")
        if let background, background.contains("/") || background.hasPrefix(".") {
            throw top.wrong("background", "the name of a file beside explainer.toml")
        }
        if let table = try top.optionalTable("model") {
            model = Selection(
                namespace: try table.text("namespace", default: "default"),
                name: try table.text("name"),
                version: try table.optionalText("version"),
                input: try table.optionalText("input")
            )
        }
        try top.finish()
    }

    /// Makes the explainer for a model.
    ///
    /// - Parameter background: The rows of ``background``, where the baseline needs them.
    /// - Throws: `.modelRequired` when the model cannot be differentiated.
    package func explainer(
        for model: any Predictor,
        background: Tensor<Float>? = nil
    ) throws(MethodError) -> IntegratedGradients {
        guard let model = model as? any DifferentiablePredictor else {
            throw MethodError(
                .modelRequired,
                "IntegratedGradients needs gradients, and the model \(model.model.name) gives none",
                remedy: "Use a native model; a model behind a URL can only be asked for its answers"
            )
        }
        return IntegratedGradients(
            model: model,
            steps: steps,
            baseline: baseline,
            background: background,
            batchSize: batchSize
        )
    }

    private static func baseline(_ top: TableReader<MethodError>) throws(MethodError) -> Baseline {
        switch top.value("baseline")?.content {
        case nil, .text("zeros"): return .zeros
        case .text("mean"): return .mean
        case .integer(let value): return .value(Float(value))
        case .number(let value) where value.isFinite: return .value(Float(value))
        case .some: throw top.wrong("baseline", "\"zeros\", \"mean\" or a number")
        }
    }

    private static func target(_ top: TableReader<MethodError>) throws(MethodError) -> Int? {
        switch top.value("target")?.content {
        case nil, .text("predicted"): return nil
        case .integer(let value) where value >= 0: return Int(value)
        case .some: throw top.wrong("target", "\"predicted\" or the index of an output")
        }
    }
}
