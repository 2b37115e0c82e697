public import CloudEvents
public import Tensors

/// What a monitor sees of a request or an answer, whichever dialect it was written in.
public struct Payload: Sendable, Equatable {
    /// The way a body is written.
    public typealias Dialect = PayloadDialect

    /// Which half of an exchange a body is.
    public enum Role: String, Sendable, Hashable, Codable {
        /// Asks.
        case request
        /// Answers.
        case response
    }

    /// How it was written.
    public var dialect: Dialect
    /// Which half it is, as far as the body tells.
    public var role: Role
    /// The tensors in the order of the message.
    public var tensors: [NamedTensor]
    /// The body's own id.
    public var id: String?
    /// The model that answered, in responses.
    public var modelName: String?
    /// Its version, in responses.
    public var modelVersion: String?

    /// Makes a payload.
    public init(
        dialect: Dialect,
        role: Role,
        tensors: [NamedTensor],
        id: String? = nil,
        modelName: String? = nil,
        modelVersion: String? = nil
    ) {
        self.dialect = dialect
        self.role = role
        self.tensors = tensors
        self.id = id
        self.modelName = modelName
        self.modelVersion = modelVersion
    }

    /// The tensor of that name.
    public subscript(name: String) -> AnyTensor? { tensors.first { $0.name == name }?.tensor }

    /// How many rows it has: the size of axis 0, on which all its tensors agree; nil where they do not, or where there
    /// are none.
    public var rows: Int? {
        guard let first = tensors.first?.tensor.rows, tensors.allSatisfy({ $0.tensor.rows == first }) else {
            return nil
        }
        return first
    }
}
