import CLayerKernels
import LinearAlgebra

/// An activation; its gradient is read from its output, so the input may be anything.
final class ActivationOperation: Operation {
    private let x: Variable
    let output: Variable
    private let activation: Activation

    init(_ x: Variable, _ activation: Activation, in graph: Graph) {
        self.x = x
        self.activation = activation
        output = graph.output(shape: x.shape, isPerRow: x.isPerRow, of: [x])
    }

    var inputs: [Variable] { [x] }

    func forward(_ pass: Pass) {
        let count = x.count(pass.rows)
        let (x, y) = (x.value, output.value)
        switch activation {
        case .relu: layer_leaky_relu(x, y, count, 0)
        case .leakyReLU(let slope): layer_leaky_relu(x, y, count, slope)
        case .elu(let alpha):
            Elementwise.exp(x, into: y, count: count)
            layer_elu_from_exp(x, y, count, alpha)
        case .sigmoid: Elementwise.sigmoid(x, into: y, count: count)
        case .tanh: Elementwise.tanh(x, into: y, count: count)
        case .softmax: Elementwise.softmaxRows(x, into: y, rows: count / channels, columns: channels)
        }
    }

    func backward(_ pass: Pass) {
        let count = x.count(pass.rows)
        let (y, dy, dx, accumulate) = (output.value, output.gradient, x.gradient, x.accumulateFlag)
        switch activation {
        case .relu: layer_leaky_relu_backward(y, dy, dx, count, 0, accumulate)
        case .leakyReLU(let slope): layer_leaky_relu_backward(y, dy, dx, count, slope, accumulate)
        case .elu(let alpha): layer_elu_backward(y, dy, dx, count, alpha, accumulate)
        case .sigmoid: layer_sigmoid_backward(y, dy, dx, count, accumulate)
        case .tanh: layer_tanh_backward(y, dy, dx, count, accumulate)
        case .softmax: layer_softmax_backward(y, dy, dx, count / channels, channels, accumulate)
        }
    }

    private var channels: Int { x.shape.last ?? 1 }
}
