/// Where the tensors are in the bodies of models that follow no dialect, by the name of the model.
public struct PayloadMappings: Sendable, Hashable {
    /// Every body follows a dialect.
    public static let none = PayloadMappings(models: [:])

    private let models: [String: PayloadMapping]

    /// Makes mappings.
    public init(models: [String: PayloadMapping]) {
        self.models = models
    }

    /// That of a model; nil where its bodies follow a dialect, or nobody knows the model.
    public subscript(model: String?) -> PayloadMapping? { model.flatMap { models[$0] } }

    /// A decoder for the bodies of a model.
    public func decoder(for model: String?) -> PayloadDecoder { PayloadDecoder(mapping: self[model]) }
}
