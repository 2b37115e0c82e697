public import Tensors

/// One tensor, or one column of a tensor, that a model takes or gives.
public struct ColumnDescription: Sendable, Hashable {
    /// What the values mean.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Numbers whose differences mean something.
        case number
        /// Numbers of which only the order means something.
        case ordinal
        /// One of `categories`.
        case category
        /// Text.
        case text
        /// An image.
        case image
        /// A series over time.
        case series
    }

    /// The order of an image's axes.
    public enum Layout: String, Sendable, Hashable, CaseIterable {
        /// Height, width, channels: what Vedette works with.
        case channelsLast = "HWC"
        /// Channels, height, width.
        case channelsFirst = "CHW"
    }

    /// The name by which monitors and verdicts refer to it.
    public var name: String
    /// The tensor of the payload that holds it.
    public var tensor: String
    /// Where in a row of the tensor the column starts, in elements; 0 when it is the whole tensor.
    public var index: Int
    /// The element type on the wire.
    public var datatype: ElementType
    /// The shape of one row; `[]` for a single value.
    public var shape: [Int]
    /// What the values mean.
    public var kind: Kind
    /// For categories the values in the order of their codes.
    public var categories: [String]
    /// The range of the values in their own unit, for example 0 to 16 for the digits' pixels.
    public var scale: ClosedRange<Double>?
    /// The order of an image's axes.
    public var layout: Layout?
    /// The unit of the values.
    public var unit: String?
    /// Whether the values are to be redacted in what people see.
    public var isSensitive: Bool
    /// For a classifier's output the names of its elements, in order.
    public var classes: [String]

    /// Makes a description; what is left out is a plain number of type FP32 in a tensor of the same name.
    public init(
        name: String,
        tensor: String? = nil,
        index: Int = 0,
        datatype: ElementType = .float32,
        shape: [Int] = [],
        kind: Kind = .number,
        categories: [String] = [],
        scale: ClosedRange<Double>? = nil,
        layout: Layout? = nil,
        unit: String? = nil,
        isSensitive: Bool = false,
        classes: [String] = []
    ) {
        self.name = name
        self.tensor = tensor ?? name
        self.index = index
        self.datatype = datatype
        self.shape = shape
        self.kind = kind
        self.categories = categories
        self.scale = scale
        self.layout = layout
        self.unit = unit
        self.isSensitive = isSensitive
        self.classes = classes
    }

    /// The number of features that it adds to a row.
    public var elementCount: Int { shape.reduce(1, *) }
}
