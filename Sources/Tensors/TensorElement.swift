/// A type that a tensor can hold: plain bits of a fixed width with a V2 datatype.
///
/// Conversions are exact between integers and fail where a value does not fit; floating-point targets take the nearest
/// value, as `Float(_: Double)` does. A number becomes `Bool` only from 0 or 1.
public protocol TensorElement: Sendable, BitwiseCopyable, Equatable {
    /// The V2 spelling of this type.
    static var datatype: ElementType { get }
    /// The value that stands for nothing, false or 0.
    static var zero: Self { get }
    /// A tensor of this type as one whose type is known only at run time.
    static func wrapped(_ tensor: Tensor<Self>) -> AnyTensor
    /// The same whole number, or `nil` when this type cannot hold it.
    init?(integerValue: some FixedWidthInteger)
    /// The same number, or for floating-point types the nearest; `nil` when this type cannot hold it.
    init?(floatingValue: Double)
    /// The same number in another type, or `nil` when that type cannot hold it.
    func converted<Other: TensorElement>(to other: Other.Type) -> Other?
}

extension TensorElement where Self: FixedWidthInteger {
    /// The same whole number, or `nil` when it is out of range.
    @inlinable public init?(integerValue: some FixedWidthInteger) {
        self.init(exactly: integerValue)
    }

    /// The same whole number, or `nil` for a fraction, NaN, an infinity or what is out of range.
    @inlinable public init?(floatingValue: Double) {
        self.init(exactly: floatingValue)
    }

    /// The same whole number in another type.
    @inlinable public func converted<Other: TensorElement>(to other: Other.Type) -> Other? {
        Other(integerValue: self)
    }
}

extension TensorElement where Self: BinaryFloatingPoint {
    /// The nearest number; beyond the range, an infinity.
    @inlinable public init?(integerValue: some FixedWidthInteger) {
        self.init(integerValue)
    }

    /// The nearest number; NaN and infinities stay what they are.
    @inlinable public init?(floatingValue: Double) {
        self.init(floatingValue)
    }

    /// The same number in another type.
    @inlinable public func converted<Other: TensorElement>(to other: Other.Type) -> Other? {
        Other(floatingValue: Double(self))
    }
}

extension UInt8: TensorElement {
    /// `UINT8`.
    public static var datatype: ElementType { .uint8 }
    /// The tensor as `.uint8`.
    public static func wrapped(_ tensor: Tensor<Self>) -> AnyTensor { .uint8(tensor) }
}

extension UInt16: TensorElement {
    /// `UINT16`.
    public static var datatype: ElementType { .uint16 }
    /// The tensor as `.uint16`.
    public static func wrapped(_ tensor: Tensor<Self>) -> AnyTensor { .uint16(tensor) }
}

extension UInt32: TensorElement {
    /// `UINT32`.
    public static var datatype: ElementType { .uint32 }
    /// The tensor as `.uint32`.
    public static func wrapped(_ tensor: Tensor<Self>) -> AnyTensor { .uint32(tensor) }
}

extension UInt64: TensorElement {
    /// `UINT64`.
    public static var datatype: ElementType { .uint64 }
    /// The tensor as `.uint64`.
    public static func wrapped(_ tensor: Tensor<Self>) -> AnyTensor { .uint64(tensor) }
}

extension Int8: TensorElement {
    /// `INT8`.
    public static var datatype: ElementType { .int8 }
    /// The tensor as `.int8`.
    public static func wrapped(_ tensor: Tensor<Self>) -> AnyTensor { .int8(tensor) }
}

extension Int16: TensorElement {
    /// `INT16`.
    public static var datatype: ElementType { .int16 }
    /// The tensor as `.int16`.
    public static func wrapped(_ tensor: Tensor<Self>) -> AnyTensor { .int16(tensor) }
}

extension Int32: TensorElement {
    /// `INT32`.
    public static var datatype: ElementType { .int32 }
    /// The tensor as `.int32`.
    public static func wrapped(_ tensor: Tensor<Self>) -> AnyTensor { .int32(tensor) }
}

extension Int64: TensorElement {
    /// `INT64`.
    public static var datatype: ElementType { .int64 }
    /// The tensor as `.int64`.
    public static func wrapped(_ tensor: Tensor<Self>) -> AnyTensor { .int64(tensor) }
}

extension Float16: TensorElement {
    /// `FP16`.
    public static var datatype: ElementType { .float16 }
    /// The tensor as `.float16`.
    public static func wrapped(_ tensor: Tensor<Self>) -> AnyTensor { .float16(tensor) }
}

extension Float: TensorElement {
    /// `FP32`.
    public static var datatype: ElementType { .float32 }
    /// The tensor as `.float32`.
    public static func wrapped(_ tensor: Tensor<Self>) -> AnyTensor { .float32(tensor) }
}

extension Double: TensorElement {
    /// `FP64`.
    public static var datatype: ElementType { .float64 }
    /// The tensor as `.float64`.
    public static func wrapped(_ tensor: Tensor<Self>) -> AnyTensor { .float64(tensor) }
}

extension Bool: TensorElement {
    /// `BOOL`.
    public static var datatype: ElementType { .bool }
    /// The tensor as `.bool`.
    public static func wrapped(_ tensor: Tensor<Self>) -> AnyTensor { .bool(tensor) }
    /// `false`.
    public static var zero: Bool { false }

    /// `true` from 1 and `false` from 0; `nil` from anything else.
    @inlinable public init?(integerValue: some FixedWidthInteger) {
        guard integerValue == 0 || integerValue == 1 else { return nil }
        self = integerValue == 1
    }

    /// `true` from 1 and `false` from 0; `nil` from anything else.
    @inlinable public init?(floatingValue: Double) {
        guard floatingValue == 0 || floatingValue == 1 else { return nil }
        self = floatingValue == 1
    }

    /// 1 from `true` and 0 from `false`.
    @inlinable public func converted<Other: TensorElement>(to other: Other.Type) -> Other? {
        Other(integerValue: self ? UInt8(1) : 0)
    }
}

extension BFloat16: TensorElement {
    /// `BF16`.
    public static var datatype: ElementType { .bfloat16 }
    /// The tensor as `.bfloat16`.
    public static func wrapped(_ tensor: Tensor<Self>) -> AnyTensor { .bfloat16(tensor) }
    /// 0.
    public static var zero: BFloat16 { BFloat16(bitPattern: 0) }

    /// The nearest bfloat16.
    @inlinable public init?(integerValue: some FixedWidthInteger) {
        self.init(Float(integerValue))
    }

    /// The nearest bfloat16, by way of `Float`.
    @inlinable public init?(floatingValue: Double) {
        self.init(Float(floatingValue))
    }

    /// The same number in another type.
    @inlinable public func converted<Other: TensorElement>(to other: Other.Type) -> Other? {
        Other(floatingValue: Double(Float(self)))
    }
}
