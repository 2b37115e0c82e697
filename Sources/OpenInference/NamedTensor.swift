public import JSON
public import Tensors

/// A tensor of a message: its name, its elements and what else was said about it.
public struct NamedTensor: Sendable, Equatable {
    /// The name by which model and client know it.
    public var name: String
    /// The elements with their datatype and shape.
    public var tensor: AnyTensor
    /// Free parameters; those of the binary extension are taken out when it is decoded.
    public var parameters: JSONObject

    /// Makes a named tensor.
    public init(name: String, tensor: AnyTensor, parameters: JSONObject = [:]) {
        self.name = name
        self.tensor = tensor
        self.parameters = parameters
    }

    /// Makes a named tensor of one known element type.
    public init<Element: TensorElement>(name: String, _ tensor: Tensor<Element>) {
        self.init(name: name, tensor: AnyTensor(tensor))
    }
}
