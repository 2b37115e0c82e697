package import Prediction
package import Tensors

/// A part of the reference.
package enum SplitPart: String, Sendable, CaseIterable {
    /// For whatever learns: encoders, components, scalers.
    case features
    /// For thresholds and conformal scores.
    case calibration
    /// For what windows are compared with.
    case reference
}

/// Makes fitted methods of one kind: by fitting on rows, or by loading what was fitted.
package protocol MethodFactory: Sendable {
    /// The method's name in configurations.
    var name: String { get }
    /// The keys that it takes at the top level of `config.toml`.
    var parameters: [Parameter] { get }
    /// The parts of the reference that the method itself needs; the preprocess step may need `features` beside them.
    var parts: Set<SplitPart> { get }
    /// Whether the fitted method asks a model for every batch.
    var requiresModel: Bool { get }
    /// Whether rows end with their context, which takes no part in the preprocess step.
    var takesContext: Bool { get }

    /// Fits the method and returns what its folder has to hold.
    func fit(_ material: FittingMaterial) throws -> ArtefactContents

    /// Restores the method from its folder; no number changes by saving and loading.
    func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod
}

extension MethodFactory {
    package var takesContext: Bool { false }
}

/// What a method is fitted on.
package struct FittingMaterial: Sendable {
    /// What is asked for.
    package var configuration: MonitorConfiguration
    /// The features of each part of the reference that is needed, shape `[n, …]`.
    package var parts: [SplitPart: Tensor<Float>]
    /// How many of a row's last features are its context.
    package var contextWidth: Int
    /// The model, where one was given.
    package var model: (any Predictor)?
    /// Told how far fitting is.
    package var progress: FittingProgress

    /// Creates the material from its parts.
    package init(
        configuration: MonitorConfiguration,
        parts: [SplitPart: Tensor<Float>],
        contextWidth: Int = 0,
        model: (any Predictor)? = nil,
        progress: @escaping FittingProgress = { _, _ in }
    ) {
        self.configuration = configuration
        self.parts = parts
        self.contextWidth = contextWidth
        self.model = model
        self.progress = progress
    }

    /// Returns a part that the method declared as needed.
    ///
    /// - Throws: `.tooFewRows` when it has fewer rows than asked for.
    package func rows(of part: SplitPart, atLeast minimum: Int) throws(MethodError) -> Tensor<Float> {
        guard let rows = parts[part], rows.rows >= minimum else {
            throw MethodError(
                .tooFewRows,
                "the \(part.rawValue) part has \(parts[part]?.rows ?? 0) rows, \(configuration.method) needs \(minimum)",
                remedy: "Give more reference rows, or a larger share to \(part.rawValue) in [split]"
            )
        }
        return rows
    }
}

/// Told of progress: what is being done, and the share of it that is done in `0...1`.
package typealias FittingProgress = @Sendable (_ stage: String, _ fraction: Double) -> Void
