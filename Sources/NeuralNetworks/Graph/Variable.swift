/// One differentiable tensor of a graph: a value and, on the way back, the gradient of the result with respect to it.
///
/// Its memory belongs to the graph, which reuses it in every run.
public final class Variable {
    /// The shape of one row, or for weights and results of losses the whole shape.
    public let shape: [Int]
    /// Whether it holds one such tensor for each row of the batch.
    public let isPerRow: Bool
    /// Whether a gradient is wanted for it or for anything that it was computed from.
    let needsGradient: Bool
    /// The index of the operation that computes it; `nil` for inputs and weights.
    let producer: Int?
    /// Values of one row.
    let size: Int

    /// `rows · size` values, row after row.
    var value: UnsafeMutablePointer<Float>
    /// As many values; only read and written between the start and the end of a backward pass.
    var gradient: UnsafeMutablePointer<Float>
    /// Whether several operations add to the gradient, so that it starts at zero and none may overwrite it.
    var accumulates = false

    init(
        shape: [Int],
        isPerRow: Bool,
        needsGradient: Bool,
        producer: Int? = nil,
        value: UnsafeMutablePointer<Float> = Arena.nothing,
        gradient: UnsafeMutablePointer<Float> = Arena.nothing
    ) {
        self.shape = shape
        self.isPerRow = isPerRow
        self.needsGradient = needsGradient
        self.producer = producer
        self.value = value
        self.gradient = gradient
        size = shape.reduce(1, *)
    }

    /// The number of values in a batch of `rows`.
    func count(_ rows: Int) -> Int { isPerRow ? rows * size : size }

    /// What the C kernels take for "add" and "overwrite".
    var accumulateFlag: Int32 { accumulates ? 1 : 0 }
}
