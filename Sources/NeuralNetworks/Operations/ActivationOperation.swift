import CLayerKernels
import LinearAlgebra

/// An activation; its gradient is read from its output where that says enough, else from its input.
final class ActivationOperation: Operation {
    let x: Variable
    let output: Variable
    let activation: Activation

    init(_ x: Variable, _ activation: Activation, in graph: Graph) {
        self.x = x
        self.activation = activation
        output = graph.output(shape: x.shape, isPerRow: x.isPerRow, of: [x])
    }

    var inputs: [Variable] { [x] }
    private var channels: Int { x.shape.last ?? 1 }

    func forward(_ pass: Pass) {
        pass.performElements(x.count(pass.rows) / channels, of: channels) { forward($0) }
    }

    func backward(_ pass: Pass) {
        pass.performElements(x.count(pass.rows) / channels, of: channels) { backward($0) }
    }

    /// Some pixels, or rows of the last axis, from values to values.
    private func forward(_ pixels: Range<Int>) {
        let first = pixels.lowerBound * channels
        let count = pixels.count * channels
        let (x, y) = (x.value + first, output.value + first)
        switch activation {
        case .relu: layer_leaky_relu(x, y, count, 0)
        case .leakyReLU(let slope): layer_leaky_relu(x, y, count, slope)
        case .elu(let alpha):
            Elementwise.exp(x, into: y, count: count)
            layer_elu_from_exp(x, y, count, alpha)
        case .selu:
            Elementwise.exp(x, into: y, count: count)
            layer_selu_from_exp(x, y, count)
        case .gelu: layer_gelu(x, y, count)
        case .geluTanh: layer_gelu_tanh(x, y, count)
        case .silu: layer_silu(x, y, count)
        case .mish: layer_mish(x, y, count)
        case .softplus: layer_softplus(x, y, count)
        case .relu6: layer_relu6(x, y, count)
        case .sigmoid: Elementwise.sigmoid(x, into: y, count: count)
        case .hardSigmoid: layer_hard_sigmoid(x, y, count)
        case .hardSilu: layer_hard_silu(x, y, count)
        case .tanh: Elementwise.tanh(x, into: y, count: count)
        case .hardTanh: layer_hard_tanh(x, y, count)
        case .softmax: Elementwise.softmaxRows(x, into: y, rows: count / channels, columns: channels)
        case .logSoftmax: Elementwise.logSoftmaxRows(x, into: y, rows: count / channels, columns: channels)
        }
    }

    /// Some pixels, or rows of the last axis, from gradients to gradients.
    private func backward(_ pixels: Range<Int>) {
        let first = pixels.lowerBound * channels
        let count = pixels.count * channels
        let (y, dy, dx) = (output.value + first, output.gradient + first, x.gradient + first)
        let accumulate = x.accumulateFlag
        let x = x.value + first
        switch activation {
        case .relu: layer_leaky_relu_backward(y, dy, dx, count, 0, accumulate)
        case .leakyReLU(let slope): layer_leaky_relu_backward(y, dy, dx, count, slope, accumulate)
        case .elu(let alpha): layer_elu_backward(y, dy, dx, count, alpha, accumulate)
        case .selu: layer_selu_backward(y, dy, dx, count, accumulate)
        case .gelu: layer_gelu_backward(x, dy, dx, count, accumulate)
        case .geluTanh: layer_gelu_tanh_backward(x, dy, dx, count, accumulate)
        case .silu: layer_silu_backward(x, dy, dx, count, accumulate)
        case .mish: layer_mish_backward(x, dy, dx, count, accumulate)
        case .softplus: layer_softplus_backward(x, dy, dx, count, accumulate)
        case .relu6: layer_relu6_backward(x, dy, dx, count, accumulate)
        case .sigmoid: layer_sigmoid_backward(y, dy, dx, count, accumulate)
        case .hardSigmoid: layer_hard_sigmoid_backward(x, dy, dx, count, accumulate)
        case .hardSilu: layer_hard_silu_backward(x, dy, dx, count, accumulate)
        case .tanh: layer_tanh_backward(y, dy, dx, count, accumulate)
        case .hardTanh: layer_hard_tanh_backward(x, dy, dx, count, accumulate)
        case .softmax: layer_softmax_backward(y, dy, dx, count / channels, channels, accumulate)
        case .logSoftmax: layer_log_softmax_backward(y, dy, dx, count / channels, channels, accumulate)
        }
    }
}
