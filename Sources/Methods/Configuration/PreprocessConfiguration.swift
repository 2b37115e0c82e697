import JSON
import TOML

/// The table `[preprocess]`: how rows become the features that a method compares.
package struct PreprocessConfiguration: Sendable, Equatable {
    /// The step.
    package enum Method: String, Sendable, CaseIterable {
        /// Rows as they are, flattened.
        case none
        /// Each column less its mean, by its standard deviation.
        case standardise
        /// Images made smaller.
        case imageResize = "image-resize"
        /// The leading principal components.
        case pca
        /// A small dense encoder with random weights.
        case untrainedEncoder = "untrained-encoder"
        /// The code of an autoencoder that was trained on the `features` part.
        case autoencoder
        /// What the model answers; in a service it is read from the response.
        case modelOutput = "model-output"
        /// The activations of a layer of the model.
        case hiddenLayer = "hidden-layer"
    }

    /// The step.
    package var method: Method
    /// Its declared keys.
    package var parameters: Parameters

    /// The step of a monitor that says nothing: rows as they are.
    package static let none = PreprocessConfiguration(method: .none, parameters: .empty)

    /// Creates a configuration from its parts.
    package init(method: Method, parameters: Parameters) {
        self.method = method
        self.parameters = parameters
    }

    /// Reads the table `[preprocess]`.
    init(reading table: TableReader<MethodError>) throws(MethodError) {
        method = try table.choice("method")
        parameters = try Parameters(reading: table, declared: method.parameters)
    }

    /// What the rows of the monitor are in the model's traffic.
    package var rowSource: RowSource { method == .modelOutput ? .outputs : .inputs }

    /// Whether the features belong to one version of the model.
    package var derivesFromModel: Bool { method == .modelOutput || method == .hiddenLayer }

    /// Whether the step learns from rows of the `features` part.
    package var learns: Bool { method == .standardise || method == .pca || method == .autoencoder }

    /// The canonical spelling: what a configuration hash covers.
    var canonical: JSONValue { ["method": .string(method.rawValue), "parameters": parameters.canonical] }
}

extension PreprocessConfiguration.Method {
    /// The keys that the step takes beside `method`.
    package var parameters: [Parameter] {
        let model = Parameter("model", .text, "The model that is asked; the monitored model where it is absent.")
        switch self {
        case .none, .standardise: return []
        case .pca:
            return [Parameter("n_components", .integer(1...4096), default: 2, "Principal components that are kept.")]
        case .imageResize:
            return [
                Parameter("height", .integer(1...4096), default: 8, "Rows of pixels that are left."),
                Parameter("width", .integer(1...4096), default: 8, "Columns of pixels that are left."),
            ]
        case .untrainedEncoder: return [AutoencoderSettings.codeParameter]
        case .autoencoder: return [AutoencoderSettings.codeParameter] + AutoencoderSettings.parameters
        case .modelOutput: return [model]
        case .hiddenLayer:
            return [
                model, Parameter("layer", .text, "The layer's name; the one before the output where it is absent."),
            ]
        }
    }
}
