import Explanations
import FoundationEssentials
import Methods
import MonitorHosting
import Monitoring
import OpenInference
import Prediction
import ServiceKit
import Tensors

/// An explainer that can answer: its configuration, the model that it looks into, and the way from a payload to rows.
struct HostedExplainer: Sendable {
    /// The explainer's name: its folder's, or the model's where it has no folder.
    let name: String
    /// What it was configured with.
    let configuration: ExplainerConfiguration
    /// The model that it explains.
    let model: ModelDescription
    /// What `models.toml` calls the model.
    let modelName: String
    /// A hash of the configuration's text, 16 hexadecimal digits.
    let configHash: String
    private let explainer: IntegratedGradients
    private let reader: RowReader

    /// - Parameters:
    ///   - text: The text of `explainer.toml`.
    ///   - folder: Its folder, for background rows; nil for an explainer without one.
    /// - Throws: What is wrong with the configuration, the model or the background rows, by file and field.
    init(name: String, text: String, folder: String?, modelName: String? = nil, models: ModelLookup) throws {
        let configuration = try ExplainerConfiguration(parsing: text)
        guard let wanted = configuration.model?.name ?? modelName else {
            throw ServiceError(
                .unprocessable,
                "the explainer \(name) names no model",
                remedy: "Add [model] with name = \"...\" to its explainer.toml"
            )
        }
        let predictor = try models.open(wanted, version: configuration.model?.version)
        var background: Tensor<Float>?
        if let file = configuration.background, let folder {
            background = try Tensor(floatsOf: "\(folder)/\(file)", rowShape: predictor.model.inputs.first?.shape ?? [])
        }
        self.name = name
        self.configuration = configuration
        self.modelName = wanted
        model = predictor.model
        configHash = ContentHash.short(of: Array(text.utf8))
        explainer = try configuration.explainer(for: predictor, background: background)
        reader = try RowReader(inputsOf: predictor.model, tensor: configuration.model?.input)
    }

    /// Explains the rows of a payload.
    ///
    /// - Parameters:
    ///   - target: The output to explain; nil takes the configured one, or each row's largest.
    ///   - rowLimit: How many rows there may be.
    /// - Throws: ``ServiceError`` 400 for tensors that are not the model's inputs, 413 for too many rows.
    func answer(_ tensors: [NamedTensor], target: Int?, rowLimit: Int) throws -> ExplainerAnswer {
        let rows: Tensor<Float>
        do throws(Exclusion) { rows = try reader.rows(of: tensors) } catch {
            throw ServiceError(
                .badRequest,
                "the rows do not suit the model \(model.name): \(error.reason.name)",
                remedy:
                    "Send the inputs \(model.inputs.map { "\($0.name) \($0.shape)" }.joined(separator: ", ")), rows first"
            )
        }
        guard rows.rows <= rowLimit else {
            throw ServiceError(
                .payloadTooLarge,
                "\(rows.rows) rows, and the limit is \(rowLimit)",
                remedy: "Send fewer rows at a time"
            )
        }
        do {
            let explanations = try explainer.explanations(of: rows, target: target ?? configuration.target)
            return ExplainerAnswer(explainer: self, instances: rows, explanations: explanations)
        } catch let error as MethodError {
            throw ServiceError(.badRequest, error.message, remedy: error.remedy, cause: error)
        }
    }
}
