import CLayerKernels

/// An operation that is linear in its input, once its forward pass has settled the rest: which values a pooling chose,
/// which a dropout kept.
protocol LinearOperation: TwiceDifferentiable {
    var x: Variable { get }

    /// Says that `apply` and `applyTransposed` will be called even where the input needs no gradient: from the next pass on
    /// what they need is kept.
    func keepForMaps()

    /// `y = A · x`, with what the last forward pass settled.
    func apply(_ x: UnsafeMutablePointer<Float>, into y: UnsafeMutablePointer<Float>, _ pass: Pass)

    /// `x (+)= Aᵀ · y`.
    func applyTransposed(
        _ y: UnsafeMutablePointer<Float>,
        into x: UnsafeMutablePointer<Float>,
        accumulate: Bool,
        _ pass: Pass
    )
}

extension LinearOperation {
    var inputs: [Variable] { [x] }

    func keepForMaps() {}

    func backward(_ pass: Pass) {
        applyTransposed(output.gradient, into: x.gradient, accumulate: x.accumulates, pass)
    }

    func recordGradient(of input: Variable, from gradient: Variable, in graph: Graph) -> Variable {
        graph.record(LinearMap(self, isTransposed: true, gradient, shape: x.shape, in: graph))
    }
}

/// What a linear operation does, or its transpose, done to another variable: the recorded gradients of such operations,
/// and the gradients of those.
final class LinearMap: TwiceDifferentiable {
    private let operation: any LinearOperation
    private let isTransposed: Bool
    private let x: Variable
    let output: Variable
    private var scratch = Arena.nothing

    /// - Parameters:
    ///   - x: Of the operation's input's shape, or of its output's where it is transposed.
    ///   - shape: The shape of the other side.
    init(
        _ operation: any LinearOperation,
        isTransposed: Bool,
        _ x: Variable,
        shape: [Int],
        in graph: Graph
    ) {
        self.operation = operation
        self.isTransposed = isTransposed
        self.x = x
        output = graph.output(shape: shape, of: [x])
        operation.keepForMaps()
    }

    var inputs: [Variable] { [x] }

    /// Room for a gradient that is added to others: the plain direction overwrites.
    func scratchCount(rows: Int) -> Int { isTransposed ? x.count(rows) : 0 }
    func place(scratch: UnsafeMutablePointer<Float>) { self.scratch = scratch }

    func forward(_ pass: Pass) {
        if isTransposed {
            operation.applyTransposed(x.value, into: output.value, accumulate: false, pass)
        } else {
            operation.apply(x.value, into: output.value, pass)
        }
    }

    func backward(_ pass: Pass) {
        guard isTransposed else {
            return operation.applyTransposed(output.gradient, into: x.gradient, accumulate: x.accumulates, pass)
        }
        guard x.accumulates else { return operation.apply(output.gradient, into: x.gradient, pass) }
        operation.apply(output.gradient, into: scratch, pass)
        layer_scale(scratch, x.gradient, x.count(pass.rows), 1, 1)
    }

    func recordGradient(of input: Variable, from gradient: Variable, in graph: Graph) -> Variable {
        graph.record(LinearMap(operation, isTransposed: !isTransposed, gradient, shape: x.shape, in: graph))
    }
}
