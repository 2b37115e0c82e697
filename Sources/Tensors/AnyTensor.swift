/// A tensor whose element type is known only at run time, as files and payloads bring it.
public enum AnyTensor: Sendable, Equatable {
    case bool(Tensor<Bool>)
    case uint8(Tensor<UInt8>)
    case uint16(Tensor<UInt16>)
    case uint32(Tensor<UInt32>)
    case uint64(Tensor<UInt64>)
    case int8(Tensor<Int8>)
    case int16(Tensor<Int16>)
    case int32(Tensor<Int32>)
    case int64(Tensor<Int64>)
    case float16(Tensor<Float16>)
    case bfloat16(Tensor<BFloat16>)
    case float32(Tensor<Float>)
    case float64(Tensor<Double>)
    /// Byte strings in row-major order, as many as the shape holds.
    case bytes(shape: [Int], values: [[UInt8]])

    /// Wraps a tensor by its element type.
    public init<Element: TensorElement>(_ tensor: Tensor<Element>) {
        self = Element.wrapped(tensor)
    }

    /// Something to do with a tensor of whichever element type.
    public protocol Visitor {
        /// What the visit gives.
        associatedtype Result
        /// How the visit fails.
        associatedtype Failure: Error
        /// Visits a tensor of numbers or Booleans.
        mutating func visit<Element: TensorElement>(_ tensor: Tensor<Element>) throws(Failure) -> Result
        /// Visits byte strings.
        mutating func visit(bytes values: [[UInt8]], shape: [Int]) throws(Failure) -> Result
    }

    /// Gives the tensor inside to a visitor.
    public func accept<V: Visitor>(_ visitor: inout V) throws(V.Failure) -> V.Result {
        switch self {
        case .bool(let tensor): try visitor.visit(tensor)
        case .uint8(let tensor): try visitor.visit(tensor)
        case .uint16(let tensor): try visitor.visit(tensor)
        case .uint32(let tensor): try visitor.visit(tensor)
        case .uint64(let tensor): try visitor.visit(tensor)
        case .int8(let tensor): try visitor.visit(tensor)
        case .int16(let tensor): try visitor.visit(tensor)
        case .int32(let tensor): try visitor.visit(tensor)
        case .int64(let tensor): try visitor.visit(tensor)
        case .float16(let tensor): try visitor.visit(tensor)
        case .bfloat16(let tensor): try visitor.visit(tensor)
        case .float32(let tensor): try visitor.visit(tensor)
        case .float64(let tensor): try visitor.visit(tensor)
        case .bytes(let shape, let values): try visitor.visit(bytes: values, shape: shape)
        }
    }
}

extension AnyTensor {
    /// The size of each axis, outermost first.
    public var shape: [Int] {
        switch self {
        case .bool(let tensor): tensor.shape
        case .uint8(let tensor): tensor.shape
        case .uint16(let tensor): tensor.shape
        case .uint32(let tensor): tensor.shape
        case .uint64(let tensor): tensor.shape
        case .int8(let tensor): tensor.shape
        case .int16(let tensor): tensor.shape
        case .int32(let tensor): tensor.shape
        case .int64(let tensor): tensor.shape
        case .float16(let tensor): tensor.shape
        case .bfloat16(let tensor): tensor.shape
        case .float32(let tensor): tensor.shape
        case .float64(let tensor): tensor.shape
        case .bytes(let shape, _): shape
        }
    }

    /// The V2 datatype of the elements.
    public var datatype: ElementType {
        switch self {
        case .bool: .bool
        case .uint8: .uint8
        case .uint16: .uint16
        case .uint32: .uint32
        case .uint64: .uint64
        case .int8: .int8
        case .int16: .int16
        case .int32: .int32
        case .int64: .int64
        case .float16: .float16
        case .bfloat16: .bfloat16
        case .float32: .float32
        case .float64: .float64
        case .bytes: .bytes
        }
    }

    /// The number of elements.
    public var count: Int { shape.reduce(1, *) }

    /// The number of rows: the size of axis 0, and 1 for a tensor without axes.
    public var rows: Int { shape.first ?? 1 }
}
