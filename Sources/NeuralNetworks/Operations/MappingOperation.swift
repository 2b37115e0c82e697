public import Tensors

/// A function from rows to rows that somebody else computes and can differentiate: a model behind another interface.
public protocol DifferentiableMapping: Sendable {
    /// The shape of one row of results.
    var outputShape: [Int] { get }

    /// The results, shape `[n] + outputShape`.
    func callAsFunction(_ batch: Tensor<Float>) throws -> Tensor<Float>

    /// `Σ over outputs of weights · ∂ output / ∂ input`, row by row, in the shape of `batch`.
    func pullback(_ weights: Tensor<Float>, at batch: Tensor<Float>) throws -> Tensor<Float>
}

/// A foreign function as a step of a graph; it allocates, as foreign code does.
final class MappingOperation: Operation {
    private let x: Variable
    let output: Variable
    private let mapping: any DifferentiableMapping

    init(_ x: Variable, _ mapping: any DifferentiableMapping, in graph: Graph) {
        self.x = x
        self.mapping = mapping
        output = graph.output(shape: mapping.outputShape, of: [x])
    }

    var inputs: [Variable] { [x] }

    func forward(_ pass: Pass) throws {
        let result = try mapping(x.tensor(rows: pass.rows))
        guard result.count == output.count(pass.rows) else {
            throw NeuralNetworkError(
                .shapeMismatch,
                "the model returned \(result.shape) for \(pass.rows) rows of \(output.shape)",
                remedy: "Check the output shape that the model promises"
            )
        }
        result.copy(to: output.value)
    }

    func backward(_ pass: Pass) throws {
        let weights = Tensor(copying: output.gradient, shape: [pass.rows] + output.shape)
        let gradient = try mapping.pullback(weights, at: x.tensor(rows: pass.rows))
        guard gradient.count == x.count(pass.rows) else {
            throw NeuralNetworkError(
                .shapeMismatch,
                "the model returned a gradient of \(gradient.shape) for \(pass.rows) rows of \(x.shape)",
                remedy: "Return the gradient in the shape of the inputs"
            )
        }
        gradient.withUnsafeBufferPointer { source in
            for (index, value) in source.enumerated() {
                x.gradient[index] = (x.accumulates ? x.gradient[index] : 0) + value
            }
        }
    }
}
