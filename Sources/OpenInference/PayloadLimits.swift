/// What a payload may ask of memory before it is refused.
public struct PayloadLimits: Sendable, Hashable {
    /// The most bytes that a compressed body may become.
    public var inflatedBytes: Int
    /// The most bytes that the tensors of one message may take together.
    public var tensorBytes: Int
    /// The most tensors in one message.
    public var tensors: Int
    /// The most axes of one tensor.
    public var axes: Int
    /// The most bytes of JSON that are read as a tree: parameters, chats, what is no tensor.
    public var treeBytes: Int

    /// What a byte string takes beside its bytes.
    static let stringOverhead = 64

    /// 256 MiB inflated, 512 MiB of tensors, 1,024 tensors of 16 axes, trees of 16 MiB.
    public static let standard = PayloadLimits(
        inflatedBytes: 256 << 20,
        tensorBytes: 512 << 20,
        tensors: 1024,
        axes: 16
    )

    /// Makes limits of one's own.
    public init(inflatedBytes: Int, tensorBytes: Int, tensors: Int, axes: Int, treeBytes: Int = 16 << 20) {
        self.inflatedBytes = inflatedBytes
        self.tensorBytes = tensorBytes
        self.tensors = tensors
        self.axes = axes
        self.treeBytes = treeBytes
    }
}
